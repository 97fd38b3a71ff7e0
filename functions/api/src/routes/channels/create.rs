//! `POST /api/notifications/channels`

use std::sync::OnceLock;

use app::App;
use app::channel::{
    AddEmail, ConnectChannel, ConnectHook, Connected, add_email, connect_channel, connect_hook,
};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::channel::HookKind;
use web::once::{Answer, Asked, once};
use web::{CallerIp, Keyed, Refusal};

use super::ConfirmableChannel;
use super::wish::{CreateRequest, Wish};
use crate::limits::{Limited, count_confirmation};
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::routes::register::{New, register};
use crate::session::LoggedIn;

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
    let wish = body.check()?;
    let CreateRequest { name, details, .. } = body;
    let bot = details.and_then(|details| details.bot);
    let new = NewChannel { app: &app, who: &who, asked: asked.as_ref(), name };
    match wish {
        Wish::AnyChat => new.any_chat(bot).await,
        Wish::Chat(chat_id) => new.chat(bot, chat_id).await,
        Wish::Email(address) => new.email(&address, caller).await,
        Wish::Hook(kind, address) => new.hook(kind, &address).await,
    }
}

/// A channel as somebody wants it, whichever way it leads.
struct NewChannel<'a> {
    app: &'a App,
    who: &'a LoggedIn,
    /// What a repeated request is known by.
    asked: Option<&'a Asked>,
    /// What the user calls it.
    name: Option<String>,
}

impl NewChannel<'_> {
    /// Whichever chat opens the link.
    async fn any_chat(self, bot: Option<String>) -> Result<Response, Refusal> {
        let Self { app, who, asked, name } = self;
        let made = register(app, who, asked, New { name, bot, target: None }).await?;
        let view = ConfirmableChannel::new(&made.channel, made.link.clone());
        Ok((StatusCode::CREATED, made.headers(), Json(view)).into_response())
    }

    async fn chat(self, bot: Option<String>, chat_id: i64) -> Result<Response, Refusal> {
        let Self { app, who, asked, name } = self;
        let (user_id, company_id) = (who.0.user.id, who.0.user.company_id);
        once(app, &who.name(), asked, answer, |keep| {
            let (name, bot) = (name.clone(), bot.clone());
            let command = ConnectChannel { user_id, company_id, bot, name, chat_id, keep };
            async move {
                Limited::TestMessages.count(app, &user_id.to_string()).await?;
                connect_channel(app, command).await
            }
        })
        .await
    }

    async fn email(self, address: &str, caller: CallerIp) -> Result<Response, Refusal> {
        let Self { app, who, asked, name } = self;
        let user_id = who.0.user.id;
        once(app, &who.name(), asked, answer, |keep| {
            let (name, address) = (name.clone(), address.to_owned());
            async move {
                count_confirmation(app, &who.name(), caller, &address).await?;
                add_email(app, AddEmail { user_id, name, address, keep }).await
            }
        })
        .await
    }

    async fn hook(self, kind: HookKind, address: &str) -> Result<Response, Refusal> {
        let Self { app, who, asked, name } = self;
        let user_id = who.0.user.id;
        // What is kept of the answer has no secret: it goes out once, with this very answer.
        let made = OnceLock::new();
        let answered = once(app, &who.name(), asked, answer, |keep| {
            let (name, address, made) = (name.clone(), address.to_owned(), &made);
            let command = ConnectHook { user_id, kind, name, address, keep };
            async move {
                Limited::TestMessages.count(app, &user_id.to_string()).await?;
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

fn answer(connected: &Connected) -> Answer {
    let status = match connected {
        Connected::New(_) => StatusCode::CREATED,
        Connected::Known(_) => StatusCode::OK,
    };
    Answer::json(status, &ConfirmableChannel::new(connected.channel(), None))
}
