//! Scenarios: paid funnels of messages that a contact of a bot receives one after the other.
//!
//! ```text
//! Scenario ── outline ──▶ Place, Place, Place        the order, with what was moved and deleted
//!                           │      │
//!                         Step   Step                each an item of its own: texts are long
//! contact ── ScenarioState ─ position ─▶ a place     where in it the contact is
//! ```
//!
//! A contact's position is a place, and places are never reused: an edit of a running scenario
//! neither repeats nor skips a message for those who are under way ([`Outline::next`]).

mod check;
mod code;
mod draft;
mod outline;
mod parts;
mod run;
mod start;
mod uses;

use std::collections::BTreeSet;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::button::Buttons;
use crate::ids::BotId;
pub use crate::payment::{OnPayment, OnRefund};
use crate::slug::Slug;
use crate::template::{Globals, Tz, UTC};
use crate::time::Timestamp;

pub(crate) use check::accepts;
pub use check::{
    ACCEPT, ContentRules, DECLINE, MAX_CONTENT, MAX_NAME, MAX_PAID_CONTENT, MAX_PRICE,
    check_content, check_group_id, check_name, check_paid_content, check_price, check_scenario,
};
pub use code::ScenarioCode;
pub use draft::{
    ContentDraft, PhotoDraft, ProductDraft, ScenarioDraft, SpotDraft, TimingDraft, add_faults,
    given,
};
pub use outline::{
    MAX_DELAY, MAX_PLACES, MAX_STEPS, Next, Outline, OutlineError, Place, PlaceState, Spot,
};
pub use parts::{Part, parts, render};
pub use run::{
    Ahead, Due, Paid, Received, Refunded, ScenarioState, ScenarioStatus, decide_advance,
    decide_due, decide_paid, decide_refunded, decide_stop,
};
pub use start::{Found, Start, decide_decline, decide_start, find_scenario};
pub use uses::TextPlace;

/// A message has at most this many photos: an album's limit (FACTS: Telegram, Limits).
pub const MAX_PHOTOS: usize = 10;
/// A bot has at most this many scenarios.
pub const SCENARIOS_PER_BOT: usize = 200;
/// So many scenarios of a bot may be deleted: their names are kept ([`BotScenarios::retired`]).
pub const RETIRED_PER_BOT: usize = 1_000;

/// What a scenario sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// What the payment page calls it.
    pub name: String,
    /// What it costs, in roubles.
    pub price: Decimal,
    /// What is said to whoever has paid: a template in Markdown.
    #[serde(default)]
    pub paid_content: String,
}

/// A picture of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Photo {
    /// One that Telegram has: its `file_id`, which is good for this bot alone.
    FileId(String),
    /// One in the object store, by its key.
    Object(String),
}

impl Photo {
    /// Its key, where it is one of the object store.
    pub fn object(&self) -> Option<&str> {
        match self {
            Self::FileId(_) => None,
            Self::Object(key) => Some(key),
        }
    }
}

/// What a message of a scenario or a broadcast says, as its author wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepContent {
    /// A template in Markdown; may be empty where there are photos.
    #[serde(default)]
    pub text: String,
    /// At most [`MAX_PHOTOS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
    /// The buttons below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buttons: Option<Buttons>,
}

/// What is sent in place of the messages to whoever has completed the scenario.
pub type Summary = StepContent;

/// A scenario of a bot. Its steps are items of their own; the order is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Whose it is.
    pub bot_id: BotId,
    /// What it is called in `/start`: unique in its bot.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// Whether it may be started; who is under way goes on all the same.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it sells, if it sells something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
    /// The group that whoever has paid is invited to: a supergroup's id, which begins with -100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_group_id: Option<i64>,
    /// What a payment does to a contact who is under way.
    #[serde(default)]
    pub on_payment: OnPayment,
    /// What a refund does.
    #[serde(default)]
    pub on_refund: OnRefund,
    /// What is asked before the first message; a button of it starts the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<StepContent>,
    /// What who has completed it gets on `/start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// The order of its steps.
    #[serde(default)]
    pub outline: Outline,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// What a bot's scenarios share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotScenarios {
    /// The bot.
    pub bot_id: BotId,
    /// The scenario that a bare `/start` means; the first one that is made, until an admin says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_scenario: Option<Slug>,
    /// The bot's own variables for templates.
    #[serde(default)]
    pub variables: Globals,
    /// What scenarios that are deleted were called. No other one is called so: contacts remember what
    /// they received by a scenario's name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub retired: BTreeSet<Slug>,
    /// Whether what contacts write goes to the chats of the bot's admins.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub forward_replies: bool,
    /// The IANA name of the zone whose days are told to contacts; UTC while an admin says none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Raised by each change, and by each edit of the bot's scenarios, steps and buttons: of two that are
    /// made at once, one is made after the other.
    #[serde(default)]
    pub version: u64,
}

impl Scenario {
    /// One that says nothing yet: its name is its slug, and it may be started.
    pub fn new(bot_id: BotId, slug: Slug, created_at: Timestamp) -> Self {
        Self {
            bot_id,
            name: slug.as_str().to_owned(),
            slug,
            is_active: true,
            created_at,
            product: None,
            private_group_id: None,
            on_payment: OnPayment::default(),
            on_refund: OnRefund::default(),
            consent: None,
            summary: None,
            outline: Outline::default(),
            version: 0,
        }
    }
}

impl BotScenarios {
    /// Of a bot that has no scenario yet.
    pub const fn new(bot_id: BotId) -> Self {
        Self {
            bot_id,
            default_scenario: None,
            variables: Globals::new(),
            retired: BTreeSet::new(),
            forward_replies: true,
            timezone: None,
            version: 0,
        }
    }

    /// The zone whose days are told to contacts.
    pub fn zone(&self) -> Tz {
        self.timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(UTC)
    }
}

const fn yes() -> bool {
    true
}

/// A message of a scenario. When it is due stands in the outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Whose it is.
    pub bot_id: BotId,
    /// The scenario.
    pub scenario: Slug,
    /// What it is called: unique in its scenario.
    pub slug: Slug,
    /// What it says.
    #[serde(flatten)]
    pub content: StepContent,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// A delay as the outline keeps it.
pub(crate) fn seconds(delay: u32) -> Duration {
    Duration::from_secs(u64::from(delay))
}

#[cfg(test)]
pub(crate) mod tests {
    /// A scenario of a test's own, without steps.
    pub(crate) fn scenario() -> super::Scenario {
        super::start::tests::scenario(super::Outline::default())
    }
}
