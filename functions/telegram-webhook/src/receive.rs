//! `POST /api/telegram/webhook/{bot_id}` and `POST /api/webhooks/telegram`

use app::App;
use app::bot::KnownBot;
use app::update::{Received, receive_update};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use channels::telegram::{IncomingUpdate, Kind};
use domain::ids::BotId;
use runtime::metrics::Metric;
use runtime::problem::Problem;
use runtime::unit::{correlation, measure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Refusal, body};

use crate::webhook;

/// The update was taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Taken {
    /// Always `true`.
    ok: bool,
}

/// An update for a bot
///
/// Whatever it holds, it is taken: what cannot be handled now is kept and tried again.
#[utoipa::path(post, path = "/api/telegram/webhook/{bot_id}", tag = "webhooks",
    params(("bot_id" = String, Path, description = "The bot's id, or its slug if it was the first to have it")),
    request_body(content = serde_json::Value, description = "An update of the Bot API"),
    security(("telegram_secret" = [])),
    responses(
        (status = 200, description = "Taken", body = Taken),
        (status = 403, description = "The secret is wrong or missing", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such bot, or it is switched off", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "It could not even be kept: send it again", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn receive(
    State(app): State<App>,
    bot_id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Taken>, Refusal> {
    let Path(bot_id) = bot_id.map_err(|_| Refusal::not_found("bot"))?;
    take(&app, &bot_id, request).await
}

/// An update for the default bot
///
/// As for any other bot.
#[utoipa::path(post, path = "/api/webhooks/telegram", tag = "webhooks",
    request_body(content = serde_json::Value, description = "An update of the Bot API"),
    security(("telegram_secret" = [])),
    responses(
        (status = 200, description = "Taken", body = Taken),
        (status = 403, description = "The secret is wrong or missing", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no default bot", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "It could not even be kept: send it again", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn receive_default(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Taken>, Refusal> {
    take(&app, BotId::default_bot().as_str(), request).await
}

async fn take(app: &App, bot_id: &str, request: Request) -> Result<Json<Taken>, Refusal> {
    let bot = webhook::bot(app, bot_id, request.headers()).await?;
    let body = body::read(request.into_body(), body::MAX_WEBHOOK).await?;
    handle(app, &bot, &body).await?;
    Ok(Json(Taken { ok: true }))
}

/// Logs ids and kinds, never what people wrote.
async fn handle(app: &App, bot: &KnownBot, body: &[u8]) -> Result<(), Refusal> {
    let read = IncomingUpdate::parse(body).map_err(|error| error.to_string());
    let text = std::str::from_utf8(body).map_err(|error| error.to_string());
    let (update, text) = match (read, text) {
        (Ok(update), Ok(text)) => (update, text),
        // Telegram would repeat it for a day, and it would be no update on any of them.
        (Err(reason), _) | (_, Err(reason)) => {
            measure(Metric::WebhookFailures, 1);
            tracing::warn!(bot = %bot.id, reason, "a body is no update; it is dropped");
            return Ok(());
        }
    };
    let received = receive_update(app, bot, &update, text).await?;
    let IncomingUpdate { update_id, kind } = &update;
    if received == Received::Kept {
        measure(Metric::WebhookFailures, 1);
    }
    let unknown = matches!(kind, Kind::Other(_));
    if unknown {
        measure(Metric::UnknownUpdates, 1);
    }
    let spent = app.spent();
    tracing::info!(
        unit = "update",
        correlation = correlation().map(display),
        bot = %bot.id,
        update_id,
        kind = kind.name(),
        outcome = received.as_str(),
        unknown = u8::from(unknown),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    Ok(())
}
