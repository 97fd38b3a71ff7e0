//! `POST /api/public/targets/{target_id}/telegram-link`

use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::ids::TargetId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Keyed, Refusal};

use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::routes::register::{New, register};
use crate::session::LoggedIn;

/// How a chat is to be connected. The body may be absent.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewTelegramLink)]
pub(crate) struct LinkRequest {
    /// The bot's slug or id. Your company's default bot when absent, or else the platform's.
    bot: Option<String>,
}

/// A link that connects a chat to a target.
#[derive(Serialize, ToSchema)]
pub(crate) struct TelegramLink {
    /// The token, to be sent to the bot as `/start <token>`. Works once, for 15 minutes.
    token: String,
    /// Opens the bot with the token.
    url: String,
    /// The channel that the chat becomes, pending until then.
    channel_id: Uuid,
}

/// Connect a chat to a target
///
/// Makes a pending Telegram channel. Whoever opens the link connects their chat: it hears of
/// the target from then on. A chat that is connected already is used again. A repeated request
/// (same `Idempotency-Key`) gets a new token for the same channel; the one before is void.
#[utoipa::path(post, path = "/api/public/targets/{target_id}/telegram-link", operation_id = "create_telegram_link", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path), IdempotencyKey), request_body = LinkRequest,
    responses(
        (status = 201, description = "The link", body = TelegramLink),
        BodyProblems, NotFound, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn telegram_link(
    State(app): State<App>,
    who: LoggedIn,
    InPath(target_id): InPath<TargetId>,
    Keyed { body, asked }: Keyed<LinkRequest>,
) -> Result<Response, Refusal> {
    let new = New { name: None, bot: body.bot, target: Some(target_id) };
    let made = register(&app, &who, asked.as_ref(), new).await?;
    let (token, url) = made.link.clone().ok_or_else(|| AppError::Conflict {
        code: "CHANNEL_NOT_PENDING",
        message: "the channel is confirmed already".to_owned(),
    })?;
    let link = TelegramLink { token, url, channel_id: made.channel.id.0 };
    Ok((StatusCode::CREATED, made.headers(), Json(link)).into_response())
}
