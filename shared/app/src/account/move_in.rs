//! Whoever was invited by e-mail and has an account moves into the company with it.

use domain::account::{
    ClaimKind, NameClaim, Role, SecretHash, Session, User, decide_move_in, fold,
};
use domain::bot::BotSlug;
use domain::ids::CompanyId;
use table::keys;

use super::accept_invitation::find;
use super::delete_account::find_account;
use super::{Began, password};
use crate::api_key::list_company_keys;
use crate::link::list_links;
use crate::listing::list;
use crate::task::list_tasks;
use crate::{App, AppError, menu};

/// Whose account has this address.
pub(super) async fn holder(app: &App, email: &str) -> Result<Option<User>, AppError> {
    let key = keys::name_claim(ClaimKind::Email, &fold(email));
    let Some(claim) = app.table.get::<NameClaim>(&key).await? else { return Ok(None) };
    Ok(app.table.get::<User>(&keys::user(claim.user_id)).await?)
}

/// Moves an account into the company that its address was invited to, and begins a session.
///
/// # Errors
/// [`AppError::Conflict`] when username and password are not the account's, when the company that it
/// would leave would have no admin, or would be lost with what it has; [`AppError::Taken`] when the
/// account belongs to the company already; [`AppError::Invalid`] for the token.
pub(super) async fn move_in(
    app: &App,
    token: &SecretHash,
    user: &User,
    (username, given): (&str, String),
    (device, network): (Option<&str>, Option<&str>),
) -> Result<Began, AppError> {
    let proven = password::verify(given, user.password_hash.clone()).await?;
    if !proven || fold(username) != fold(&user.username) {
        return Err(exists());
    }
    let (session, cookie) = Session::begin(user.id, app.env.id(), &app.env.secret(), app.env.now());
    let session = session.on(device).within(network);
    let moved = app.decide(async || {
        let (company, invitation, token) = find(app, token).await?;
        let account = find_account(app, user.id).await?;
        // It was changed meanwhile: what was proven is no longer the password.
        if account.user.password_hash != user.password_hash {
            return Err(exists());
        }
        if account.company.id == company.id {
            return Err(AppError::Taken { fields: vec!["email"] });
        }
        if !account.shared && has_things(app, account.company.id).await? {
            return Err(would_be_lost());
        }
        let (ids, found) = ((app.env.id(), app.env.id()), (&company, &invitation, &token));
        let mut decision = decide_move_in(ids, app.env.now(), found, &account, session.clone())?;
        // Their chats come along, also those with a bot of either company.
        if [account.user.role, invitation.role].contains(&Role::Admin) {
            let companies = [account.company.id, company.id];
            decision.jobs.extend(menu::of_user(app, &companies, user.id).await?);
        }
        Ok(decision)
    });
    Ok(Began { user: moved.await?, cookie: cookie.value })
}

/// Whether a company has anything that would go with its last member.
async fn has_things(app: &App, company_id: CompanyId) -> Result<bool, AppError> {
    let pk = keys::company(company_id).pk;
    let bots = list::<BotSlug>(app, &pk, keys::COMPANY_BOTS, 1, None).await?.items;
    Ok(!bots.is_empty()
        || !list_company_keys(app, company_id, 1, None).await?.items.is_empty()
        || !list_tasks(app, company_id, 1, None).await?.items.is_empty()
        || !list_links(app, company_id, 1, None).await?.items.is_empty())
}

fn exists() -> AppError {
    let message = "there is an account with this address: give its username and its password, and \
                   it moves into the company";
    AppError::Conflict { code: "ACCOUNT_EXISTS", message: message.to_owned() }
}

fn would_be_lost() -> AppError {
    let message = "nobody else belongs to the company of the account, and it has API keys, bots, \
                   links or tasks: remove them first";
    AppError::Conflict { code: "COMPANY_NOT_EMPTY", message: message.to_owned() }
}
