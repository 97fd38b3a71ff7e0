//! Signing up.

use domain::account::{SecretHash, SignUp, SignUpIds, SignUpInput, User, decide_sign_up, taken};
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
    let cookie = app.env.secret();
    let user = create(app, sign_up, password_hash, Some(SecretHash::of(&cookie))).await?;
    Ok(Began { user, cookie })
}

/// Creates the user.
pub(super) async fn create(
    app: &App,
    sign_up: SignUp,
    password_hash: String,
    cookie: Option<SecretHash>,
) -> Result<User, AppError> {
    let ids = SignUpIds {
        decision: app.env.id(),
        company: app.env.id(),
        user: app.env.id(),
        session: app.env.id(),
    };
    let decision = decide_sign_up(ids, app.env.now(), sign_up, password_hash, cookie);
    let writes = decision.writes.clone();
    app.commit(decision).await.map_err(|error| match error {
        CommitError::Changed(failed) => match taken(&writes, &failed) {
            fields if fields.is_empty() => AppError::from(CommitError::Changed(failed)),
            fields => AppError::Taken { fields },
        },
        other => other.into(),
    })
}
