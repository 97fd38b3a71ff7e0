//! Bots: a company's own, for its admins.

mod change;
mod create;
mod get;
mod list;
mod switch;
mod webhook;

use std::convert::Infallible;
use std::str::FromStr;
use web::{Routes, routes};

use app::bot::{BotView as Found, webhook_path};
use app::scenario::author::Whose;
use domain::bot::BotStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::path::PathId;
use crate::session::Admin;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change))
        .routes(routes!(switch::activate))
        .routes(routes!(switch::deactivate))
        .routes(routes!(webhook::show, webhook::register))
}

/// A bot's slug or id in a path.
pub(crate) struct BotName(pub(crate) String);

impl FromStr for BotName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for BotName {
    const PARAMETER: &'static str = "bot";
    const WHAT: &'static str = "bot";
}

/// The bot that an admin means.
pub(crate) const fn whose<'a>(who: &Admin, bot: &'a str) -> Whose<'a> {
    Whose { company_id: who.company_id(), bot }
}

/// Where a bot stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = BotStatus)]
enum StatusView {
    /// It takes and sends messages.
    Active,
    /// An admin has switched it off.
    Inactive,
    /// Telegram refuses its token.
    Stopped,
}

/// A bot. Its token is never shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bot)]
pub(crate) struct BotView {
    /// Its id, as it stands in channels and links.
    #[schema(format = Uuid)]
    id: String,
    /// What the company calls it.
    slug: String,
    /// Its username in Telegram, without the at sign.
    username: String,
    /// Its id in Telegram.
    telegram_id: u64,
    /// Where it stands.
    status: StatusView,
    /// Why it is stopped, in Telegram's words.
    reason: Option<String>,
    /// Whether the company speaks through it where no bot is named.
    default: bool,
    /// The chat that it writes to when none is named.
    default_chat_id: Option<i64>,
    /// The path that takes its updates.
    webhook_path: String,
    /// Whether its contacts can pay: it has a form at Prodamus, which is never shown.
    takes_payments: bool,
    /// The path that takes the form's words about payments.
    payments_path: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Found> for BotView {
    fn from(found: &Found) -> Self {
        let Found { bot, stopped, is_default } = found;
        let status = match (bot.status, stopped) {
            (BotStatus::Inactive, _) => StatusView::Inactive,
            (BotStatus::Active, Some(_)) => StatusView::Stopped,
            (BotStatus::Active, None) => StatusView::Active,
        };
        Self {
            id: bot.id.to_string(),
            slug: bot.slug.to_string(),
            username: bot.username.clone(),
            telegram_id: bot.telegram_id,
            status,
            reason: stopped.clone(),
            default: *is_default,
            default_chat_id: bot.default_chat,
            webhook_path: webhook_path(&bot.id),
            takes_payments: bot.form.is_some(),
            payments_path: format!("/api/webhooks/prodamus/{}", bot.id),
            created_at: bot.created_at.rfc3339(),
        }
    }
}
