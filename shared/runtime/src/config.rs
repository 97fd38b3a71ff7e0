//! Configuration: read once from the environment, passed on as values.

use std::time::Duration;

use domain::engine::rate::Rates;
use domain::event::EventKinds;
use domain::ids::BotId;
use secrecy::SecretString;
use thiserror::Error;

use crate::telemetry::LogFormat;

mod attempts;
mod bot_secret;
mod courier;
mod hooks;
mod seal;
mod secret;
mod stripe;

pub use attempts::Attempts;
pub use bot_secret::BotSecret;
pub use courier::Courier;
pub use hooks::Hooks;
pub use seal::SealWith;
pub use secret::{Secret, WithSecret};
pub use stripe::Stripe;

/// Why the configuration cannot be used. Values are never shown: they may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A variable that must be there is not.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable's value cannot be read.
    #[error("{0} {1}")]
    Invalid(&'static str, &'static str),
    /// The secret that `HOOPOE_SECRET` names cannot be used.
    #[error("the secret of HOOPOE_SECRET {0}")]
    Secret(&'static str),
}

/// Where variables come from: the process's environment, or a test's own.
pub trait Source {
    /// The variable's value, if it is set and not empty.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process's environment.
#[derive(Clone, Copy, Debug)]
pub struct Environment;

impl Source for Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// Where the table and the queues are.
///
/// `HOOPOE_TABLE`, `HOOPOE_QUEUE_PEOPLE`, `HOOPOE_QUEUE_BULK` (queue URLs).
#[derive(Clone, Debug)]
pub struct Stores {
    /// The table's name.
    pub table: String,
    /// The queue of [`domain::engine::Lane::People`].
    pub queue_people: String,
    /// The queue of [`domain::engine::Lane::Bulk`].
    pub queue_bulk: String,
}

impl Stores {
    /// Reads them.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        Ok(Self {
            table: required(source, "HOOPOE_TABLE")?,
            queue_people: required(source, "HOOPOE_QUEUE_PEOPLE")?,
            queue_bulk: required(source, "HOOPOE_QUEUE_BULK")?,
        })
    }
}

/// A bot that Hoopoe speaks through: `default`, as [`BotSecret`] has it.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its slug.
    pub id: BotId,
    /// Its username, without the at sign.
    pub username: String,
    /// Its token.
    pub token: SecretString,
    /// What Telegram shows us in `X-Telegram-Bot-Api-Secret-Token`.
    pub webhook_secret: SecretString,
}

/// Telegram: the bots, and where its API and its deep links are.
///
/// `TELEGRAM_API_URL` (default `https://api.telegram.org`), `TELEGRAM_LINK_URL` (default
/// `https://t.me`), and how fast it is spoken to: `TELEGRAM_PER_SECOND` (29.3 messages),
/// `TELEGRAM_CHAT_INTERVAL_MS` (1020), `TELEGRAM_GROUP_INTERVAL_MS` (3050).
#[derive(Clone, Debug)]
pub struct Telegram {
    /// The API's base URL, without a slash at the end.
    pub api_url: String,
    /// The base of deep links, without a slash at the end.
    pub link_url: String,
    /// How fast each bot sends.
    pub rates: Rates,
    /// The bots.
    pub bots: Vec<Bot>,
}

impl Telegram {
    /// Reads them, and the one bot from its variables.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        Self::of(source, Some(BotSecret::read(source)?))
    }

    /// Reads all but the bots; the one bot, if there is one, is known already.
    pub fn of(source: &impl Source, bot: Option<BotSecret>) -> Result<Self, ConfigError> {
        let base = |name, default: &str| {
            let url = source.get(name).unwrap_or_else(|| default.to_owned());
            url.trim_end_matches('/').to_owned()
        };
        Ok(Self {
            api_url: base("TELEGRAM_API_URL", "https://api.telegram.org"),
            link_url: base("TELEGRAM_LINK_URL", "https://t.me"),
            rates: rates(source)?,
            bots: bot.into_iter().map(BotSecret::into_bot).collect(),
        })
    }

    /// The bot of this slug.
    pub fn bot(&self, id: &BotId) -> Option<&Bot> {
        self.bots.iter().find(|bot| bot.id == *id)
    }
}

/// Where events go, and which.
///
/// `HOOPOE_EVENT_BUS` (a bus's name or ARN; without one nothing is published), `HOOPOE_EVENTS` (kinds
/// between commas, `all` or `none`; default `all`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsOut {
    /// The bus.
    pub bus: Option<String>,
    /// The kinds.
    pub kinds: EventKinds,
}

impl EventsOut {
    /// Reads them.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        let kinds = source.get("HOOPOE_EVENTS").map_or(Ok(EventKinds::ALL), |text| {
            let known = "must be kinds of events between commas, `all` or `none`";
            EventKinds::parse(&text).map_err(|_| ConfigError::Invalid("HOOPOE_EVENTS", known))
        })?;
        Ok(Self { bus: source.get("HOOPOE_EVENT_BUS"), kinds })
    }
}

/// The public side: `SITE_URL`, and how many targets and pages a tier allows.
///
/// `HOOPOE_FREE_TARGETS` (3), `HOOPOE_FREE_PAGES` (10), `HOOPOE_PRO_TARGETS` (100),
/// `HOOPOE_PRO_PAGES` (1000), `HOOPOE_ORIGINS` (more origins than `SITE_URL`'s, comma-separated).
#[derive(Clone, Debug)]
pub struct Site {
    /// Where people reach Hoopoe, without a slash at the end.
    pub url: String,
    /// Origins that may send unsafe requests with a cookie.
    pub origins: Vec<String>,
    /// Limits of the free tier.
    pub free: Limits,
    /// Limits of the pro tier.
    pub pro: Limits,
    /// How often one caller may try.
    pub attempts: Attempts,
    /// More new offers than this for one channel within a minute become one message; zero for never.
    /// `HOOPOE_BUNDLE_ABOVE` (5).
    pub bundle_above: usize,
}

/// How much a user may watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Targets.
    pub targets: usize,
    /// Pages over all targets.
    pub pages: usize,
}

impl Site {
    /// Reads it.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        let url = required(source, "SITE_URL")?.trim_end_matches('/').to_owned();
        let mut origins = vec![url.clone()];
        let more = source.get("HOOPOE_ORIGINS").unwrap_or_default();
        origins.extend(more.split(',').map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()));
        Ok(Self {
            url,
            origins,
            free: Limits {
                targets: number(source, "HOOPOE_FREE_TARGETS", 3)?,
                pages: number(source, "HOOPOE_FREE_PAGES", 10)?,
            },
            pro: Limits {
                targets: number(source, "HOOPOE_PRO_TARGETS", 100)?,
                pages: number(source, "HOOPOE_PRO_PAGES", 1_000)?,
            },
            attempts: Attempts::read(source)?,
            bundle_above: number(source, "HOOPOE_BUNDLE_ABOVE", 5)?,
        })
    }
}

fn rates(source: &impl Source) -> Result<Rates, ConfigError> {
    let default = Rates::default();
    let per_second = match source.get("TELEGRAM_PER_SECOND").map(|text| text.parse::<f64>()) {
        None => default.per_second,
        Some(Ok(rate)) if rate > 0.0 && rate.is_finite() => rate,
        Some(_) => return Err(ConfigError::Invalid("TELEGRAM_PER_SECOND", "must be over zero")),
    };
    let interval = |name, default: Duration| {
        let default = usize::try_from(default.as_millis()).unwrap_or_default();
        let millis = number(source, name, default)?;
        Ok(Duration::from_millis(u64::try_from(millis).unwrap_or_default()))
    };
    Ok(Rates {
        per_second,
        per_chat: interval("TELEGRAM_CHAT_INTERVAL_MS", default.per_chat)?,
        per_group: interval("TELEGRAM_GROUP_INTERVAL_MS", default.per_group)?,
        lead: default.lead,
    })
}

/// `HOOPOE_PHOTOS`: the bucket of stored photos. Without one there is no store for them.
pub fn photos_bucket(source: &impl Source) -> Option<String> {
    source.get("HOOPOE_PHOTOS")
}

/// `HOOPOE_LOG_FORMAT` (`json` or `text`) and `HOOPOE_LOG` (a filter).
pub fn logs(source: &impl Source) -> (LogFormat, String) {
    let format = match source.get("HOOPOE_LOG_FORMAT").as_deref() {
        Some("text") => LogFormat::Text,
        _ => LogFormat::Json,
    };
    (format, source.get("HOOPOE_LOG").unwrap_or_else(|| "info".to_owned()))
}

/// `HOOPOE_METRICS_NAMESPACE`: the namespace of the metrics in `CloudWatch`. Functions have
/// [`METRICS_NAMESPACE`] without it, `hoopoe dev` no metrics.
pub fn metrics_namespace(source: &impl Source) -> Option<String> {
    source.get("HOOPOE_METRICS_NAMESPACE")
}

/// The namespace of metrics when none is configured.
pub const METRICS_NAMESPACE: &str = "Hoopoe";

fn required(source: &impl Source, name: &'static str) -> Result<String, ConfigError> {
    source.get(name).ok_or(ConfigError::Missing(name))
}

fn number(source: &impl Source, name: &'static str, default: usize) -> Result<usize, ConfigError> {
    source.get(name).map_or(Ok(default), |text| {
        text.parse().map_err(|_| ConfigError::Invalid(name, "must be a whole number"))
    })
}
