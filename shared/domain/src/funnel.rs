//! How far the contacts of a scenario come, and what they pay: counted step by step.
//!
//! Nothing is kept for it: what contacts and orders say is added up by whoever asks. Whatever was counted
//! apart can be added ([`Funnel::add`]), so contacts and orders may come in pages and in any order.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::payment::{Order, OrderSource, OrderStatus};
use crate::scenario::{Outline, PlaceState, ScenarioState, ScenarioStatus};
use crate::slug::Slug;

/// Money by currency, in lower case.
pub type Money = BTreeMap<String, Decimal>;

/// What became of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Have started it.
    pub started: u64,
    /// Are under way.
    pub active: u64,
    /// Have stopped.
    pub stopped: u64,
    /// Have completed it.
    pub completed: u64,
    /// Have paid, or were given it.
    pub paid: u64,
    /// Are in its group.
    pub joined: u64,
    /// Have started it and cannot be written to.
    pub blocked: u64,
}

/// What became of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderCounts {
    /// Were made: someone met a link.
    pub made: u64,
    /// Are paid, with money.
    pub paid: u64,
    /// Were paid, and the money went back.
    pub refunded: u64,
    /// Were given by an admin, and not taken back.
    pub granted: u64,
}

/// What became of contacts at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepCounts {
    /// The step.
    pub step: Slug,
    /// Have received it.
    pub received: u64,
    /// Have received it and paid afterwards.
    pub paid_after: u64,
    /// Received it last, and wait for the next.
    pub waiting: u64,
    /// Received it last, and have stopped.
    pub stopped: u64,
    /// Received it last, and have completed the scenario.
    pub completed: u64,
    /// What was paid and did not go back, by whoever had received this step last when they paid.
    pub revenue: Money,
}

/// A scenario's contacts and orders, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// Of contacts.
    pub contacts: Counts,
    /// Of orders.
    pub orders: OrderCounts,
    /// All that was paid and did not go back.
    pub revenue: Money,
    /// What of that is no step's: it was paid before the first one, or for a step that is deleted.
    pub without_step: Money,
    /// The steps in their order.
    pub steps: Vec<StepCounts>,
    map: Map,
}

/// Where the steps stand: the outline, made quick to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Map {
    /// Each place that was not deleted, in order: the number of its step's first place, and the step's index.
    places: Vec<(u32, usize)>,
    /// How many of those stand up to a place, by its number.
    behind: HashMap<u32, usize>,
}

impl Map {
    fn of(outline: &Outline) -> (Self, Vec<(Slug, u32)>) {
        let live = outline.places().iter().filter(|it| matches!(it.state, PlaceState::Live { .. }));
        let steps: Vec<(Slug, u32)> =
            live.filter_map(|it| Some((it.step.clone(), outline.received_at(it.place)?))).collect();
        let index: HashMap<&Slug, usize> =
            steps.iter().enumerate().map(|(index, (slug, _))| (slug, index)).collect();
        let mut map = Self::default();
        for place in outline.places() {
            let step = index.get(&place.step).filter(|_| place.state != PlaceState::Deleted);
            if let Some(step) = step {
                map.places.push((steps[*step].1, *step));
            }
            map.behind.insert(place.place, map.places.len());
        }
        (map, steps)
    }

    /// The last step of a run for whose first place this holds.
    fn last(&self, run: &ScenarioState, holds: impl Fn(u32) -> bool) -> Option<usize> {
        let behind = self.behind.get(&run.position?)?;
        let mut taken = self.places[..*behind].iter().rev();
        taken.find(|(first, _)| holds(*first)).map(|(_, step)| *step)
    }
}

impl Funnel {
    /// Nobody yet.
    pub fn new(outline: &Outline) -> Self {
        let (map, steps) = Map::of(outline);
        let steps = steps.into_iter().map(|(step, _)| StepCounts {
            step,
            received: 0,
            paid_after: 0,
            waiting: 0,
            stopped: 0,
            completed: 0,
            revenue: Money::new(),
        });
        Self {
            contacts: Counts::default(),
            orders: OrderCounts::default(),
            revenue: Money::new(),
            without_step: Money::new(),
            steps: steps.collect(),
            map,
        }
    }

    /// Counts a contact by their run of the scenario; `blocked` says that they cannot be written to.
    pub fn count_contact(&mut self, run: &ScenarioState, blocked: bool) {
        let one = u64::from;
        let counts = &mut self.contacts;
        let started = run.status != ScenarioStatus::NotStarted;
        counts.started += one(started);
        counts.active += one(run.is_active());
        counts.stopped += one(run.status == ScenarioStatus::Stopped);
        counts.completed += one(run.status == ScenarioStatus::Completed);
        counts.paid += one(run.payment_date.is_some());
        counts.joined += one(run.access.joined_group);
        counts.blocked += one(started && blocked);
        let mut seen = vec![false; self.steps.len()];
        for (first, step) in &self.map.places {
            // A step that was moved has several places.
            if std::mem::replace(&mut seen[*step], true) || !run.received.has(*first) {
                continue;
            }
            let counts = &mut self.steps[*step];
            counts.received += 1;
            let paid = run.payment_date.is_some() && !run.after_payment.has(*first);
            counts.paid_after += one(paid);
        }
        if let Some(last) = self.map.last(run, |first| run.received.has(first)) {
            let counts = &mut self.steps[last];
            counts.waiting += one(run.is_active());
            counts.stopped += one(run.status == ScenarioStatus::Stopped);
            counts.completed += one(run.status == ScenarioStatus::Completed);
        }
    }

    /// Counts an order of the scenario's; `run` is its contact's, if there still is one. A test counts nowhere.
    pub fn count_order(&mut self, order: &Order, run: Option<&ScenarioState>) {
        let grant = match order.source {
            OrderSource::Form => false,
            OrderSource::Grant { .. } => true,
            OrderSource::Test { .. } => return,
        };
        let counts = &mut self.orders;
        counts.made += u64::from(!grant);
        counts.paid += u64::from(order.is_paid() && !grant);
        counts.refunded += u64::from(order.status == OrderStatus::Refunded && !grant);
        counts.granted += u64::from(order.is_paid() && grant);
        let sum = order.revenue();
        if sum.is_zero() {
            return;
        }
        let before =
            |run: &ScenarioState, first| run.received.has(first) && !run.after_payment.has(first);
        let step = run.and_then(|run| self.map.last(run, |first| before(run, first)));
        let place = match step {
            Some(step) => &mut self.steps[step].revenue,
            None => &mut self.without_step,
        };
        for money in [&mut self.revenue, place] {
            *money.entry(order.currency.clone()).or_default() += sum;
        }
    }

    /// With what was counted apart, of the same outline.
    pub fn add(&mut self, other: &Self) {
        let (ours, theirs) = (&mut self.contacts, &other.contacts);
        ours.started += theirs.started;
        ours.active += theirs.active;
        ours.stopped += theirs.stopped;
        ours.completed += theirs.completed;
        ours.paid += theirs.paid;
        ours.joined += theirs.joined;
        ours.blocked += theirs.blocked;
        let (ours, theirs) = (&mut self.orders, &other.orders);
        ours.made += theirs.made;
        ours.paid += theirs.paid;
        ours.refunded += theirs.refunded;
        ours.granted += theirs.granted;
        add_money(&mut self.revenue, &other.revenue);
        add_money(&mut self.without_step, &other.without_step);
        for (ours, theirs) in self.steps.iter_mut().zip(&other.steps) {
            ours.received += theirs.received;
            ours.paid_after += theirs.paid_after;
            ours.waiting += theirs.waiting;
            ours.stopped += theirs.stopped;
            ours.completed += theirs.completed;
            add_money(&mut ours.revenue, &theirs.revenue);
        }
    }
}

fn add_money(ours: &mut Money, theirs: &Money) {
    for (currency, sum) in theirs {
        *ours.entry(currency.clone()).or_default() += sum;
    }
}

#[cfg(test)]
mod tests;
