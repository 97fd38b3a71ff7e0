//! Bots: a company's own, beside the platform's that the configuration names.
//!
//! ```text
//! COMPANY ── BotSlug ──▶ Bot ◀── BotName      the slug in a webhook's path, for who claimed it first
//!    └────── DefaultBot ──▶ ▲ ◀── TelegramBot  one Telegram bot is one bot here
//! ```

mod decide;

use serde::{Deserialize, Serialize};

use crate::account::SecretHash;
use crate::ids::{BotId, CompanyId};
use crate::seal::Sealed;
use crate::slug::Slug;
use crate::time::Timestamp;

pub use decide::{
    BotChange, ChatChange, FormChange, NewBot, SWITCHED_OFF, decide_add, decide_change,
    decide_switch, decide_tell_of_stop,
};

/// The words of so many forms are taken beside those of the form that a bot has.
pub const EARLIER_FORMS: usize = 5;
/// A company has at most this many bots.
pub const BOTS_PER_COMPANY: usize = 20;

/// Whether a bot takes and sends messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BotStatus {
    /// It does.
    Active,
    /// An admin has switched it off: its webhook answers 404, its jobs wait.
    Inactive,
}

/// A company's bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    /// Its id: a `UUIDv7` as text, also in jobs and keys.
    pub id: BotId,
    /// Whose bot it is.
    pub company_id: CompanyId,
    /// What its company calls it.
    pub slug: Slug,
    /// Its id in Telegram.
    pub telegram_id: u64,
    /// Its username in Telegram, without the at sign.
    pub username: String,
    /// Its token and the secret of its webhook, sealed ([`BotSecrets`], [`Bot::about`]).
    pub secrets: Sealed,
    /// Hash of the webhook's secret: who checks it need not open the seal.
    pub webhook_secret: SecretHash,
    /// The form that its contacts pay through, sealed ([`PayForm`], [`Bot::about_form`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Sealed>,
    /// The forms that it had before, the oldest first, at most [`EARLIER_FORMS`], sealed as [`Self::form`]:
    /// who pays at a link of theirs has paid, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_forms: Vec<Sealed>,
    /// Which of its forms [`Self::form`] is: raised by each other one.
    #[serde(default)]
    pub form_revision: u32,
    /// Whether it takes and sends messages.
    pub status: BotStatus,
    /// The chat that it writes to when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_chat: Option<i64>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Bot {
    /// What the seal of a bot's secrets is bound to.
    pub fn about(id: &BotId) -> String {
        format!("bot/{id}/secrets")
    }

    /// What the seal of a bot's form is bound to.
    pub fn about_form(id: &BotId) -> String {
        format!("bot/{id}/form")
    }

    /// The forms whose words are taken: the one that it has, then the earlier ones, the last first.
    pub fn forms(&self) -> impl Iterator<Item = &Sealed> {
        self.form.iter().chain(self.earlier_forms.iter().rev())
    }

    /// The same with another form, or none: the one that it had is an earlier one from then on.
    #[must_use]
    pub fn with_form(mut self, form: Option<Sealed>) -> Self {
        if form.is_some() {
            self.form_revision = self.form_revision.saturating_add(1);
        }
        self.earlier_forms.extend(std::mem::replace(&mut self.form, form));
        let over = self.earlier_forms.len().saturating_sub(EARLIER_FORMS);
        self.earlier_forms.drain(..over);
        self
    }
}

/// What is sealed of a bot.
#[derive(Clone, Serialize, Deserialize)]
pub struct BotSecrets {
    /// The token from `BotFather`.
    pub token: String,
    /// What Telegram shows with each update.
    pub webhook_secret: String,
}

/// The form at Prodamus that a bot's contacts pay through.
#[derive(Clone, Serialize, Deserialize)]
pub struct PayForm {
    /// Where it is.
    pub url: String,
    /// What it signs with.
    pub secret: String,
}

/// Which bot a slug is in a company: a company's list of bots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotSlug {
    /// The company.
    pub company_id: CompanyId,
    /// The slug.
    pub slug: Slug,
    /// The bot.
    pub bot: BotId,
}

/// Which bot a slug is in the path of a webhook: the first of the deployment that had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotName {
    /// The slug.
    pub slug: Slug,
    /// The bot.
    pub bot: BotId,
}

/// Which bot a bot of Telegram's is here: it has one webhook, so it can be one only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramBot {
    /// Its id in Telegram.
    pub telegram_id: u64,
    /// The bot.
    pub bot: BotId,
}

/// The bot that a company speaks through where none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultBot {
    /// The company.
    pub company_id: CompanyId,
    /// The bot.
    pub bot: BotId,
}
