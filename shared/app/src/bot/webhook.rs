//! Where Telegram sends a bot's updates.

use channels::telegram::{BotToken, SetWebhook, TelegramError, WebhookInfo};
use domain::ids::{BotId, CompanyId};

use super::{BotView, get_bot, tokens};
use crate::{App, AppError};

/// What we want to hear of (FACTS: Telegram, setWebhook).
pub const UPDATES: [&str; 5] =
    ["message", "callback_query", "my_chat_member", "chat_member", "chat_join_request"];
/// The menu.
pub const COMMANDS: [(&str, &str); 7] = [
    ("start", "Begin, or go on after /stop"),
    ("link", "Connect this chat to a company: /link and the token"),
    ("status", "What this chat receives"),
    ("targets", "What is watched for this chat"),
    ("add", "Watch another page: /add and its address"),
    ("stop", "No more messages"),
    ("help", "What this bot does"),
];
/// So many updates come at once at most: Telegram's default, and well below the invocations that an
/// account may have at once. What does not fit waits with Telegram.
pub const AT_ONCE: u32 = 40;

/// The path that takes a bot's updates.
pub fn webhook_path(bot: &BotId) -> String {
    format!("/api/telegram/webhook/{bot}")
}

/// How a bot's webhook stands, in Telegram's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookState {
    /// Where it should lead.
    pub expected_url: String,
    /// What Telegram says.
    pub info: WebhookInfo,
}

impl WebhookState {
    /// Whether updates come here.
    pub fn is_configured(&self) -> bool {
        self.info.url.trim_end_matches('/') == self.expected_url
    }
}

/// Asks Telegram how a bot's webhook stands.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when Telegram refuses the bot's token;
/// [`AppError::Unavailable`].
pub async fn show_webhook(
    app: &App,
    company_id: CompanyId,
    name: &str,
) -> Result<WebhookState, AppError> {
    let BotView { bot, .. } = get_bot(app, company_id, name).await?;
    let token = tokens::open(app, &bot).await?;
    state(app, &bot.id, &token).await
}

/// Has Telegram send a bot's updates here, and sets its menu.
///
/// # Errors
/// As [`show_webhook`]; [`AppError::Conflict`] with Telegram's words for an address that it does not
/// take.
pub async fn register_webhook(
    app: &App,
    company_id: CompanyId,
    name: &str,
) -> Result<WebhookState, AppError> {
    let BotView { bot, .. } = get_bot(app, company_id, name).await?;
    let secrets = tokens::secrets(app, &bot).await?;
    let token = tokens::open(app, &bot).await?;
    let webhook = SetWebhook {
        url: &url(app, &bot.id),
        secret: &secrets.webhook_secret,
        allowed_updates: &UPDATES,
        max_connections: AT_ONCE,
    };
    app.telegram.set_webhook(&token, webhook).await.map_err(refused)?;
    // The menu is a convenience: without it every command works.
    if let Err(error) = app.telegram.set_my_commands(&token, &COMMANDS).await {
        tracing::warn!(bot = %bot.id, %error, "the bot's menu of commands could not be set");
    }
    state(app, &bot.id, &token).await
}

fn url(app: &App, bot: &BotId) -> String {
    format!("{}{}", app.site.url, webhook_path(bot))
}

async fn state(app: &App, bot: &BotId, token: &BotToken) -> Result<WebhookState, AppError> {
    let info = app.telegram.get_webhook_info(token).await.map_err(refused)?;
    Ok(WebhookState { expected_url: url(app, bot), info })
}

fn refused(error: TelegramError) -> AppError {
    match error {
        TelegramError::Unauthorized(_) => AppError::Conflict {
            code: "BOT_TOKEN_REFUSED",
            message: "Telegram refuses the bot's token: give the bot its new one".to_owned(),
        },
        TelegramError::Refused { description, .. } => {
            AppError::Conflict { code: "WEBHOOK_REFUSED", message: description }
        }
        other => AppError::Unavailable(format!("Telegram: {other}")),
    }
}
