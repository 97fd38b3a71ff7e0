//! `hoopoe webhook register` and `hoopoe webhook show`

use app::bot::{AT_ONCE, COMMANDS, Credentials, UPDATES, webhook_path};
use channels::telegram::{SetWebhook, TelegramError, WebhookInfo};
use domain::time::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::CommandError;
use super::bots::Bots;
use crate::cli::Place;
use crate::show;

/// Whose webhook.
#[derive(Clone, Debug, clap::Args)]
pub struct Whose {
    /// The bot: `default`, or a company's bot by its id or slug
    #[arg(long, value_name = "ID", default_value = "default", global = true)]
    bot_id: String,
}

/// Where the webhook goes.
#[derive(Clone, Debug, clap::Args)]
pub struct Register {
    /// Where Telegram reaches Hoopoe; unless given, the site's own address
    #[arg(long, value_name = "URL", env = "TELEGRAM_WEBHOOK_BASE_URL")]
    base_url: Option<String>,
    /// How many updates may come at once
    #[arg(long, value_name = "N", default_value_t = AT_ONCE,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    max_connections: u32,
}

/// Tells Telegram where a bot's updates go and what its menu shows, and says how that stands.
pub(crate) async fn register(
    place: &Place,
    whose: &Whose,
    register: &Register,
) -> Result<(), CommandError> {
    let bots = Bots::open(place).await?;
    let bot = bots.pick(place, &whose.bot_id).await?;
    let base = register.base_url.clone().or_else(|| bots.base_url.clone());
    let base = base.filter(|url| !url.is_empty()).ok_or(CommandError::NoBaseUrl)?;
    let webhook = SetWebhook {
        url: &format!("{}{}", base.trim_end_matches('/'), webhook_path(&bot.id)),
        secret: bot.webhook_secret.expose_secret(),
        allowed_updates: &UPDATES,
        max_connections: register.max_connections,
    };
    let refused = |error: TelegramError| bots.refused(&error);
    bots.api.set_webhook(&bot.token, webhook).await.map_err(refused)?;
    bots.api.set_my_commands(&bot.token, &COMMANDS).await.map_err(refused)?;
    show_state(place, &bots, &bot).await
}

/// Says how a bot's webhook stands.
pub(crate) async fn show(place: &Place, whose: &Whose) -> Result<(), CommandError> {
    let bots = Bots::open(place).await?;
    let bot = bots.pick(place, &whose.bot_id).await?;
    show_state(place, &bots, &bot).await
}

async fn show_state(place: &Place, bots: &Bots, bot: &Credentials) -> Result<(), CommandError> {
    let refused = |error: TelegramError| bots.refused(&error);
    let info = bots.api.get_webhook_info(&bot.token).await.map_err(refused)?;
    if place.json {
        show::line(as_json(bot, &info).to_string());
        return Ok(());
    }
    let url = if info.url.is_empty() { "none: updates wait to be asked for" } else { &info.url };
    let kinds = info.allowed_updates.as_deref().unwrap_or_default().join(", ");
    let rows = [
        ("Bot", format!("{} (@{})", bot.id, bot.username)),
        ("Webhook", url.to_owned()),
        ("Updates", if kinds.is_empty() { "Telegram's default kinds".to_owned() } else { kinds }),
        ("At once", info.max_connections.map_or_else(|| "-".to_owned(), |n| n.to_string())),
        ("Waiting", info.pending_update_count.to_string()),
        ("Last error", last_error(&info).unwrap_or_else(|| "none".to_owned())),
    ];
    for (name, value) in rows {
        show::line(format!("{name:<12} {value}"));
    }
    Ok(())
}

/// When and why Telegram failed last to hand over an update.
pub(crate) fn last_error(info: &WebhookInfo) -> Option<String> {
    let message = info.last_error_message.as_deref()?;
    let at = info.last_error_date.map(at).unwrap_or_default();
    Some(format!("{message} ({at})"))
}

fn at(seconds: i64) -> String {
    Timestamp::from_millis(seconds.saturating_mul(1_000)).rfc3339()
}

fn as_json(bot: &Credentials, info: &WebhookInfo) -> Value {
    json!({
        "bot_id": bot.id,
        "username": bot.username,
        "url": info.url,
        "allowed_updates": info.allowed_updates,
        "max_connections": info.max_connections,
        "pending_update_count": info.pending_update_count,
        "last_error_at": info.last_error_date.map(at),
        "last_error_message": info.last_error_message,
    })
}
