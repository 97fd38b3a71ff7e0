//! What a user pays for.

use domain::account::{Tier, User};
use domain::subscription::{Billing, Subscription};
use domain::time::Timestamp;
use table::keys;

use crate::{App, AppError};

/// A user's tier, and the subscription that it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// What the user may.
    pub tier: Tier,
    /// The subscription, if there ever was one.
    pub subscription: Option<Subscription>,
    /// Until when a payment that failed is waited for.
    pub grace_until: Option<Timestamp>,
}

/// The current subscription, as the last event or timer has found it.
pub async fn current(app: &App, user: &User) -> Result<Current, AppError> {
    let billing = app.table.get::<Billing>(&keys::billing(user.id)).await?;
    let subscription = billing.as_ref().and_then(Billing::current).cloned();
    let grace_until = subscription.as_ref().and_then(|it| it.grace_until(app.payments.grace));
    Ok(Current { tier: user.tier, subscription, grace_until })
}
