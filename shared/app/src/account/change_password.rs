//! Changing one's password.

use domain::account::{MAX_PASSWORD, Session, User, check_password};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use table::keys;

use super::{end_other_sessions, password};
use crate::{App, AppError};

/// The password a user has, and the one to have.
#[derive(Clone)]
pub struct ChangePassword {
    /// What proves that it is them, and not someone at their open browser.
    pub current: String,
    /// 8 to 256 characters.
    pub new: String,
}

/// Changes a user's password, ends their other sessions and forgets the networks of those: whoever knew the old one
/// is out, and a stranger.
///
/// # Errors
/// [`AppError::Invalid`] for a faulty new password, and for a wrong current one.
pub async fn change_password(
    app: &App,
    user: &User,
    session: &Session,
    ChangePassword { current, new }: ChangePassword,
) -> Result<(), AppError> {
    let new = check_password(&new).map_err(|message| faulty("new_password", message))?;
    let current: String = current.chars().take(MAX_PASSWORD + 1).collect();
    if !password::verify(current, user.password_hash.clone()).await? {
        return Err(faulty("current_password", "is not your password"));
    }
    let hash = password::hash(&app.env, new).await?;
    app.decide(async || {
        let stored = app.table.get::<User>(&keys::user(user.id)).await?;
        let stored = stored.ok_or(AppError::Unauthenticated)?;
        // Of two changes at once, the second proved a password that no longer is one.
        if stored.password_hash != user.password_hash {
            return Err(faulty("current_password", "is not your password"));
        }
        let changed = User { password_hash: Some(hash.clone()), ..stored };
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        Ok(decision.write(Write::Replace(changed.into())))
    })
    .await?;
    end_other_sessions(app, session).await
}

fn faulty(field: &str, message: &str) -> AppError {
    AppError::Invalid(vec![FieldError::new(field, message)])
}
