//! Kinds of events, and which of them are published.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An offer was seen on a page for the first time.
    OfferRecorded,
    /// A message was taken by its channel.
    MessageSent,
    /// A message was refused for good.
    MessageFailed,
    /// Nobody can tell whether a message was sent, and it is not sent again.
    MessageUnknown,
    /// A channel receives from now on.
    ChannelActivated,
    /// A channel no longer receives.
    ChannelBlocked,
    /// An order is paid.
    OrderPaid,
    /// What was paid for an order went back.
    OrderRefunded,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OfferRecorded,
        Self::MessageSent,
        Self::MessageFailed,
        Self::MessageUnknown,
        Self::ChannelActivated,
        Self::ChannelBlocked,
        Self::OrderPaid,
        Self::OrderRefunded,
    ];

    /// The name in `HOOPOE_EVENTS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfferRecorded => "offer_recorded",
            Self::MessageSent => "message_sent",
            Self::MessageFailed => "message_failed",
            Self::MessageUnknown => "message_unknown",
            Self::ChannelActivated => "channel_activated",
            Self::ChannelBlocked => "channel_blocked",
            Self::OrderPaid => "order_paid",
            Self::OrderRefunded => "order_refunded",
        }
    }

    /// The name on the bus: `detail-type`.
    pub const fn detail_type(self) -> &'static str {
        match self {
            Self::OfferRecorded => "Offer Recorded",
            Self::MessageSent => "Message Sent",
            Self::MessageFailed => "Message Failed",
            Self::MessageUnknown => "Message Unknown",
            Self::ChannelActivated => "Channel Activated",
            Self::ChannelBlocked => "Channel Blocked",
            Self::OrderPaid => "Order Paid",
            Self::OrderRefunded => "Order Refunded",
        }
    }
}

/// Which kinds are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventKinds(u8);

/// A name that no kind has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no kind of event is called so")]
pub struct UnknownEventKind;

impl EventKinds {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(0b1111_1111);

    /// Reads `all`, `none`, or names between commas.
    pub fn parse(text: &str) -> Result<Self, UnknownEventKind> {
        match text.trim() {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let mut kinds = Self::NONE;
        for name in text.split(',').map(str::trim) {
            let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == name);
            kinds = kinds.with(kind.ok_or(UnknownEventKind)?);
        }
        Ok(kinds)
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, kind: EventKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// Whether a kind is among them.
    pub const fn has(self, kind: EventKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}
