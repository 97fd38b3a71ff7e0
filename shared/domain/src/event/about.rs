//! What a job that publishes is about: ids, from which the same events are made again.

use serde::{Deserialize, Serialize};

use super::{EventKind, OrderChange, Subject};
use crate::channel::{Channel, ChannelDetails, ChannelStatus};
use crate::engine::DeliveryKey;
use crate::ids::{BotId, ChannelId, JobId, UserId};
use crate::time::Timestamp;
use crate::url::{OfferId, PageId};

/// What is to be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum About {
    /// Messages of one page of an offer's fan-out.
    Offer {
        /// The offer.
        offer_id: OfferId,
        /// The page it was seen on.
        page_id: PageId,
        /// Which revision.
        revision: u32,
        /// When it was recorded, if that is to be told.
        recorded_at: Option<Timestamp>,
        /// Whose deliveries are to be told.
        to: Vec<(UserId, ChannelId)>,
    },
    /// Answers to one chat.
    Answers {
        /// The bot.
        bot: BotId,
        /// The chat.
        chat_id: i64,
        /// The job that they are of.
        job_id: JobId,
        /// Which of its messages are to be told.
        parts: Vec<u16>,
    },
    /// Messages that need to be said one by one: those of a digest, of an alert, of a task, of a scenario, of a
    /// broadcast.
    Messages {
        /// Each with what it was.
        messages: Vec<(DeliveryKey, Subject)>,
    },
    /// Channels that changed in one transaction.
    Channels {
        /// When.
        at: Timestamp,
        /// Which, and how.
        changes: Vec<ChannelChange>,
    },
    /// Orders that changed in one transaction.
    Orders {
        /// When.
        at: Timestamp,
        /// Which, and how.
        changes: Vec<OrderChange>,
    },
}

impl About {
    /// The same with only the pieces at these places: an offer's own event is the first of its
    /// pieces, whether it is to be told or not.
    #[must_use]
    pub fn only(&self, places: &[usize]) -> Self {
        fn kept<T: Clone>(all: &[T], places: &[usize], first: usize) -> Vec<T> {
            let all = all.iter().enumerate();
            let kept = all.filter(|(place, _)| places.contains(&(place + first)));
            kept.map(|(_, it)| it.clone()).collect()
        }
        match self.clone() {
            Self::Offer { offer_id, page_id, revision, recorded_at, to } => Self::Offer {
                offer_id,
                page_id,
                revision,
                recorded_at: recorded_at.filter(|_| places.contains(&0)),
                to: kept(&to, places, 1),
            },
            Self::Answers { bot, chat_id, job_id, parts } => {
                Self::Answers { bot, chat_id, job_id, parts: kept(&parts, places, 0) }
            }
            Self::Messages { messages } => Self::Messages { messages: kept(&messages, places, 0) },
            Self::Channels { at, changes } => {
                Self::Channels { at, changes: kept(&changes, places, 0) }
            }
            Self::Orders { at, changes } => Self::Orders { at, changes: kept(&changes, places, 0) },
        }
    }
}

/// A channel receives from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelChange {
    /// Whose channel.
    pub user_id: UserId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The kind's name, as in the API.
    pub channel_type: String,
    /// Where it stands from now on: active or blocked.
    pub status: ChannelStatus,
    /// Why it is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ChannelChange {
    /// What is told of a channel that stands so from now on; `None` where nothing is.
    pub(super) fn of(channel: &Channel) -> Option<Self> {
        let told = matches!(channel.status, ChannelStatus::Active | ChannelStatus::Blocked);
        told.then(|| Self {
            user_id: channel.user_id,
            channel_id: channel.id,
            channel_type: ChannelDetails::kind(&channel.details).to_owned(),
            status: channel.status,
            reason: channel.reason.clone(),
        })
    }

    /// The kind of its event.
    pub const fn kind(&self) -> EventKind {
        match self.status {
            ChannelStatus::Active => EventKind::ChannelActivated,
            ChannelStatus::Pending | ChannelStatus::Blocked | ChannelStatus::Disabled => {
                EventKind::ChannelBlocked
            }
        }
    }
}
