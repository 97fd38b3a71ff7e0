//! Company alerts: what a service tells a company's links, from a template or in its own words, and not
//! more often than it wants.

mod decide;
mod report;
mod template;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::SecretHash;
use crate::contact::Language;
use crate::engine::Write;
use crate::ids::{AlertId, BotId, CompanyId};
use crate::link::Category;
use crate::slug::Slug;
use crate::text;
use crate::time::Timestamp;

pub use decide::{AlertIds, NO_BOT, NewAlert, Sending, decide_alert, throttle_hash};
pub use report::report;
pub use template::{TemplateError, TemplateInput, render, variables};

/// An alert is kept this long.
pub const ALERT_KEPT: Duration = Duration::from_hours(24 * 90);
/// Counts are kept this long: bodies go, counters stay.
pub const COUNTS_KEPT: Duration = Duration::from_hours(24 * 400);
/// The longest window of a throttle key: a day.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(24);
/// The window where none is named.
pub const DEFAULT_WINDOW: Duration = Duration::from_mins(5);
/// A company has at most this many templates.
pub const TEMPLATES_PER_COMPANY: usize = 200;
/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// The longest alert in all, in UTF-16 units: under Telegram's 4,096, with room for the mark of a
/// repetition (FACTS: Telegram, Limits).
pub const MAX_ALERT: usize = 4_000;
/// The longest plain words of an alert, in UTF-16 units: there is room for a heading above them.
pub const MAX_WORDS: usize = 3_900;
/// The most sections.
pub const MAX_SECTIONS: usize = 20;

/// What an alert says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMessage {
    /// In a line.
    pub title: String,
    /// In paragraphs; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Parts with a heading each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

/// A part of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading, in a line; may be empty.
    #[serde(default)]
    pub title: String,
    /// Its text, in paragraphs.
    #[serde(default)]
    pub body: String,
}

impl AlertMessage {
    /// Plain words: their first line is the title where it fits one, and else the category's heading.
    pub fn plain(category: Category, text: &str) -> Self {
        let text = text.trim();
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let fits = text::is_visible(first) && first.chars().count() <= MAX_TITLE;
        let (title, body) = if fits { (first, rest) } else { (category.heading(), text) };
        Self { title: title.to_owned(), body: body.to_owned(), sections: Vec::new() }
    }

    /// The same in clean lines and paragraphs, without what nobody could see.
    #[must_use]
    pub fn tidied(&self) -> Self {
        let sections = self.sections.iter().map(|section| Section {
            title: text::one_line(&section.title),
            body: text::paragraphs(&section.body),
        });
        let seen = |it: &Section| text::is_visible(&it.title) || text::is_visible(&it.body);
        Self {
            title: text::one_line(&self.title),
            body: text::paragraphs(&self.body),
            sections: sections.filter(seen).collect(),
        }
    }

    /// What is wrong with it, as the request's fields have it.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        if !text::is_visible(&self.title) {
            faults.push(("title", "must say something".to_owned()));
        }
        if self.title.chars().count() > MAX_TITLE {
            faults.push(("title", format!("must have at most {MAX_TITLE} characters")));
        }
        if self.sections.len() > MAX_SECTIONS {
            faults.push(("sections", format!("must be at most {MAX_SECTIONS}")));
        }
        if self.units() > MAX_ALERT {
            faults.push(("body", format!("the alert must have at most {MAX_ALERT} characters")));
        }
        faults
    }

    /// Its length in UTF-16 units, with what stands between its parts.
    fn units(&self) -> usize {
        let units = |text: &str| text.encode_utf16().count();
        let section = |it: &Section| units(&it.title) + units(&it.body) + 4;
        units(&self.title)
            + units(&self.body)
            + 2
            + self.sections.iter().map(section).sum::<usize>()
    }
}

/// An alert that is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// Who wants to be told.
    pub category: Category,
    /// What it says.
    pub message: AlertMessage,
    /// The same in Russian, where the words are the system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub russian: Option<AlertMessage>,
    /// Through which bot alone, if through one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
    /// When it was sent.
    pub created_at: Timestamp,
}

impl Alert {
    /// What it says to who reads this language, as far as there are words for it.
    pub fn message_in(&self, language: Language) -> &AlertMessage {
        match language {
            Language::En => &self.message,
            Language::Ru => self.russian.as_ref().unwrap_or(&self.message),
        }
    }
}

/// A company's template of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertTemplate {
    /// The company.
    pub company_id: CompanyId,
    /// What it is called by.
    pub key: Slug,
    /// The title's template.
    pub title: String,
    /// The body's template.
    #[serde(default)]
    pub body: String,
    /// The sections' templates.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// Inside its window, alerts of the same key are dropped and counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// The company.
    pub company_id: CompanyId,
    /// Hash of the key: it may hold what a log must not.
    pub key: SecretHash,
    /// When the window ends.
    pub until: Timestamp,
    /// Raised by each window.
    #[serde(default)]
    pub version: u64,
}

impl Throttle {
    /// Whether the window is open.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// The write that opens a key's window until then, after the one that was `found`: whoever else opens it at the
    /// same time meets its version.
    pub fn opened(
        found: Option<&Self>,
        (company_id, key): (CompanyId, SecretHash),
        until: Timestamp,
    ) -> Write {
        match found {
            None => Write::Create(Self { company_id, key, until, version: 0 }.into()),
            Some(old) => Write::Replace(Self { until, ..old.clone() }.into()),
        }
    }
}

/// What became of a company's alerts on a day, through one bot, of one category. `bot` is `-` for what was
/// dropped before any bot was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertCountKey {
    /// The company.
    pub company_id: CompanyId,
    /// The day, in UTC: `2026-11-21`.
    pub day: String,
    /// The category.
    pub category: Category,
    /// The bot.
    pub bot: BotId,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCounts {
    /// Messages that arrived.
    #[serde(default)]
    pub sent: u64,
    /// Alerts that were dropped inside the window of their key.
    #[serde(default)]
    pub throttled: u64,
    /// Messages that did not arrive.
    #[serde(default)]
    pub failed: u64,
}

impl AlertCounts {
    /// Whether there is nothing to count.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Counts of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCount {
    /// Of what.
    #[serde(flatten)]
    pub key: AlertCountKey,
    /// How many.
    #[serde(flatten)]
    pub counts: AlertCounts,
}

/// The day of an instant, in UTC.
pub fn day_of(at: Timestamp) -> String {
    text::first_chars(&at.rfc3339(), 10).to_owned()
}
