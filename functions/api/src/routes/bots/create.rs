//! `POST /api/telegram/bots`

use app::App;
use app::bot::{AddBot, BotView as Found, add_bot};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::bot::Bot;
use serde::Deserialize;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::BotView;
use crate::limits::Limited;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::session::Admin;

/// A bot to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewBot)]
pub(crate) struct CreateRequest {
    /// As `@BotFather` gave it.
    #[schema(required, nullable = false)]
    token: Option<String>,
    /// What the company calls it, 1 to 48 of `a-z`, `0-9`, `_` and `-`; made of its username when
    /// absent.
    #[schema(min_length = 1, max_length = 48)]
    slug: Option<String>,
    /// The chat that it writes to when none is named.
    default_chat_id: Option<i64>,
    /// Whether the company speaks through it where no bot is named.
    #[schema(required = false)]
    #[serde(default)]
    default: bool,
}

/// Add a bot
///
/// Telegram is asked whose token it is. The token is kept sealed and shown nowhere; register the
/// webhook next. 409 for a bot that is here already, and for a slug of another of your bots.
#[utoipa::path(post, path = "/api/telegram/bots", operation_id = "add_bot", tag = "bots",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The bot", body = BotView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: Admin,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.company_id();
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let CreateRequest { token, slug, default_chat_id, default } = body.clone();
        let command = AddBot {
            company_id,
            token: token.unwrap_or_default(),
            slug,
            default_chat: default_chat_id,
            is_default: default,
            keep,
        };
        let app = &app;
        async move {
            Limited::BotTokens.count(app, &company_id.to_string()).await?;
            add_bot(app, command).await
        }
    })
    .await
}

fn answer(added: &(Bot, bool)) -> Answer {
    let (bot, is_default) = added.clone();
    Answer::json(StatusCode::CREATED, &BotView::from(&Found { bot, stopped: None, is_default }))
}
