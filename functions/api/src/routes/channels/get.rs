//! `GET /api/notifications/channels/{channel_id}`

use app::App;
use app::channel::find_channel;
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use web::Refusal;

use super::ChannelView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Get a channel
#[utoipa::path(get, path = "/api/notifications/channels/{channel_id}", operation_id = "get_channel", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The channel", body = ChannelView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, Refusal> {
    let channel = find_channel(&app, who.user.id, channel_id).await?;
    Ok(Json(ChannelView::from(&channel)))
}
