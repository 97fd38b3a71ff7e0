//! Words about a bot's orders that nobody it knows has signed.

use std::time::Duration;

use super::{News, Order, Whom, alert_of};
use crate::account::SecretHash;
use crate::alert::{AlertIds, Throttle, throttle_hash};
use crate::bot::Bot;
use crate::engine::Decision;
use crate::ids::BotId;
use crate::time::Timestamp;

/// The admins are told so often at most: a service says its word again and again.
pub const REFUSED_TOLD: Duration = Duration::from_hours(24);

/// The key of the window in which the admins are not told again.
pub fn refused_key(bot: &BotId) -> SecretHash {
    throttle_hash(&format!("payments/{bot}/refused"))
}

/// Tells the admins that a word about an order was refused for its signature: most often the form has
/// another key than they told of. `open` is the window as it was read.
pub fn decide_refused(
    ids: AlertIds,
    now: Timestamp,
    (bot, order): (&Bot, &Order),
    open: Option<&Throttle>,
) -> Decision<()> {
    let decision = Decision::new(ids.decision, now, ());
    if open.is_some_and(|it| it.is_open(now)) {
        return decision;
    }
    let told = (&News::WrongSignature, Some(Whom::from(order)));
    let (alert, job) = alert_of(bot, told, (ids.alert, ids.job), now);
    let key = (bot.company_id, refused_key(&bot.id));
    let window = Throttle::opened(open, key, now + REFUSED_TOLD);
    decision.write(alert).write(window).job(job)
}
