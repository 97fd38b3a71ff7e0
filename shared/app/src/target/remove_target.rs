//! A target is given up.

use domain::ids::{TargetId, UserId};
use domain::watch::decide_remove;

use super::{farewells, find_target};
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
        let mut decision = decide_remove(app.env.id(), app.env.now(), &target);
        decision.writes.extend(farewells(app, &target, None).await?);
        Ok(decision)
    })
    .await
}
