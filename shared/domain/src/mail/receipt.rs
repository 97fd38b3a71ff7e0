//! What became of a mail after Courier took it, as its webhooks tell.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelStatus};
use crate::engine::delivery::DeliveryKey;
use crate::engine::{Decision, Delivery, DeliveryStatus, Write};
use crate::ids::{ChannelId, DecisionId, UserId};
use crate::outcome::reason;
use crate::time::Timestamp;

/// A receipt is kept this long: mails come back within days, if they do.
const KEPT: Duration = Duration::from_hours(720);

/// How far a mail has come, in Courier's words and in the order in which they follow (FACTS: Courier).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailStatus {
    /// Courier has it.
    Enqueued,
    /// A mail server has it.
    Sent,
    /// It is in the mail box.
    Delivered,
    /// It was looked at.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// No service takes it: a matter of Courier's configuration.
    Unroutable,
    /// It came back.
    Undeliverable,
}

impl MailStatus {
    /// Whether it did not arrive.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Unroutable | Self::Undeliverable)
    }
}

/// A mail that Courier took: where its webhooks find what they are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What Courier calls the mail.
    pub reference: String,
    /// Its delivery.
    pub delivery: DeliveryKey,
    /// The channel whose address it went to, if it went to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<(UserId, ChannelId)>,
    /// How far it has come.
    pub status: MailStatus,
    /// When Courier took it.
    pub at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Receipt {
    /// When the table may forget it.
    pub fn expires(&self) -> Timestamp {
        self.at + KEPT
    }
}

/// What a webhook says of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailNews {
    /// What Courier calls the mail.
    pub reference: String,
    /// How far it has come.
    pub status: MailStatus,
    /// Why it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl MailNews {
    /// The reason in one line, for whoever owns the channel.
    pub fn words(&self) -> String {
        let status = match self.status {
            MailStatus::Unroutable => "not routable",
            _ => "the mail came back",
        };
        match self.reason.as_deref().filter(|words| !words.trim().is_empty()) {
            Some(words) => reason(&format!("{status}: {words}")),
            None => status.to_owned(),
        }
    }
}

/// A mail has come further: that is written, and an address that it came back from is blocked. `None`
/// when it was there already: webhooks come twice and in any order.
///
/// A confirmation that comes back leaves its channel pending, with the reason.
pub fn decide_news(
    id: DecisionId,
    now: Timestamp,
    receipt: &Receipt,
    channel: Option<&Channel>,
    news: &MailNews,
) -> Option<Decision> {
    if news.status <= receipt.status {
        return None;
    }
    let next = Receipt { status: news.status, ..receipt.clone() };
    let mut decision = Decision::new(id, now, ()).write(Write::Replace(next.into()));
    if news.status == MailStatus::Undeliverable
        && let Some(channel) = channel
    {
        let reason = news.words();
        let waits = || Channel { reason: Some(reason.clone()), ..channel.clone() };
        let is_pending = channel.status == ChannelStatus::Pending;
        let next = channel.blocked(&reason).or_else(|| is_pending.then(waits));
        decision.writes.extend(next.map(|next| Write::Replace(next.into())));
    }
    Some(decision)
}

/// The delivery of a mail that did not arrive; `None` where nothing changes.
pub fn failed(delivery: &Delivery, news: &MailNews, now: Timestamp) -> Option<Delivery> {
    let fails = news.status.is_failure() && delivery.status == DeliveryStatus::Sent;
    fails.then(|| Delivery {
        status: DeliveryStatus::Failed,
        at: now,
        until: now,
        reason: Some(news.words()),
        ..delivery.clone()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::channel::new_email;
    use crate::engine::Record;
    use crate::engine::delivery::Recipient;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const ALL: [MailStatus; 7] = [
        MailStatus::Enqueued,
        MailStatus::Sent,
        MailStatus::Delivered,
        MailStatus::Opened,
        MailStatus::Clicked,
        MailStatus::Unroutable,
        MailStatus::Undeliverable,
    ];

    fn receipt() -> Receipt {
        let to = Recipient::Channel { channel_id: Uuid::max().into() };
        Receipt {
            reference: "1-2".to_owned(),
            delivery: DeliveryKey { to, thing: "offer".to_owned(), revision: 1, part: 0 },
            channel: Some((Uuid::nil().into(), Uuid::max().into())),
            status: MailStatus::Enqueued,
            at: NOW,
            version: 0,
        }
    }

    fn news(status: MailStatus) -> MailNews {
        MailNews { reference: "1-2".to_owned(), status, reason: Some("BOUNCED".to_owned()) }
    }

    fn channel(status: ChannelStatus) -> Channel {
        let channel = new_email(Uuid::max().into(), Uuid::nil().into(), "a@example.com", NOW);
        Channel { status, ..channel }
    }

    /// The receipt and the channel after these news.
    fn after(order: &[MailStatus]) -> (MailStatus, ChannelStatus) {
        let (mut receipt, mut channel) = (receipt(), channel(ChannelStatus::Active));
        for status in order {
            let news = news(*status);
            let decision = decide_news(Uuid::nil().into(), NOW, &receipt, Some(&channel), &news);
            for write in decision.into_iter().flat_map(|it| it.writes) {
                match write {
                    Write::Replace(Record::Receipt(it)) => receipt = it,
                    Write::Replace(Record::Channel(it)) => channel = it,
                    other => panic!("{other:?}"),
                }
            }
        }
        (receipt.status, channel.status)
    }

    proptest! {
        #[test]
        fn any_order_and_any_number_of_news_end_in_the_same_state(
            order in proptest::collection::vec(0_usize..ALL.len(), 1..12), swap in any::<prop::sample::Index>()
        ) {
            let order: Vec<MailStatus> = order.into_iter().map(|at| ALL[at]).collect();
            let mut other = order.clone();
            other.reverse();
            other.push(order[swap.index(order.len())]);
            prop_assert_eq!(after(&order), after(&other));
            let back = order.contains(&MailStatus::Undeliverable);
            prop_assert_eq!(after(&order).1 == ChannelStatus::Blocked, back);
        }
    }

    #[test]
    fn a_confirmation_that_comes_back_says_so_and_waits() {
        let news = news(MailStatus::Undeliverable);
        let pending = channel(ChannelStatus::Pending);
        let decision = decide_news(Uuid::nil().into(), NOW, &receipt(), Some(&pending), &news);
        let decision = decision.expect("it is news");
        assert!(matches!(&decision.writes[1], Write::Replace(Record::Channel(it))
            if it.status == ChannelStatus::Pending
                && it.reason.as_deref() == Some("the mail came back: BOUNCED")));
    }

    #[test]
    fn only_a_mail_that_was_sent_fails_later() {
        let sent = Delivery {
            status: DeliveryStatus::Sent,
            ..Delivery::claim(Uuid::nil().into(), None, NOW)
        };
        let back = news(MailStatus::Undeliverable);
        let next = failed(&sent, &back, NOW).expect("it fails");
        assert_eq!(next.status, DeliveryStatus::Failed);
        assert_eq!(failed(&next, &back, NOW), None);
        assert_eq!(failed(&sent, &news(MailStatus::Opened), NOW), None);
    }
}
