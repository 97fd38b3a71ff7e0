//! `POST /api/notifications/channels`

use app::channel::{ConnectChannel, Connected, connect_channel};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::{ConfirmableChannel, KindName, test_messages};
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::routes::register::register;
use crate::session::LoggedIn;

/// How someone wants to be reached.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewChannel)]
pub(crate) struct CreateRequest {
    /// `TELEGRAM`.
    #[schema(required, nullable = false, value_type = KindName)]
    channel_type: Option<String>,
    /// What the user calls it, at most 100 characters; `Telegram` when absent.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Of its kind.
    details: Option<DetailsRequest>,
}

/// A Telegram chat.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewTelegramDetails)]
pub(crate) struct DetailsRequest {
    /// The chat's number, also as a string. It gets a test message at once; without it the answer
    /// has a link that connects whoever opens it.
    #[schema(value_type = Option<ChatId>)]
    chat_id: Option<Value>,
}

/// A chat's number, also as a string.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the derived description is used")]
enum ChatId {
    Number(i64),
    Text(String),
}

impl CreateRequest {
    /// The chat, if it is given.
    fn check(&self) -> Result<Option<i64>, AppError> {
        let mut errors = Vec::new();
        match self.channel_type.as_deref() {
            Some("TELEGRAM") => {}
            Some(_) => errors.push(FieldError::new("channel_type", "must be TELEGRAM")),
            None => errors.push(FieldError::new("channel_type", "is required")),
        }
        let given = self.details.as_ref().and_then(|details| details.chat_id.as_ref());
        let chat_id = given.map(|chat_id| match chat_id {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
        // Zero is nobody's number.
        if chat_id.is_some_and(|id| id.is_none_or(|id| id == 0)) {
            errors.push(FieldError::new("details.chat_id", "must be the number of a chat"));
        }
        if errors.is_empty() { Ok(chat_id.flatten()) } else { Err(AppError::Invalid(errors)) }
    }
}

/// Add a channel
///
/// With `details.chat_id`, a test message decides: delivered, the channel is active; refused, the
/// answer is 422 with Telegram's reason and nothing is kept. A chat that is connected already is
/// used again: 200. Without it, the channel is pending until someone opens the link.
#[utoipa::path(post, path = "/api/notifications/channels", operation_id = "create_channel", tag = "channels",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 200, description = "The chat was a channel already", body = ConfirmableChannel),
        (status = 201, description = "The channel", body = ConfirmableChannel),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: LoggedIn,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let Some(chat_id) = body.check()? else {
        let made = register(&app, &who, asked.as_ref(), body.name, None).await?;
        let view = ConfirmableChannel::new(&made.channel, made.link.clone());
        return Ok((StatusCode::CREATED, made.headers(), Json(view)).into_response());
    };
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let (name, user_id) = (body.name.clone(), who.0.user.id);
        let (app, limit) = (&app, test_messages(&app));
        async move {
            limit.attempt(app, &user_id.to_string()).await?;
            connect_channel(app, ConnectChannel { user_id, name, chat_id, keep }).await
        }
    })
    .await
}

fn answer(connected: &Connected) -> Answer {
    let status = match connected {
        Connected::New(_) => StatusCode::CREATED,
        Connected::Known(_) => StatusCode::OK,
    };
    Answer::json(status, &ConfirmableChannel::new(connected.channel(), None))
}
