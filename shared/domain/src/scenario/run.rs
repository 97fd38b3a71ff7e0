//! A contact's run of a scenario: where it is, what comes next and when.
//!
//! ```text
//! not_started ──start──▶ active ──last step, or paid──▶ completed
//!                          │ ▲
//!                     stop │ │ start: where it was
//!                          ▼ │
//!                        stopped
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{OnPayment, OnRefund, Outline};
use crate::engine::job::Words;
use crate::mutation::{Rule, broken};
use crate::payment::{GroupAccess, OrderNumber};
use crate::slug::Slug;
use crate::time::Timestamp;

/// Where a contact is with a scenario.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioStatus {
    /// Nothing was sent yet; a consent may have been asked for.
    #[default]
    NotStarted,
    /// Messages come.
    Active,
    /// There are no more messages, or a payment ended them.
    Completed,
    /// Messages have ended before the last one; `/start` takes them up again.
    Stopped,
}

/// The steps that a contact has received: a set of bits over the numbers of the steps' first places.
/// Written in hexadecimal, the byte of the lowest numbers first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received(Vec<u8>);

impl Received {
    /// Whether the step of this first place was received.
    pub fn has(&self, first: u32) -> bool {
        let (byte, bit) = split(first);
        self.0.get(byte).is_some_and(|it| it & bit != 0)
    }

    /// Adds the step of this first place.
    pub fn insert(&mut self, first: u32) {
        let (byte, bit) = split(first);
        if self.0.len() <= byte {
            self.0.resize(byte + 1, 0);
        }
        if let Some(it) = self.0.get_mut(byte) {
            *it |= bit;
        }
    }

    /// What either has.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let long = self.0.len().max(other.0.len());
        let byte = |of: &Self, at| of.0.get(at).copied().unwrap_or_default();
        Self((0..long).map(|at| byte(self, at) | byte(other, at)).collect())
    }

    /// Whether nothing was received.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|it| *it == 0)
    }

    /// How many steps were received, those deleted since included.
    pub fn len(&self) -> usize {
        self.0.iter().map(|it| usize::try_from(it.count_ones()).unwrap_or_default()).sum()
    }
}

impl FromIterator<u32> for Received {
    fn from_iter<I: IntoIterator<Item = u32>>(firsts: I) -> Self {
        let mut received = Self::default();
        firsts.into_iter().for_each(|first| received.insert(first));
        received
    }
}

fn split(first: u32) -> (usize, u8) {
    (usize::try_from(first / 8).unwrap_or(usize::MAX), 1 << (first % 8))
}

impl Serialize for Received {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |it: u8| char::from_digit(u32::from(it), 16);
        let hex: String =
            self.0.iter().flat_map(|it| [digit(it >> 4), digit(it & 15)]).flatten().collect();
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        let faulty = || serde::de::Error::custom("must be pairs of hexadecimal digits");
        if hex.len() % 2 != 0 || !hex.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(faulty());
        }
        let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        bytes.collect::<Result<_, _>>().map(Self).map_err(|_| faulty())
    }
}

/// A contact's run of a scenario, without the keys of whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioState {
    /// Where the contact is with it.
    #[serde(default)]
    pub status: ScenarioStatus,
    /// The place of the last step taken; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// What was received, deleted steps and those that were moved included.
    #[serde(default, skip_serializing_if = "Received::is_empty")]
    pub received: Received,
    /// What the next delay is counted from while it is active: when the message before it was sent, or
    /// the start; later by the time that the run was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_from: Option<Timestamp>,
    /// How much of the delay had passed when it was stopped, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<u64>,
    /// When the last message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_at: Option<Timestamp>,
    /// When it was started first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When the contact paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_date: Option<Timestamp>,
    /// When the contact paid what went back since: an import that knows of that payment alone brings it not
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded_payment: Option<Timestamp>,
    /// When the contact paid what went back before that.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refunded_before: BTreeSet<Timestamp>,
    /// The orders that are paid: mostly one, and two where someone has paid at an old price and at a new one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub orders: BTreeSet<OrderNumber>,
    /// What of [`Self::received`] came after the payment: the rest came before it.
    #[serde(default, skip_serializing_if = "Received::is_empty")]
    pub after_payment: Received,
    /// Where the contact pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_link: Option<String>,
    /// The invitation into the private group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_link: Option<String>,
    /// What is owed for a payment and did not arrive, because the contact had blocked the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent: Option<Words>,
    /// The group that the invitation leads into, or that they came into: the scenario may have another by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<i64>,
    /// Groups that they are in from before the scenario had that one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub earlier_groups: BTreeSet<i64>,
    /// The contact's way into the private group.
    #[serde(flatten)]
    pub access: GroupAccess,
}

impl ScenarioState {
    /// Whether the money of a payment of this time went back.
    pub fn went_back(&self, paid_at: Timestamp) -> bool {
        self.refunded_payment == Some(paid_at) || self.refunded_before.contains(&paid_at)
    }

    /// Their way is into this group from now on: whoever is in another one stays in that.
    pub(crate) fn leads_into(&mut self, group: i64) {
        self.earlier_groups.remove(&group);
        if let Some(before) = self.group.replace(group).filter(|it| *it != group) {
            if self.access.joined_group {
                self.earlier_groups.insert(before);
            }
            self.access.joined_group = false;
        }
    }

    /// Whether messages come.
    pub fn is_active(&self) -> bool {
        self.status == ScenarioStatus::Active
    }

    /// Whether there should be a link into this group, the scenario's, and is none: they have paid, are not
    /// in it, and nobody has removed them.
    pub const fn lacks_invite(&self, group: i64) -> bool {
        let may = self.access.may_have_link(self.payment_date.is_some());
        let is_elsewhere = matches!(self.group, Some(other) if other != group);
        may && (is_elsewhere || (!self.access.joined_group && self.invite_link.is_none()))
    }

    /// When the next step of a run that is active is due; `None` where there is none.
    pub fn due(&self, outline: &Outline) -> Option<Timestamp> {
        let next = outline.next(self)?;
        let early = Duration::from_secs(if broken(Rule::DelayWaited) { 2 } else { 0 });
        Some(self.counts_from.or(self.last_sent_at)? + next.delay.saturating_sub(early))
    }

    /// What is left of the next step's delay in a run that is stopped.
    pub fn left(&self, outline: &Outline) -> Option<Duration> {
        let waited = Duration::from_millis(self.waited.unwrap_or_default());
        outline.next(self).map(|next| next.delay.saturating_sub(waited))
    }

    /// The run with its next step due at this instant, for one that comes from elsewhere with its timer.
    #[must_use]
    pub fn with_due(&self, outline: &Outline, due: Timestamp) -> Self {
        let delay = outline.next(self).map_or(Duration::ZERO, |next| next.delay);
        Self { counts_from: Some(due - delay), ..self.clone() }
    }

    /// The run as if it had never begun, but for what was paid for.
    #[must_use]
    pub fn reset(&self) -> Self {
        Self {
            payment_date: self.payment_date,
            refunded_payment: self.refunded_payment,
            refunded_before: self.refunded_before.clone(),
            orders: self.orders.clone(),
            payment_link: self.payment_link.clone(),
            invite_link: self.invite_link.clone(),
            unsent: self.unsent.clone(),
            group: self.group,
            earlier_groups: self.earlier_groups.clone(),
            access: self.access,
            ..Self::default()
        }
    }

    /// The run taken up at `now`, from its beginning or where it was stopped: what had passed of the
    /// delay by then has passed.
    #[must_use]
    pub(super) fn taken_up(&self, now: Timestamp) -> Self {
        let waited = Duration::from_millis(self.waited.unwrap_or_default());
        Self {
            status: ScenarioStatus::Active,
            counts_from: Some(now - waited),
            waited: None,
            started_at: self.started_at.or(Some(now)),
            ..self.clone()
        }
    }

    #[must_use]
    fn completed(&self, now: Timestamp) -> Self {
        Self {
            status: ScenarioStatus::Completed,
            counts_from: None,
            waited: None,
            completed_at: self.completed_at.or(Some(now)),
            ..self.clone()
        }
    }
}

/// What follows in a run that is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// A timer at this instant; it may have passed.
    WaitUntil(Timestamp),
    /// Nothing: the run is completed.
    Completed,
}

/// What is done when a run's timer comes due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// This step is sent now; then [`decide_advance`] to the place.
    Send {
        /// The place.
        place: u32,
        /// The step.
        step: Slug,
    },
    /// The outline was edited: the timer is due later.
    WaitUntil(Timestamp),
    /// The outline was edited: there is nothing left. The run is completed.
    Complete(Box<ScenarioState>),
    /// The run is not active any more.
    Nothing,
}

/// Decides again, against the outline as it is now, what a timer of a run does.
pub fn decide_due(outline: &Outline, state: &ScenarioState, now: Timestamp) -> Due {
    if !state.is_active() {
        return Due::Nothing;
    }
    let Some(next) = outline.next(state) else {
        return Due::Complete(Box::new(state.completed(now)));
    };
    match state.due(outline) {
        Some(due) if due > now => Due::WaitUntil(due),
        _ => Due::Send { place: next.place, step: next.step.clone() },
    }
}

/// A step was done at `now`: sent, or held because nobody knows whether it was. The state with it, and
/// what follows if the run is active; `None` when it was done before.
///
/// A run that was stopped or completed while the step went out keeps its status: what was sent was
/// received.
pub fn decide_advance(
    outline: &Outline,
    state: &ScenarioState,
    place: u32,
    now: Timestamp,
) -> Option<(ScenarioState, Option<Ahead>)> {
    let first = outline.received_at(place).unwrap_or(place);
    if state.received.has(first) {
        return None;
    }
    let mut advanced = state.clone();
    advanced.received.insert(first);
    match state.payment_date {
        Some(_) => advanced.after_payment.insert(first),
        None => advanced.after_payment = Received::default(),
    }
    advanced.position = Some(place).filter(|_| !broken(Rule::PositionMoves));
    advanced.last_sent_at = Some(now);
    match state.status {
        ScenarioStatus::Active => advanced.counts_from = Some(now),
        ScenarioStatus::Stopped => advanced.waited = None,
        ScenarioStatus::NotStarted | ScenarioStatus::Completed => {}
    }
    if !state.is_active() {
        return Some((advanced, None));
    }
    match advanced.due(outline) {
        Some(due) => Some((advanced, Some(Ahead::WaitUntil(due)))),
        None => Some((advanced.completed(now), Some(Ahead::Completed))),
    }
}

/// A run that is stopped: `None` when it is not active. Its timer goes.
pub fn decide_stop(state: &ScenarioState, now: Timestamp) -> Option<ScenarioState> {
    let passed = state.counts_from.filter(|_| !broken(Rule::TimeLeftKept));
    let passed = passed.map(|from| now.since(from));
    state.is_active().then(|| ScenarioState {
        status: ScenarioStatus::Stopped,
        counts_from: None,
        waited: passed.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
        ..state.clone()
    })
}

/// What a payment makes of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The run.
    pub state: ScenarioState,
    /// Whether it was active and is not any more: its timer goes, and it is the contact's active one
    /// no longer.
    pub ended: bool,
}

/// A payment for a scenario, whatever the run's status: a known order is always honoured. A second one
/// changes nothing.
pub fn decide_paid(state: &ScenarioState, on_payment: OnPayment, now: Timestamp) -> Paid {
    let mut paid = match on_payment {
        OnPayment::Complete if state.status != ScenarioStatus::Completed => state.completed(now),
        OnPayment::Complete | OnPayment::Continue => state.clone(),
    };
    paid.payment_date = state.payment_date.or(Some(now));
    Paid { ended: state.is_active() && !paid.is_active(), state: paid }
}

/// What a refund makes of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The run.
    pub state: ScenarioState,
    /// The invitation that must not work any more, if there is one.
    pub revoke: Option<String>,
    /// Whether the contact is in the private group and has to leave it.
    pub leave: bool,
}

/// A refund: the contact counts as one who has not paid, and loses what was paid for unless the scenario
/// lets them keep it.
pub fn decide_refunded(state: &ScenarioState, on_refund: OnRefund) -> Refunded {
    let mut refunded_before = state.refunded_before.clone();
    let before = state.refunded_payment.filter(|it| state.payment_date.is_some_and(|at| at != *it));
    refunded_before.extend(before);
    let unpaid = ScenarioState {
        payment_date: None,
        unsent: None,
        refunded_payment: state.payment_date.or(state.refunded_payment),
        refunded_before,
        // What came after this payment comes before the next one.
        after_payment: Received::default(),
        ..state.clone()
    };
    if state.payment_date.is_none() {
        return Refunded { state: unpaid, revoke: None, leave: false };
    }
    if on_refund == OnRefund::Keep {
        // Where they are, they stay for good.
        let kept = ScenarioState { earlier_groups: BTreeSet::new(), ..unpaid };
        return Refunded { state: kept, revoke: None, leave: false };
    }
    let refunded = ScenarioState { invite_link: None, ..unpaid };
    let leave = state.access.joined_group;
    Refunded { state: refunded, revoke: state.invite_link.clone(), leave }
}

#[cfg(test)]
mod tests;
