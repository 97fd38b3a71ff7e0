//! `POST /api/notifications/channels/{channel_id}/resend`

use app::App;
use app::channel::renew_token;
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use web::Refusal;

use super::ConfirmableChannel;
use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Renew a channel's link
///
/// For a pending channel; links from before stop working.
#[utoipa::path(post, path = "/api/notifications/channels/{channel_id}/resend", operation_id = "renew_channel_link", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The channel with its new link", body = ConfirmableChannel),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn resend(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<ConfirmableChannel>, Refusal> {
    let made = renew_token(&app, who.user.id, channel_id).await?;
    Ok(Json(ConfirmableChannel::new(&made.channel, Some((made.token, made.url)))))
}
