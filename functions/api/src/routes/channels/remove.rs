//! `DELETE /api/notifications/channels/{channel_id}`

use app::App;
use app::channel::remove_channel;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::ChannelId;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Remove a channel
///
/// Also from all targets.
#[utoipa::path(delete, path = "/api/notifications/channels/{channel_id}", operation_id = "remove_channel", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<StatusCode, Refusal> {
    remove_channel(&app, who.user.id, channel_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
