//! Subscriptions: what a user has paid for, as the payment service says it.
//!
//! ```text
//! event, in any order, any number of times ──▶ seen? no ──▶ a job: fetch ──▶ decide_refresh ──▶ tier
//! ```
//!
//! The tier follows from the subscriptions as they are fetched, never from what an event says of
//! them. Who fetches has read [`Billing`] before, and commits on its version: what was fetched
//! earlier never replaces what was fetched later.

mod customer;
mod refresh;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Tier;
use crate::ids::UserId;
use crate::time::Timestamp;

pub use customer::decide_replace_customer;
pub use refresh::{Refreshed, decide_refresh};

/// Events are remembered this long: the service repeats them for three days, and by hand for thirty.
pub const EVENT_KEPT: Duration = Duration::from_hours(24 * 35);
/// Of a user's subscriptions so many are kept, the latest first.
pub const SUBSCRIPTIONS_KEPT: usize = 10;

/// Where a subscription stands (FACTS: Stripe, Statuses).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// The first payment has not come yet.
    Incomplete,
    /// The first payment never came.
    IncompleteExpired,
    /// It is tried for nothing.
    Trialing,
    /// It is paid.
    Active,
    /// The last payment failed and is tried again.
    PastDue,
    /// It has ended.
    Canceled,
    /// Payments are not tried any more.
    Unpaid,
    /// It was tried for nothing, and nothing was paid after.
    Paused,
    /// A status that we do not know.
    #[serde(other)]
    Other,
}

impl SubscriptionStatus {
    /// Whether a new subscription beside it would be a second one.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid | Self::Paused)
    }

    /// How much it is worth being shown: the higher, the more.
    const fn rank(self) -> u8 {
        match self {
            Self::Active => 8,
            Self::Trialing => 7,
            Self::PastDue => 6,
            Self::Unpaid => 5,
            Self::Paused => 4,
            Self::Incomplete => 3,
            Self::Other => 2,
            Self::Canceled => 1,
            Self::IncompleteExpired => 0,
        }
    }
}

/// A subscription as the service has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The service's id of it.
    pub id: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Until when it is paid, if that is said.
    pub current_period_end: Option<Timestamp>,
    /// Whether it ends then.
    pub cancel_at_period_end: bool,
}

/// A subscription as it was fetched last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The service's id of it.
    pub id: String,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// When it was first seen to stand there.
    pub since: Timestamp,
    /// Until when it is paid, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_period_end: Option<Timestamp>,
    /// Whether it ends then.
    #[serde(default)]
    pub cancel_at_period_end: bool,
}

impl Subscription {
    /// Until when a payment that failed is waited for.
    pub fn grace_until(&self, grace: Duration) -> Option<Timestamp> {
        (self.status == SubscriptionStatus::PastDue).then(|| self.since + grace)
    }

    /// Whether it is worth the large limits.
    pub fn is_pro(&self, grace: Duration, now: Timestamp) -> bool {
        match self.status {
            SubscriptionStatus::Active | SubscriptionStatus::Trialing => true,
            SubscriptionStatus::PastDue => self.grace_until(grace).is_some_and(|until| now < until),
            _ => false,
        }
    }
}

/// A page at the service on which a user can pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCheckout {
    /// The service's id of it.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// After this nobody can pay there.
    pub expires_at: Timestamp,
}

/// What a user has to do with the payment service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billing {
    /// The user.
    pub user_id: UserId,
    /// The service's id of them.
    pub customer: String,
    /// The page that was opened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<OpenCheckout>,
    /// Their subscriptions as they were fetched last, the latest first.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
    /// When a timer looks again, because a grace period ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_at: Option<Timestamp>,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Billing {
    /// Of a customer of whom nothing else is known yet.
    pub const fn new(user_id: UserId, customer: String) -> Self {
        Self {
            user_id,
            customer,
            checkout: None,
            subscriptions: Vec::new(),
            check_at: None,
            version: 0,
        }
    }

    /// What the subscriptions are worth together.
    pub fn tier(&self, grace: Duration, now: Timestamp) -> Tier {
        let pro = self.subscriptions.iter().any(|it| it.is_pro(grace, now));
        if pro { Tier::Pro } else { Tier::Free }
    }

    /// The subscription that is shown: the one that is worth most, of equals the latest.
    pub fn current(&self) -> Option<&Subscription> {
        self.subscriptions.iter().rev().max_by_key(|it| it.status.rank())
    }
}

/// Whose a customer of the payment service is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The service's id.
    pub customer: String,
    /// The user.
    pub user_id: UserId,
}

/// An event of the payment service that was taken: the same one does nothing twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvent {
    /// The service's id of it.
    pub id: String,
    /// When it came first.
    pub seen_at: Timestamp,
}

#[cfg(test)]
mod tests;
