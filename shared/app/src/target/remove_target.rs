//! A target is given up.

use domain::ids::{TargetId, UserId};
use domain::watch::decide_remove;

use super::find_target;
use crate::{App, AppError};

/// Removes a target with its watchers.
///
/// # Errors
/// [`AppError::NotFound`], also the second time.
pub async fn remove_target(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
) -> Result<(), AppError> {
    app.decide(|| async {
        let target = find_target(app, user_id, target_id).await?;
        Ok(decide_remove(app.env.id(), app.env.now(), &target))
    })
    .await
}
