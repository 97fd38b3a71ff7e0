//! What the subscriptions of a user mean, as they were fetched just now.

use std::time::Duration;

use super::{Billing, Fetched, SUBSCRIPTIONS_KEPT, Subscription};
use crate::account::User;
use crate::engine::Write;
use crate::engine::job::Job;
use crate::engine::timer::NewJob;
use crate::ids::JobId;
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// What follows from a look at a user's subscriptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Refreshed {
    /// What is known of them now.
    pub billing: Billing,
    /// The user with the tier that they are worth.
    pub user: User,
    /// The state that changes.
    pub writes: Vec<Write>,
    /// The look at the end of a grace period, if there is one that nobody has planned yet.
    pub job: Option<NewJob>,
}

/// Decides what `fetched` (the latest first) means for a user. `billing` must have been read before
/// it was fetched.
pub fn decide_refresh(
    user: &User,
    billing: &Billing,
    fetched: Vec<Fetched>,
    (grace, job): (Duration, JobId),
    now: Timestamp,
) -> Refreshed {
    let mut next = billing.clone();
    let kept = fetched.into_iter().take(SUBSCRIPTIONS_KEPT);
    next.subscriptions = kept.map(|it| seen(billing, it, now)).collect();
    let ends = next.subscriptions.iter().filter_map(|it| it.grace_until(grace));
    next.check_at = ends.filter(|until| *until > now).min();
    let changed = User { tier: next.tier(grace, now), ..user.clone() };
    let mut writes = vec![Write::Replace(next.clone().into())];
    if changed.tier != user.tier {
        writes.push(Write::Replace(changed.clone().into()));
    }
    let planned = next.check_at.filter(|at| billing.check_at != Some(*at));
    let planned = planned.filter(|_| !broken(Rule::WaitEnds));
    let look = Job::RefreshSubscription { user_id: billing.user_id };
    let job = planned.map(|due| NewJob { id: job, job: look, due, owner: None });
    Refreshed { billing: next, user: changed, writes, job }
}

/// A subscription as it is kept: how long it has stood where it stands is ours to remember.
fn seen(before: &Billing, fetched: Fetched, now: Timestamp) -> Subscription {
    let Fetched { id, status, current_period_end, cancel_at_period_end } = fetched;
    let known = before.subscriptions.iter().find(|it| it.id == id && it.status == status);
    let since = known.map_or(now, |it| it.since);
    Subscription { id, status, since, current_period_end, cancel_at_period_end }
}
