//! Reading targets.

use domain::ids::{TargetId, UserId};
use domain::watch::Target;
use table::{Page, keys};

use crate::listing::list;
use crate::{App, AppError};

/// A user's target.
///
/// # Errors
/// [`AppError::NotFound`], also when it is someone else's: it is looked for among the user's own.
pub async fn find_target(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
) -> Result<Target, AppError> {
    let target = app.table.get(&keys::target(user_id, target_id)).await?;
    target.ok_or(AppError::NotFound("target"))
}

/// One page of a user's targets, oldest first; `after` is the `next` of the page before.
pub async fn list_targets(
    app: &App,
    user_id: UserId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Target>, AppError> {
    list(app, &keys::user(user_id).pk, keys::TARGETS, limit, after).await
}
