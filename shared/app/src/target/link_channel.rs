//! Who hears of a target.

use domain::ids::{ChannelId, TargetId, UserId};
use domain::watch::{Target, decide_link, decide_unlink};

use super::{farewells, find_target};
use crate::channel::find_channel;
use crate::{App, AppError};

/// Has a channel hear of a target. A pending one hears once it is confirmed. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when the target has as many as it may have.
pub async fn link_channel(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
    channel_id: ChannelId,
) -> Result<Target, AppError> {
    app.decide(|| async {
        let target = find_target(app, user_id, target_id).await?;
        let channel = find_channel(app, user_id, channel_id).await?;
        Ok(decide_link(app.env.id(), app.env.now(), &target, &channel)?)
    })
    .await
}

/// Has a channel hear of a target no more. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`] for the target.
pub async fn unlink_channel(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
    channel_id: ChannelId,
) -> Result<Target, AppError> {
    app.decide(|| async {
        let target = find_target(app, user_id, target_id).await?;
        let mut decision = decide_unlink(app.env.id(), app.env.now(), &target, channel_id)?;
        decision.writes.extend(farewells(app, &target, Some(&decision.reply)).await?);
        Ok(decision)
    })
    .await
}
