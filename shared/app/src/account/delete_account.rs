//! A user deletes their account.

use domain::account::{
    Account, ClaimKind, MAX_PASSWORD, Member, NameClaim, Role, User, decide_delete_account, fold,
};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::UserId;
use domain::subscription::{Billing, Customer};
use table::Range;
use table::keys::{self, Key};

use super::password;
use crate::company::find_company;
use crate::{App, AppError, menu};

/// Deletes a user's account: they are out at once, and their names are free. What is left of theirs is
/// taken away by jobs, which a crash does not stop. A company goes with its last member.
///
/// # Errors
/// [`AppError::Invalid`] for a wrong password; [`AppError::Conflict`] for the last admin of a company
/// that others belong to, and while a subscription goes on: nobody is to pay for what is gone.
pub async fn delete_account(app: &App, user: &User, given: &str) -> Result<(), AppError> {
    let given: String = given.chars().take(MAX_PASSWORD + 1).collect();
    if !password::verify(given, user.password_hash.clone()).await? {
        return Err(wrong_password());
    }
    app.decide(async || {
        let account = find_account(app, user.id).await?;
        // It was changed meanwhile: what was proven is no longer the password.
        if account.user.password_hash != user.password_hash {
            return Err(wrong_password());
        }
        let mut decision = decide_gone(app, &account).await?;
        decision.writes.extend(farewell(app, user.id).await?);
        Ok(decision)
    })
    .await
}

/// That an account goes, with the menus of an admin's chats.
pub(super) async fn decide_gone(app: &App, account: &Account) -> Result<Decision, AppError> {
    let ids = (app.env.id(), [app.env.id(), app.env.id()]);
    let mut decision = decide_delete_account(ids, app.env.now(), account)?;
    let Account { user, company, .. } = account;
    if user.role == Role::Admin {
        decision.jobs.extend(menu::of_user(app, &[company.id], user.id).await?);
    }
    Ok(decision)
}

/// The writes that end what the user has with the payment service, where they pay for nothing now and can
/// pay for nothing any more.
async fn farewell(app: &App, user_id: UserId) -> Result<Vec<Write>, AppError> {
    let billing = app.table.get::<Billing>(&keys::billing(user_id)).await?;
    let Some(billing) = billing else { return Ok(Vec::new()) };
    // As it is now, not as the last event found it.
    let goes_on = match app.payments.service() {
        Some(stripe) => {
            if let Some(open) = &billing.checkout {
                stripe.expire_checkout(&open.id).await?;
            }
            let now = stripe.subscriptions(&billing.customer).await?;
            now.iter().any(|it| it.status.is_live() && !it.cancel_at_period_end)
        }
        None => {
            billing.subscriptions.iter().any(|it| it.status.is_live() && !it.cancel_at_period_end)
        }
    };
    if goes_on {
        return Err(AppError::Conflict {
            code: "SUBSCRIPTION_GOES_ON",
            message: "cancel your subscription in the customer portal first".to_owned(),
        });
    }
    let customer = app.table.get::<Customer>(&keys::customer(&billing.customer)).await?;
    // Whoever has opened another page meanwhile has changed it.
    let same = Write::Expect(billing.into());
    Ok(customer.map(|it| Write::Remove(it.into())).into_iter().chain([same]).collect())
}

fn wrong_password() -> AppError {
    AppError::Invalid(vec![FieldError::new("password", "is not your password")])
}

/// An account, with its company. The company is read before its members: whoever joins meanwhile changes
/// it.
pub(super) async fn find_account(app: &App, user_id: UserId) -> Result<Account, AppError> {
    let user = app.table.get::<User>(&keys::user(user_id)).await?;
    let user = user.ok_or(AppError::Unauthenticated)?;
    let company = find_company(app, user.company_id).await?;
    let pk = keys::company(company.id).pk;
    let two = Range { pk: &pk, prefix: keys::MEMBERS, after: None, limit: 2, backward: false };
    let members = app.table.query::<Member>(&two).await?.items;
    let shared = members.iter().any(|member| member.user_id != user_id);
    let member = app.table.get(&keys::member(company.id, user_id)).await?;
    let username = keys::name_claim(ClaimKind::Username, &fold(&user.username));
    let email = user.email.as_deref();
    let email = email.map(|email| keys::name_claim(ClaimKind::Email, &fold(email)));
    let places: Vec<Key> = [username].into_iter().chain(email).collect();
    let mut found = app.table.get_all(&places).await?;
    let mut claims = Vec::new();
    for key in &places {
        claims.extend(found.take::<NameClaim>(key)?.filter(|claim| claim.user_id == user_id));
    }
    Ok(Account { user, company, member, claims, shared })
}
