//! Changing what a user says of themselves.

use domain::account::{ProfileChange, User};
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use table::keys;

use crate::{App, AppError};

/// Changes a user's profile; answers the user as they are then.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields.
pub async fn change_profile(
    app: &App,
    user_id: UserId,
    change: &ProfileChange,
) -> Result<User, AppError> {
    app.decide(async || {
        let user = app.table.get::<User>(&keys::user(user_id)).await?;
        let user = user.ok_or(AppError::Unauthenticated)?;
        let changed = change.apply(&user).map_err(AppError::Invalid)?;
        let decision = Decision::new(app.env.id(), app.env.now(), changed.clone());
        Ok(if changed == user { decision } else { decision.write(Write::Replace(changed.into())) })
    })
    .await
}
