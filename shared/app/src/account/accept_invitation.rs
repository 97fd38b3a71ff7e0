//! Whoever was invited by e-mail signs up into the company.

use domain::account::{
    Company, Invitation, InvitationToken, Joining, SecretHash, Session, User, check_password,
    check_timezone, check_username, decide_join, taken,
};
use domain::contact::Language;
use domain::field_error::FieldError;
use domain::ids::{ChannelId, UserId};
use table::{CommitError, keys};

use super::move_in::{holder, move_in};
use super::{Began, password};
use crate::events::channels_job;
use crate::{App, AppError};

/// What an invited person says.
#[derive(Clone, Default)]
pub struct AcceptInvitation {
    /// The token of the mail.
    pub token: Option<String>,
    /// Username.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// IANA name of a timezone; `UTC` when absent.
    pub timezone: Option<String>,
    /// The language that they are to be written to in, if they have no account yet.
    pub language: Language,
    /// What the browser says of itself, as it came.
    pub device: Option<String>,
    /// The network that they are in, where it is known.
    pub network: Option<String>,
}

/// Makes a user of the company with the address that was invited, and logs them in. Their address is an
/// active channel from the start: the token came to it. Whoever has an account with the address says its
/// username and password, and moves into the company with it.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields, and for a token that is used, expired, taken back or
/// unknown; [`AppError::Taken`] with the names that someone has; [`AppError::Conflict`] for an account that
/// cannot move.
pub async fn accept_invitation(app: &App, mut said: AcceptInvitation) -> Result<Began, AppError> {
    let (device, network, language) = (said.device.take(), said.network.take(), said.language);
    let begins = (device.as_deref(), network.as_deref());
    let (token, username, given, timezone) = check(said)?;
    let hash = SecretHash::of(&token);
    let (_, invitation, _) = find(app, &hash).await?;
    if let Some(user) = holder(app, &invitation.email).await? {
        return move_in(app, &hash, &user, (&username, given), begins).await;
    }
    let password_hash = password::hash(&app.env, given).await?;
    let (id, channel): (UserId, ChannelId) = (app.env.id(), app.env.id());
    let (session, cookie) = Session::begin(id, app.env.id(), &app.env.secret(), app.env.now());
    let session = session.on(begins.0).within(begins.1);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (company, invitation, token) = find(app, &hash).await?;
        let joining = Joining {
            id,
            channel,
            username: username.clone(),
            timezone: timezone.clone(),
            language,
            password_hash: password_hash.clone(),
        };
        let found = (&company, &invitation, &token);
        let (decision, now) = (app.env.id(), app.env.now());
        let mut decision = decide_join(decision, now, found, joining, session.clone());
        decision.jobs.extend(channels_job(app, &[], &decision.writes));
        let writes = decision.writes.clone();
        match app.commit(decision).await {
            Ok(user) => return Ok(Began { user, cookie: cookie.value }),
            Err(CommitError::Changed(failed)) => match taken(&writes, &failed) {
                fields if fields.is_empty() && attempts < AT_MOST => {}
                fields if fields.is_empty() => return Err(CommitError::Changed(failed).into()),
                fields => return Err(AppError::Taken { fields }),
            },
            Err(error) => return Err(error.into()),
        }
    }
}

/// The company changes with each member that comes or goes: so often it is read again.
const AT_MOST: u32 = 8;

fn check(said: AcceptInvitation) -> Result<(String, String, String, String), AppError> {
    let AcceptInvitation { token, username, password, timezone, .. } = said;
    let zone = timezone.unwrap_or_else(|| "UTC".to_owned());
    let required = |value: Option<String>, check: fn(&str) -> Result<String, &'static str>| {
        value.ok_or("is required").and_then(|value| check(&value))
    };
    let checked = [
        ("token", token.ok_or("is required")),
        ("username", required(username, check_username)),
        ("password", required(password, check_password)),
        ("timezone", check_timezone(&zone)),
    ];
    let faults = checked.iter().filter_map(|(field, value)| {
        value.as_ref().err().map(|message| FieldError::new(*field, *message))
    });
    let faults: Vec<FieldError> = faults.collect();
    match checked.map(|(_, value)| value) {
        [Ok(token), Ok(username), Ok(password), Ok(zone)] => Ok((token, username, password, zone)),
        _ => Err(AppError::Invalid(faults)),
    }
}

/// What a token leads to: the company, the invitation, and the token's record.
pub(super) async fn find(
    app: &App,
    hash: &SecretHash,
) -> Result<(Company, Invitation, InvitationToken), AppError> {
    let token = app.table.get::<InvitationToken>(&keys::invitation_token(hash)).await?;
    let token = token.ok_or_else(unusable)?;
    let places =
        [keys::invitation(token.company_id, token.invitation_id), keys::company(token.company_id)];
    let mut found = app.table.get_all(&places).await?;
    let there = found.take::<Company>(&places[1])?.zip(found.take::<Invitation>(&places[0])?);
    let (company, invitation) = there.ok_or_else(unusable)?;
    // The company is written anew when a role changes, so that this holds until the invitation is spent.
    let sender = app.table.get::<User>(&keys::user(invitation.invited_by)).await?;
    if !invitation.stands(sender.as_ref()) || invitation.expires_at <= app.env.now() {
        return Err(unusable());
    }
    Ok((company, invitation, token))
}

fn unusable() -> AppError {
    let message = "does not work (any more): ask for a new invitation";
    AppError::Invalid(vec![FieldError::new("token", message)])
}
