//! Watched, or not.

use domain::ids::{TargetId, UserId};
use domain::watch::{Target, TargetStatus, decide_status};

use super::find_target;
use crate::{App, AppError};

/// Disables a target, or enables it again. Its pages leave the scrapers' list at once, unless
/// others watch them. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn set_status(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
    status: TargetStatus,
) -> Result<Target, AppError> {
    app.decide(|| async {
        let target = find_target(app, user_id, target_id).await?;
        Ok(decide_status(app.env.id(), app.env.now(), &target, status)?)
    })
    .await
}
