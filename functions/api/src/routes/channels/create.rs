//! `POST /api/notifications/channels`

use std::sync::OnceLock;

use app::channel::{
    AddEmail, ConnectChannel, ConnectHook, Connected, add_email, connect_channel, connect_hook,
};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::channel::{ChannelDetails, HookKind};
use domain::field_error::FieldError;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{CallerIp, Keyed, Refusal};

use super::{ConfirmableChannel, KindName};
use crate::limits::{count_confirmation, test_messages};
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::routes::register::{New, register};
use crate::session::LoggedIn;

/// How someone wants to be reached.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewChannel)]
pub(crate) struct CreateRequest {
    /// Which way.
    #[schema(required, nullable = false, value_type = KindName)]
    channel_type: Option<String>,
    /// What the user calls it, at most 100 characters; `Telegram` or the address when absent.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Of its kind.
    details: Option<DetailsRequest>,
}

/// Where it leads, by its kind.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[schema(as = NewChannelDetails)]
pub(crate) struct DetailsRequest {
    /// Of `TELEGRAM`: the chat's number, also as a string. It gets a test message at once; without it
    /// the answer has a link that connects whoever opens it.
    #[schema(value_type = Option<ChatId>)]
    chat_id: Option<Value>,
    /// Of `TELEGRAM`: the bot's slug or id. Your company's default bot when absent, or else the
    /// platform's.
    bot: Option<String>,
    /// Of `EMAIL`: the address. It gets a mail with a link that confirms it.
    #[schema(format = Email, max_length = 254)]
    address: Option<String>,
    /// Of `DISCORD`, `SLACK` and `WEBHOOK`: the address, which gets a test message at once. A webhook's
    /// must begin with `https://` and be on the public internet.
    #[schema(max_length = 2048)]
    url: Option<String>,
}

/// What is asked for, checked as far as it can be without looking anything up.
enum Wish {
    /// A chat that opens a link.
    AnyChat,
    /// This chat.
    Chat(i64),
    /// This address.
    Email(String),
    /// This address of a service.
    Hook(HookKind, String),
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
    /// What is asked for, or all that is faulty.
    fn check(&self) -> Result<Wish, AppError> {
        let mut errors = Vec::new();
        let details = self.details.clone().unwrap_or_default();
        let wish = match self.channel_type.as_deref() {
            Some(ChannelDetails::TELEGRAM) => {
                not_here(details.address.is_some(), "details.address", &mut errors);
                not_here(details.url.is_some(), "details.url", &mut errors);
                chat(details.chat_id.as_ref(), &mut errors)
            }
            Some(ChannelDetails::EMAIL) => {
                not_here(details.chat_id.is_some(), "details.chat_id", &mut errors);
                not_here(details.bot.is_some(), "details.bot", &mut errors);
                not_here(details.url.is_some(), "details.url", &mut errors);
                needed(details.address, "details.address", &mut errors).map(Wish::Email)
            }
            Some(name) => {
                if let Some(kind) = HookKind::ALL.iter().find(|kind| kind.as_str() == name) {
                    not_here(details.chat_id.is_some(), "details.chat_id", &mut errors);
                    not_here(details.bot.is_some(), "details.bot", &mut errors);
                    not_here(details.address.is_some(), "details.address", &mut errors);
                    let url = needed(details.url, "details.url", &mut errors);
                    url.map(|url| Wish::Hook(*kind, url))
                } else {
                    let known = format!("must be {}", ChannelDetails::kinds().join(", "));
                    errors.push(FieldError::new("channel_type", known));
                    None
                }
            }
            None => {
                errors.push(FieldError::new("channel_type", "is required"));
                None
            }
        };
        wish.filter(|_| errors.is_empty()).ok_or(AppError::Invalid(errors))
    }
}

/// A field that its kind cannot be without.
fn needed(
    given: Option<String>,
    field: &'static str,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    if given.is_none() {
        errors.push(FieldError::new(field, "is required"));
    }
    given
}

/// A field that is another kind's.
fn not_here(given: bool, field: &'static str, errors: &mut Vec<FieldError>) {
    if given {
        errors.push(FieldError::new(field, "belongs to another kind of channel"));
    }
}

fn chat(given: Option<&Value>, errors: &mut Vec<FieldError>) -> Option<Wish> {
    let Some(given) = given else { return Some(Wish::AnyChat) };
    let number = match given {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Zero is nobody's number.
    let number = number.filter(|number| *number != 0);
    if number.is_none() {
        errors.push(FieldError::new("details.chat_id", "must be the number of a chat"));
    }
    number.map(Wish::Chat)
}

/// Add a channel
///
/// `TELEGRAM` with `details.chat_id`: a test message decides. Delivered, the channel is active; refused,
/// the answer is 422 with Telegram's reason and nothing is kept. Without it, the channel is pending
/// until someone opens the link. `EMAIL`: the channel is pending until the mail's link is confirmed.
/// `DISCORD`, `SLACK`, `WEBHOOK`: a test message decides. Messages to a webhook are signed by the
/// Standard Webhooks specification; the secret is in the answer, once. What is a channel already is used
/// again: 200.
#[utoipa::path(post, path = "/api/notifications/channels", operation_id = "create_channel", tag = "channels",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 200, description = "It was a channel already", body = ConfirmableChannel),
        (status = 201, description = "The channel", body = ConfirmableChannel),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: LoggedIn,
    caller: CallerIp,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let (name, user_id, company_id) = (body.name.clone(), who.0.user.id, who.0.user.company_id);
    let bot = body.details.as_ref().and_then(|details| details.bot.clone());
    match body.check()? {
        Wish::AnyChat => {
            let made =
                register(&app, &who, asked.as_ref(), New { name, bot, target: None }).await?;
            let view = ConfirmableChannel::new(&made.channel, made.link.clone());
            Ok((StatusCode::CREATED, made.headers(), Json(view)).into_response())
        }
        Wish::Chat(chat_id) => {
            once(&app, &who.name(), asked.as_ref(), answer, |keep| {
                let (app, name, limit) = (&app, name.clone(), test_messages(&app));
                let bot = bot.clone();
                let command = ConnectChannel { user_id, company_id, bot, name, chat_id, keep };
                async move {
                    limit.attempt(app, &user_id.to_string()).await?;
                    connect_channel(app, command).await
                }
            })
            .await
        }
        Wish::Email(address) => {
            once(&app, &who.name(), asked.as_ref(), answer, |keep| {
                let (app, who, name, address) = (&app, &who, name.clone(), address.clone());
                async move {
                    count_confirmation(app, &who.name(), caller, &address).await?;
                    add_email(app, AddEmail { user_id, name, address, keep }).await
                }
            })
            .await
        }
        Wish::Hook(kind, address) => {
            // What is kept of the answer has no secret: it goes out once, with this very answer.
            let made = OnceLock::new();
            let answered = once(&app, &who.name(), asked.as_ref(), answer, |keep| {
                let (app, limit, made) = (&app, test_messages(&app), &made);
                let command = ConnectHook {
                    user_id,
                    kind,
                    name: name.clone(),
                    address: address.clone(),
                    keep,
                };
                async move {
                    limit.attempt(app, &user_id.to_string()).await?;
                    let (connected, secret) = connect_hook(app, command).await?;
                    if let Some(secret) = secret {
                        let _ = made.set((connected.channel().clone(), secret));
                    }
                    Ok(connected)
                }
            })
            .await?;
            let Some((channel, secret)) = made.get() else { return Ok(answered) };
            let view = ConfirmableChannel::with_secret(channel, secret);
            Ok((StatusCode::CREATED, Json(view)).into_response())
        }
    }
}

fn answer(connected: &Connected) -> Answer {
    let status = match connected {
        Connected::New(_) => StatusCode::CREATED,
        Connected::Known(_) => StatusCode::OK,
    };
    Answer::json(status, &ConfirmableChannel::new(connected.channel(), None))
}
