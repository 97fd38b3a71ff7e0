//! The event bus, which refuses, is silent, and loses answers; and what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::event::Event;
use events::{BusError, EventBus};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::world::World;

/// How often things go wrong on the way to the bus.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BusFaults {
    /// It takes nothing of a call.
    pub(crate) away: f64,
    /// It does not take one event of a call.
    pub(crate) refused: f64,
    /// It does not answer for seconds.
    pub(crate) silent: f64,
    /// It takes all, and the answer gets lost.
    pub(crate) answer_lost: f64,
}

/// What the bus was told, by id. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    events: BTreeMap<Uuid, Event>,
    wrong: Vec<String>,
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, event: &Event) {
        let mut state = self.lock();
        if let Some(before) = state.events.insert(event.id, event.clone())
            && before != *event
        {
            state.wrong.push(format!("an event came again as another: {before:?}, {event:?}"));
        }
    }

    /// Every event, once.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.lock().events.values().cloned().collect()
    }

    /// What was seen to be wrong.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.lock().wrong.clone()
    }
}

/// The bus as a process reaches it.
#[derive(Clone, Debug)]
pub(crate) struct FaultyBus {
    pub(crate) world: World,
    pub(crate) told: Told,
    pub(crate) faults: BusFaults,
}

impl EventBus for FaultyBus {
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>> {
        Box::pin(async move {
            let (world, faults) = (&self.world, self.faults);
            world.pause(1..20).await;
            let failed = || Err(BusError("unavailable".to_owned()));
            if world.mishap("bus away", faults.away) {
                return vec![failed(); events.len()];
            }
            if world.mishap("bus silent", faults.silent) {
                world.pause(1_500..5_000).await;
            }
            let mut results = Vec::with_capacity(events.len());
            for event in events {
                if world.mishap("event refused", faults.refused) {
                    results.push(failed());
                } else {
                    self.told.put(event);
                    results.push(Ok(()));
                }
            }
            world.pause(1..20).await;
            if world.mishap("bus answer lost", faults.answer_lost) {
                return vec![failed(); events.len()];
            }
            results
        })
    }
}
