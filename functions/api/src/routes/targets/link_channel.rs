//! `PUT` and `DELETE /api/public/targets/{target_id}/channels/{channel_id}`

use app::App;
use app::target::{link_channel, unlink_channel};
use axum::Json;
use axum::extract::State;
use domain::ids::{ChannelId, TargetId};
use web::Refusal;

use super::TargetView;
use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Have a channel hear of a target
///
/// A pending channel hears of it once it is confirmed. Twice is once. A target has at most 20.
#[utoipa::path(put, path = "/api/public/targets/{target_id}/channels/{channel_id}", operation_id = "link_channel", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path), ("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The target as it is now", body = TargetView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn link(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<TargetView>, Refusal> {
    let target = link_channel(&app, who.user.id, target_id, channel_id).await?;
    Ok(Json(TargetView::from(&target)))
}

/// Have a channel hear of a target no more
///
/// Twice is once.
#[utoipa::path(delete, path = "/api/public/targets/{target_id}/channels/{channel_id}", operation_id = "unlink_channel",
    tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path), ("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The target as it is now", body = TargetView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn unlink(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<TargetView>, Refusal> {
    let target = unlink_channel(&app, who.user.id, target_id, channel_id).await?;
    Ok(Json(TargetView::from(&target)))
}
