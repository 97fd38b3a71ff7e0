//! `PATCH /api/notifications/channels/{channel_id}`

use app::App;
use app::channel::rename_channel;
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::ChannelView;
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// What is to be different. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChannelChange)]
pub(crate) struct RenameRequest {
    /// What the user calls it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Rename a channel
#[utoipa::path(patch, path = "/api/notifications/channels/{channel_id}", operation_id = "rename_channel", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)), request_body = RenameRequest,
    responses(
        (status = 200, description = "The channel as it is now", body = ChannelView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn rename(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
    StrictJson(body): StrictJson<RenameRequest>,
) -> Result<Json<ChannelView>, Refusal> {
    let channel = rename_channel(&app, who.user.id, channel_id, body.name.as_deref()).await?;
    Ok(Json(ChannelView::from(&channel)))
}
