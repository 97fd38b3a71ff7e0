//! Signing up.

use domain::account::{Session, SignUp, SignUpIds, SignUpInput, User, decide_sign_up, taken};
use table::CommitError;

use super::{Began, password};
use crate::{App, AppError};

/// Makes a company, its first user and a session, in one transaction.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Taken`] with the names that someone has,
/// regardless of case: of two sign-ups that race for a name exactly one wins.
pub async fn sign_up(app: &App, input: &SignUpInput) -> Result<Began, AppError> {
    let (sign_up, password) = input.check().map_err(AppError::Invalid)?;
    let password_hash = password::hash(&app.env, password).await?;
    let ids = ids(app);
    let (session, cookie) =
        Session::begin(ids.user, app.env.id(), &app.env.secret(), app.env.now());
    let user = create(app, ids, sign_up, password_hash, Some(session)).await?;
    Ok(Began { user, cookie: cookie.value })
}

/// Ids for a new company and user.
pub(super) fn ids(app: &App) -> SignUpIds {
    SignUpIds { decision: app.env.id(), company: app.env.id(), user: app.env.id() }
}

/// Creates the user.
pub(super) async fn create(
    app: &App,
    ids: SignUpIds,
    sign_up: SignUp,
    password_hash: String,
    session: Option<Session>,
) -> Result<User, AppError> {
    let decision = decide_sign_up(ids, app.env.now(), sign_up, password_hash, session);
    let writes = decision.writes.clone();
    app.commit(decision).await.map_err(|error| match error {
        CommitError::Changed(failed) => match taken(&writes, &failed) {
            fields if fields.is_empty() => AppError::from(CommitError::Changed(failed)),
            fields => AppError::Taken { fields },
        },
        other => other.into(),
    })
}
