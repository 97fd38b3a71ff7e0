//! `POST /api/notifications/channels/{channel_id}/resend`

use app::App;
use app::channel::{find_channel, renew_token, resend_confirmation};
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use web::{CallerIp, Refusal};

use super::ConfirmableChannel;
use crate::limits::{Limited, count_confirmation};
use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems, TooMany};
use crate::session::LoggedIn;

/// Ask for a confirmation again
///
/// For a pending channel; links and mails from before stop working. A chat gets a new link, which is
/// in the answer; an e-mail address gets another mail. An address that was blocked waits for its
/// confirmation, too, and receives again after it.
#[utoipa::path(post, path = "/api/notifications/channels/{channel_id}/resend", operation_id = "renew_channel_link", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The channel, a chat's with its new link", body = ConfirmableChannel),
        NotFound, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn resend(
    State(app): State<App>,
    who: LoggedIn,
    caller: CallerIp,
    InPath(channel_id): InPath<ChannelId>,
) -> Result<Json<ConfirmableChannel>, Refusal> {
    let user_id = who.0.user.id;
    let channel = find_channel(&app, user_id, channel_id).await?;
    if let Some(address) = channel.email() {
        count_confirmation(&app, &who.name(), caller, address).await?;
        let channel = resend_confirmation(&app, user_id, channel_id).await?;
        return Ok(Json(ConfirmableChannel::new(&channel, None)));
    }
    Limited::Registrations.count(&app, &who.name()).await?;
    let made = renew_token(&app, user_id, channel_id).await?;
    Ok(Json(ConfirmableChannel::new(&made.channel, Some((made.token, made.url)))))
}
