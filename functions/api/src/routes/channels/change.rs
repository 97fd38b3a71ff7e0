//! `PATCH /api/notifications/channels/{channel_id}`

use app::App;
use app::channel::{ChangeChannel, change_channel};
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::ChannelView;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// What is to be different. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChannelChange)]
pub(crate) struct ChangeRequest {
    /// What the user calls it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Whether it receives: false switches an active channel off, true one that was switched off on again.
    enabled: Option<bool>,
}

/// Rename a channel, switch it off or on
#[utoipa::path(patch, path = "/api/notifications/channels/{channel_id}", operation_id = "change_channel", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)), request_body = ChangeRequest,
    responses(
        (status = 200, description = "The channel as it is now", body = ChannelView),
        BodyProblems, Conflict, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<ChannelView>, Refusal> {
    let change = ChangeChannel { name: body.name.as_deref(), enabled: body.enabled };
    let channel = change_channel(&app, who.user.id, channel_id, change).await?;
    Ok(Json(ChannelView::from(&channel)))
}
