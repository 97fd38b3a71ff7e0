//! Contacts: private chats that talk to a bot with scenarios.
//!
//! A contact is one item with all its runs, so that a step is one read and one write, and the timer of the
//! next step moves in the transaction that advances the run. The contact keeps that timer's job
//! ([`NextStep`]): a timer of another job does nothing.

mod decide;
mod filter;
mod paid;
mod reply;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{BotId, JobId};
use crate::scenario::{ScenarioState, ScenarioStatus};
use crate::slug::Slug;
use crate::time::Timestamp;
pub use crate::wizard::Language;

pub use decide::{
    Begun, Said, SentStep, block, decide_begin, decide_nothing_left, decide_reset, decide_retime,
    decide_start_by_hand, decide_step_done, decide_stop_run, decide_taken_over, unblock,
};
pub use filter::ContactFilter;
pub use paid::{
    MovedContact, PaidContact, decide_contact_moved, decide_contact_paid, decide_contact_refunded,
    decide_earlier_groups_left, decide_group_moved, decide_invited, decide_link_used,
    decide_unsent,
};
pub use reply::{
    FORWARDED_KEPT, FORWARDS_A_MINUTE, ForwardedReply, LEFT_OUT_TOLD, SHOWN_OF_A_CONTACT,
    TURNS_AHEAD, said, said_by_button, shown_at, turn_of,
};

/// The longest name of a contact that is kept, in characters: Telegram allows 64 for each of two names.
pub const MAX_USER_NAME: usize = 129;

/// The next step of a contact's active run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// When it is due.
    pub due: Timestamp,
    /// Its job: a timer of another one is void.
    pub job: JobId,
}

/// A private chat that talks to a bot with scenarios.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The bot.
    pub bot_id: BotId,
    /// The chat.
    pub chat_id: i64,
    /// What the person is called: the username, or else the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The language that the bot speaks.
    #[serde(default)]
    pub language: Language,
    /// When the contact first wrote.
    pub registered_at: Timestamp,
    /// The scenario that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Slug>,
    /// The contact's run of each scenario that was started, paid for or completed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<Slug, ScenarioState>,
    /// The next step, while one is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
    /// Why nothing can be sent: the person blocked the bot. The run keeps its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// When the contact last took the bot back after a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<Timestamp>,
    /// Whether the person wants no broadcasts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsubscribed: bool,
    /// The scenario whose consent was asked for last, while there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Slug>,
    /// Raised by each reset, and by each return after a block: a step that was refused is another message
    /// then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: u32,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Contact {
    /// Someone who writes for the first time.
    pub fn new(bot_id: BotId, chat_id: i64, now: Timestamp) -> Self {
        Self {
            bot_id,
            chat_id,
            user_name: None,
            language: Language::default(),
            registered_at: now,
            active: None,
            runs: BTreeMap::new(),
            next: None,
            blocked: None,
            returned_at: None,
            unsubscribed: false,
            asked: None,
            epoch: 0,
            version: 0,
        }
    }

    /// The run of a scenario; one that has not been started when there is none.
    pub fn run(&self, scenario: &Slug) -> ScenarioState {
        self.runs.get(scenario).cloned().unwrap_or_default()
    }

    /// Whether a run of this scenario is under way.
    pub fn is_in(&self, scenario: &Slug) -> bool {
        self.active.as_ref() == Some(scenario)
    }

    /// Whether what was refused then may have been so by a block that is over.
    pub fn has_returned_since(&self, refused_at: Timestamp) -> bool {
        self.blocked.is_none() && self.returned_at.is_some_and(|it| it > refused_at)
    }

    /// Whether the contact has paid for something.
    pub fn has_paid(&self) -> bool {
        self.runs.values().any(|run| run.payment_date.is_some())
    }

    /// Whether the contact is in a private group.
    pub fn joined_group(&self) -> bool {
        self.runs.values().any(|run| run.access.joined_group)
    }

    /// With the run as it is now: one that is under way is the active one, one that is no longer leaves none.
    #[must_use]
    pub(crate) fn with(mut self, scenario: &Slug, run: ScenarioState) -> Self {
        match run.status {
            ScenarioStatus::Active => self.active = Some(scenario.clone()),
            _ if self.is_in(scenario) => self.active = None,
            _ => {}
        }
        self.runs.insert(scenario.clone(), run);
        self
    }
}
