//! What a message says, before any channel gives it a form.
//!
//! Contents carry ids and short parameters. Every text that the system says
//! of its own stands in [`notice`](Notice::text), in one place; channels
//! render [`Content`] and add nothing but form.

mod action;
mod desk;
mod letter;
mod notice;
mod part;
mod relay;
mod scenario_notice;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use action::Action;
pub use desk::{DeskNotice, DeskRefusal, ListedScenario, SEND_BROADCAST};
pub use letter::{Block, Letter};
pub use notice::{CompanyStatus, ListedTarget, Notice};
pub use relay::Relay;
pub use scenario_notice::{SUBSCRIBE, ScenarioNotice};

use crate::alert::AlertMessage;
use crate::ids::TargetId;
use crate::offer::{Listing, Offer};
use crate::scenario::Part;
use crate::url::CanonicalUrl;

/// The line at the head of a message that may have arrived before: its first
/// sending ended without an answer (ENGINE 16).
pub const REPEAT_MARK: &str = "(You may have received this message already.)";

/// What one message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "content", rename_all = "snake_case")]
pub enum Content {
    /// A new offer or a changed price.
    Offer(Box<OfferMessage>),
    /// Several offers together.
    Digest(Box<DigestMessage>),
    /// What a service tells a company's links.
    Alert(Box<AlertMessage>),
    /// An answer or a confirmation.
    Notice(Notice),
    /// A text of a company's own, as it was written.
    Text {
        /// What is said.
        text: String,
    },
    /// One message of a scenario's step or of a broadcast, made for whoever receives it. It is made
    /// when it is sent and never kept.
    #[serde(skip)]
    Part(Box<Part>),
    /// A message of another chat, as it is there. It is never kept.
    #[serde(skip)]
    Relay(Box<Relay>),
}

impl Content {
    /// What kind of message it is, for services that ask.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offer(_) => "offer",
            Self::Digest(_) => "digest",
            Self::Alert(_) => "alert",
            Self::Notice(_) => "notice",
            Self::Text { .. } => "text",
            Self::Part(_) => "part",
            Self::Relay(_) => "relay",
        }
    }
}

impl From<Notice> for Content {
    fn from(notice: Notice) -> Self {
        if let Notice::Desk { said, language } = &notice {
            return said.part(*language).into();
        }
        if let Notice::Scenario { said, language } = &notice
            && let Some(part) = said.part(*language)
        {
            return part.into();
        }
        Self::Notice(notice)
    }
}

impl From<AlertMessage> for Content {
    fn from(alert: AlertMessage) -> Self {
        Self::Alert(Box::new(alert))
    }
}

impl From<DigestMessage> for Content {
    fn from(digest: DigestMessage) -> Self {
        Self::Digest(Box::new(digest))
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Self {
        Self::Part(Box::new(part))
    }
}

impl From<Relay> for Content {
    fn from(relay: Relay) -> Self {
        Self::Relay(Box::new(relay))
    }
}

impl From<OfferMessage> for Content {
    fn from(offer: OfferMessage) -> Self {
        Self::Offer(Box::new(offer))
    }
}

/// News about several offers, told to one watcher.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestMessage {
    /// Each of them.
    pub offers: Vec<OfferMessage>,
    /// How many more there are that are not told.
    #[serde(default)]
    pub more: u32,
}

impl DigestMessage {
    /// What it is: how many, and of which watch if they are of one.
    pub fn heading(&self) -> String {
        let count = self.offers.len() + usize::try_from(self.more).unwrap_or_default();
        let offers = if count == 1 { "offer" } else { "offers" };
        match self.targets()[..] {
            [(_, name)] => format!("{count} {offers}: {name}"),
            _ => format!("{count} {offers}"),
        }
    }

    /// The targets whose watches it is for, each with its name, in the order of their first offers.
    pub fn targets(&self) -> Vec<(TargetId, &str)> {
        let mut targets: Vec<(TargetId, &str)> = Vec::new();
        for offer in &self.offers {
            if targets.iter().all(|(id, _)| *id != offer.target_id) {
                targets.push((offer.target_id, &offer.target_name));
            }
        }
        targets
    }

    /// The same with its first `count` offers; the others are counted.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let left = self.offers.len().saturating_sub(count);
        let more = self.more + u32::try_from(left).unwrap_or(u32::MAX);
        Self { offers: self.offers.iter().take(count).cloned().collect(), more }
    }
}

/// News about an offer, told to one watcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferMessage {
    /// What the offer says.
    pub listing: Listing,
    /// The offer's address.
    pub url: CanonicalUrl,
    /// The price before the change that this message tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_price: Option<Decimal>,
    /// The target whose watch found it.
    pub target_id: TargetId,
    /// What its owner calls it.
    pub target_name: String,
}

impl OfferMessage {
    /// The news of `offer` for a watcher with this target.
    pub fn new(offer: &Offer, target_id: TargetId, target_name: impl Into<String>) -> Self {
        Self {
            listing: offer.listing.clone(),
            url: offer.url.clone(),
            previous_price: offer.previous_price,
            target_id,
            target_name: target_name.into(),
        }
    }
}
