//! `GET` and `POST /api/telegram/bots/{bot}/webhook`

use app::App;
use app::bot::{WebhookState, register_webhook, show_webhook};
use axum::Json;
use axum::extract::State;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::Refusal;

use super::BotName;
use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::session::Admin;

/// How a bot's webhook stands, in Telegram's words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BotWebhook)]
pub(crate) struct WebhookView {
    /// Whether updates come here.
    configured: bool,
    /// Where updates go; empty when no webhook is set.
    url: String,
    /// Where they should go.
    expected_url: String,
    /// Updates that wait with Telegram.
    pending_update_count: u64,
    /// When Telegram failed to deliver last: RFC 3339, UTC.
    #[schema(format = DateTime)]
    last_error_at: Option<String>,
    /// Why it failed then.
    last_error_message: Option<String>,
    /// How many updates come at once at most.
    max_connections: Option<u32>,
    /// Which kinds of updates come; Telegram's default kinds when absent.
    allowed_updates: Option<Vec<String>>,
}

impl From<WebhookState> for WebhookView {
    fn from(state: WebhookState) -> Self {
        let configured = state.is_configured();
        let WebhookState { expected_url, info } = state;
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1_000)).rfc3339();
        Self {
            configured,
            url: info.url,
            expected_url,
            pending_update_count: info.pending_update_count,
            last_error_at: info.last_error_date.map(at),
            last_error_message: info.last_error_message,
            max_connections: info.max_connections,
            allowed_updates: info.allowed_updates,
        }
    }
}

/// How a bot's webhook stands
///
/// Asks Telegram. 409 when it refuses the bot's token.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/webhook", operation_id = "get_bot_webhook", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "How it stands", body = WebhookView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn show(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<WebhookView>, Refusal> {
    Ok(Json(show_webhook(&app, who.company_id(), &bot).await?.into()))
}

/// Register a bot's webhook
///
/// Has Telegram send the bot's updates here with the bot's own secret, and sets the bot's menu of
/// commands. Again is the same.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/webhook", operation_id = "register_bot_webhook", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "How it stands now", body = WebhookView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn register(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<WebhookView>, Refusal> {
    Ok(Json(register_webhook(&app, who.company_id(), &bot).await?.into()))
}
