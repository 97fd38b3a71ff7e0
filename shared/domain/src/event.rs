//! Events: what happened, as others hear of it on an event bus. `docs/events.md` describes each.
//!
//! An event's id follows from what it is about, so that one which is published twice bears the same
//! id twice. Events hold ids, addresses of offers and reasons; never what people write, their
//! addresses, their chats or any secret.

mod about;
mod kind;
mod order;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::channel::{Channel, ChannelStatus};
use crate::engine::delivery::Recipient;
use crate::engine::{Delivery, DeliveryKey, DeliveryStatus, Record, Write};
use crate::ids::{
    AlertId, BotId, ChannelId, CompanyId, JobId, LinkId, TargetId, TaskId, TaskRunId, UserId,
};
use crate::offer::Offer;
use crate::slug::Slug;
use crate::time::Timestamp;
use crate::url::{OfferId, PageId};

pub use about::{About, ChannelChange};
pub use kind::{EventKind, EventKinds, UnknownEventKind};
pub use order::{OrderChange, order_changes};

/// Who publishes.
pub const SOURCE: &str = "hoopoe";
/// The version of all details. A field that is added leaves it; one that goes or changes its
/// meaning raises it.
pub const VERSION: u32 = 1;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same however often it is published.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Happening {
    /// An offer was seen on a page for the first time.
    OfferRecorded(OfferRecorded),
    /// A message has its end.
    Message(MessageEnded),
    /// A channel receives from now on, or no longer.
    Channel(ChannelChange),
    /// An order is paid from now on, or what was paid went back.
    Order(OrderChange),
}

/// An offer was seen on a page for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferRecorded {
    /// The offer.
    pub offer_id: OfferId,
    /// Its address.
    pub url: String,
    /// The page.
    pub page_id: PageId,
    /// Its address.
    pub page_url: String,
    /// Which revision of the offer.
    pub revision: u32,
}

/// A message was sent, has failed for good, or has a fate that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageEnded {
    /// Which of the three.
    #[serde(skip)]
    pub kind: EventKind,
    /// What the message was.
    #[serde(flatten)]
    pub subject: Subject,
    /// The channel's own number of a message that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<i64>,
    /// Attempts whose fate is unknown: over zero, the person may have the message more than once.
    pub unknown_attempts: u32,
    /// Why a message was not sent, or nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a message was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Subject {
    /// News of an offer, to a channel.
    Offer {
        /// The offer.
        offer_id: OfferId,
        /// Which revision of it.
        revision: u32,
        /// Who was told.
        user_id: UserId,
        /// Where.
        channel_id: ChannelId,
        /// Whose watch it was for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target_id: Option<TargetId>,
    },
    /// How many offers a page has that is watched from now on, to a channel.
    Baseline {
        /// The page.
        page_id: PageId,
        /// Who was told.
        user_id: UserId,
        /// Where.
        channel_id: ChannelId,
        /// Whose watch it was for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target_id: Option<TargetId>,
    },
    /// A company's alert, to a chat that is linked to it.
    Alert {
        /// The company.
        company_id: CompanyId,
        /// The alert.
        alert_id: AlertId,
        /// The link.
        link_id: LinkId,
    },
    /// The message of a scheduled task's run.
    Task {
        /// The task.
        task_id: TaskId,
        /// Its run.
        run_id: TaskRunId,
    },
    /// An answer to someone who wrote to a bot. Which chat that was is not told.
    Answer {
        /// The bot.
        bot: BotId,
        /// The job that the message is of.
        job_id: JobId,
        /// Which of its messages, in their order.
        part: u16,
    },
    /// A step of a scenario, to one of its contacts. Which contact that was is not told.
    Step {
        /// The bot.
        bot: BotId,
        /// The scenario.
        scenario: Slug,
        /// The step.
        step: Slug,
        /// Which of its messages: its number ([`Part::number`](crate::scenario::Part::number)).
        part: u16,
    },
    /// Other words of a scenario, to one of its contacts. Which contact that was is not told.
    Words {
        /// The bot.
        bot: BotId,
        /// The scenario.
        scenario: Slug,
        /// Which words: their name.
        words: String,
        /// Which of their messages: its number, as in a step.
        part: u16,
    },
    /// A broadcast, to one contact. Which contact that was is not told.
    Broadcast {
        /// The bot.
        bot: BotId,
        /// The broadcast.
        broadcast: Slug,
        /// Which of its messages: its number ([`Part::number`](crate::scenario::Part::number)).
        part: u16,
    },
}

impl Subject {
    /// The same with the target that its delivery was made for: what comes again is the same, also when a
    /// channel's first target is another by then.
    #[must_use]
    fn of(mut self, delivery: &Delivery) -> Self {
        match &mut self {
            Self::Offer { target_id, .. } | Self::Baseline { target_id, .. } => {
                *target_id = delivery.target_id;
            }
            Self::Alert { .. }
            | Self::Task { .. }
            | Self::Answer { .. }
            | Self::Step { .. }
            | Self::Words { .. }
            | Self::Broadcast { .. } => {}
        }
        self
    }
}

/// How an event is written: `detail` on the bus.
#[derive(Serialize)]
struct Detail<'a> {
    id: Uuid,
    version: u32,
    occurred_at: String,
    #[serde(flatten)]
    what: &'a Happening,
}

impl Event {
    /// The first sighting of an offer, recorded at `at`.
    pub fn offer_recorded(offer: &Offer, revision: u32, at: Timestamp) -> Self {
        let recorded = OfferRecorded {
            offer_id: offer.offer_id.clone(),
            url: offer.url.as_str().to_owned(),
            page_id: offer.page_id.clone(),
            page_url: offer.page_url.as_str().to_owned(),
            revision,
        };
        let (offer, page) = (recorded.offer_id.as_str(), recorded.page_id.as_str());
        let id = id_of(&["offer", offer, page, &revision.to_string()]);
        Self { id, at, what: Happening::OfferRecorded(recorded) }
    }

    /// The end of a message; `None` where it has none yet, or was not to be sent.
    pub fn message(subject: Subject, key: &DeliveryKey, delivery: &Delivery) -> Option<Self> {
        let kind = kind_of(delivery.status)?;
        let sent = kind == EventKind::MessageSent;
        let ended = MessageEnded {
            kind,
            subject: subject.of(delivery),
            message_id: delivery.message_id.filter(|_| sent),
            unknown_attempts: delivery.unknowns,
            reason: delivery.reason.as_deref().filter(|_| !sent).map(unquoted),
        };
        let id = message_id(&ended.subject, key, delivery)?;
        Some(Self { id, at: delivery.at, what: Happening::Message(ended) })
    }

    /// A channel receives from now on, or no longer.
    pub fn channel(change: ChannelChange, at: Timestamp) -> Self {
        let channel = change.channel_id.to_string();
        let moment = at.as_millis().to_string();
        let id = id_of(&["channel", &channel, change.kind().as_str(), &moment]);
        Self { id, at, what: Happening::Channel(change) }
    }

    /// An order is paid from now on, or what was paid went back.
    pub fn order(change: OrderChange, at: Timestamp) -> Self {
        let moment = at.as_millis().to_string();
        let id = id_of(&["order", change.order.as_str(), change.kind().as_str(), &moment]);
        Self { id, at, what: Happening::Order(change) }
    }

    /// What kind of event it is.
    pub const fn kind(&self) -> EventKind {
        match &self.what {
            Happening::OfferRecorded(_) => EventKind::OfferRecorded,
            Happening::Message(ended) => ended.kind,
            Happening::Channel(change) => change.kind(),
            Happening::Order(change) => change.kind(),
        }
    }

    /// What stands in `detail` on the bus.
    pub fn detail(&self) -> String {
        let detail = Detail {
            id: self.id,
            version: VERSION,
            occurred_at: self.at.rfc3339(),
            what: &self.what,
        };
        serde_json::to_string(&detail).unwrap_or_default()
    }
}

/// The id of the event that a delivery's end makes; `None` where it makes none.
///
/// A delivery that is forgotten and made again later has another time, so another event.
pub fn message_id(subject: &Subject, key: &DeliveryKey, delivery: &Delivery) -> Option<Uuid> {
    let kind = kind_of(delivery.status)?;
    // The chat is no part of it: it could be guessed from the id.
    let to = match (&key.to, subject) {
        (_, Subject::Alert { link_id, .. }) => link_id.to_string(),
        // A step goes to many in one moment: the run, which nobody can guess, hides whose chat it is.
        (
            Recipient::Chat { chat_id, .. },
            Subject::Step { .. } | Subject::Words { .. } | Subject::Broadcast { .. },
        ) => format!("{}#{chat_id}", delivery.run),
        (Recipient::Channel { channel_id }, _) => channel_id.to_string(),
        (Recipient::Chat { .. } | Recipient::Link { .. }, _) => "chat".to_owned(),
        (Recipient::Mail { .. }, _) => "mail".to_owned(),
    };
    let numbers = format!("{}#{}#{}", key.revision, key.part, delivery.at.as_millis());
    Some(id_of(&["message", &to, &key.thing, &numbers, kind.as_str()]))
}

/// A reason without what it quotes: a channel that finds fault with a text may quote it.
fn unquoted(reason: &str) -> String {
    reason.split('"').next().unwrap_or_default().trim_end().to_owned()
}

const fn kind_of(status: DeliveryStatus) -> Option<EventKind> {
    match status {
        DeliveryStatus::Sent => Some(EventKind::MessageSent),
        DeliveryStatus::Failed => Some(EventKind::MessageFailed),
        DeliveryStatus::Unknown => Some(EventKind::MessageUnknown),
        DeliveryStatus::Claimed | DeliveryStatus::Waiting | DeliveryStatus::Skipped => None,
    }
}

/// What writes mean for channels that were read as `before`: who receives from now on, who no longer.
pub fn channel_changes(before: &[Channel], writes: &[Write]) -> Vec<ChannelChange> {
    let before: BTreeMap<ChannelId, ChannelStatus> =
        before.iter().map(|channel| (channel.id, channel.status)).collect();
    let written = writes.iter().filter_map(|write| match write {
        Write::Create(Record::Channel(it))
        | Write::Replace(Record::Channel(it))
        | Write::Put(Record::Channel(it)) => Some(it),
        _ => None,
    });
    let changed = written.filter(|channel| before.get(&channel.id) != Some(&channel.status));
    changed.filter_map(ChannelChange::of).collect()
}

/// A name-based UUID of version 8 (RFC 9562, B.2: SHA-256).
fn id_of(parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join("\n"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests;
