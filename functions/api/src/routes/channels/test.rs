//! `POST /api/notifications/channels/{channel_id}/test`

use app::App;
use app::channel::test_channel;
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use serde::Serialize;
use utoipa::ToSchema;
use web::Refusal;

use crate::limits::Limited;
use crate::path::InPath;
use crate::problems::{Conflict, Faulty, NotFound, SessionProblems, TooMany};
use crate::session::LoggedIn;

/// A test message was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delivered {
    /// Whether it arrived. False for a mail, which is on its way: when it comes back, the channel is blocked.
    delivered: bool,
}

/// Test a channel
///
/// Sends a test message to an active channel. 422 with the reason when it was not taken; a channel that
/// refuses messages for good is blocked.
#[utoipa::path(post, path = "/api/notifications/channels/{channel_id}/test", operation_id = "test_channel", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The message was taken", body = Delivered),
        NotFound, Conflict, Faulty, TooMany, SessionProblems,
    ))]
pub(crate) async fn test(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<Delivered>, Refusal> {
    Limited::TestMessages.count(&app, &who.user.id.to_string()).await?;
    let delivered = test_channel(&app, who.user.id, channel_id).await?;
    Ok(Json(Delivered { delivered }))
}
