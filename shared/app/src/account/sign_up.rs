//! Signing up.

use domain::account::{
    ClaimKind, NameClaim, Session, SignUp, SignUpIds, SignUpInput, User, decide_sign_up, fold,
    taken,
};
use domain::channel::{decide_add_email, new_email};
use domain::engine::Decision;
use table::{CommitError, keys};

use super::{Began, password};
use crate::{App, AppError};

/// Tells of names that someone has before anything is counted or hashed for whoever wants them. Of those who race
/// for one, the transaction of [`sign_up`] tells.
///
/// # Errors
/// [`AppError::Taken`] with the names that someone has, regardless of case.
pub async fn must_be_free(app: &App, wanted: &SignUp) -> Result<(), AppError> {
    let names = [
        ("username", keys::name_claim(ClaimKind::Username, &fold(&wanted.username))),
        ("email", keys::name_claim(ClaimKind::Email, &fold(&wanted.email))),
    ];
    let places = names.each_ref().map(|(_, place)| place.clone());
    let found = app.table.get_all(&places).await?;
    let mut fields = Vec::new();
    for (field, place) in &names {
        fields.extend(found.peek::<NameClaim>(place)?.map(|_| *field));
    }
    if fields.is_empty() { Ok(()) } else { Err(AppError::Taken { fields }) }
}

/// Makes a company, its first user, a session, the user's e-mail address as a pending channel and the
/// mail that asks for its confirmation, if it is to be sent, in one transaction. `device` is what the browser
/// says of itself, as it came, and the other the network that it is in, where that is known.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Taken`] with the names that someone has,
/// regardless of case: of two sign-ups that race for a name exactly one wins.
pub async fn sign_up(
    app: &App,
    input: &SignUpInput,
    confirm: bool,
    (device, network): (Option<&str>, Option<&str>),
) -> Result<Began, AppError> {
    let (sign_up, password) = input.check().map_err(AppError::Invalid)?;
    let password_hash = password::hash(&app.env, password).await?;
    let ids = ids(app);
    let (session, cookie) =
        Session::begin(ids.user, app.env.id(), &app.env.secret(), app.env.now());
    let session = session.on(device).within(network);
    let (now, address) = (app.env.now(), sign_up.email.clone());
    let mut decision = decide_sign_up(ids, now, sign_up, password_hash, Some(session));
    // Without a mail, or a service for it, the channel waits for the first resend.
    let mails = confirm && app.mailer.api.is_some();
    let channel = new_email(app.env.id(), ids.user, &address, now);
    let channel = decide_add_email((ids.decision, app.env.id()), now, channel);
    decision.writes.extend(channel.writes);
    decision.jobs.extend(channel.jobs.into_iter().filter(|_| mails));
    let user = create(app, decision).await?;
    Ok(Began { user, cookie: cookie.value })
}

/// Ids for a new company and user.
pub(super) fn ids(app: &App) -> SignUpIds {
    SignUpIds { decision: app.env.id(), company: app.env.id(), user: app.env.id() }
}

/// Creates the user.
pub(super) async fn create(app: &App, decision: Decision<User>) -> Result<User, AppError> {
    let writes = decision.writes.clone();
    app.commit(decision).await.map_err(|error| match error {
        CommitError::Changed(failed) => match taken(&writes, &failed) {
            fields if fields.is_empty() => AppError::from(CommitError::Changed(failed)),
            fields => AppError::Taken { fields },
        },
        other => other.into(),
    })
}
