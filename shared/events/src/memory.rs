//! A bus in this process that keeps the latest events, for `hoopoe dev` and for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::event::Event;
use futures::future::BoxFuture;

use crate::{BusError, EventBus};

#[derive(Debug, Default)]
struct State {
    /// How many events were published, those included that are no longer kept.
    published: u64,
    latest: VecDeque<Event>,
}

/// The bus. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryBus {
    keeps: usize,
    state: Arc<Mutex<State>>,
}

impl MemoryBus {
    /// A bus that keeps the latest so many events.
    pub fn new(keeps: usize) -> Self {
        Self { keeps, state: Arc::default() }
    }

    /// The events that are kept, oldest first, each with its number: the first ever was 1.
    pub fn events(&self) -> Vec<(u64, Event)> {
        let state = self.state();
        let first = state.published - state.latest.len() as u64 + 1;
        (first..).zip(state.latest.iter().cloned()).collect()
    }

    /// How many events were published.
    pub fn published(&self) -> u64 {
        self.state().published
    }

    /// Publishes one event.
    pub fn put(&self, event: Event) {
        let mut state = self.state();
        state.published += 1;
        state.latest.push_back(event);
        if state.latest.len() > self.keeps {
            state.latest.pop_front();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventBus for MemoryBus {
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>> {
        for event in events {
            self.put(event.clone());
        }
        Box::pin(std::future::ready(vec![Ok(()); events.len()]))
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{ChannelChange, Event};
    use domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_latest_events_are_kept_with_their_numbers() {
        let bus = MemoryBus::new(2);
        for at in 1..=3 {
            let change = ChannelChange {
                user_id: Uuid::from_u128(1).into(),
                channel_id: Uuid::from_u128(2).into(),
                channel_type: "TELEGRAM".to_owned(),
                status: domain::channel::ChannelStatus::Active,
                reason: None,
            };
            bus.put(Event::channel(change, Timestamp::from_millis(at)));
        }
        let kept = bus.events();
        let kept: Vec<_> = kept.iter().map(|(number, it)| (*number, it.at.as_millis())).collect();
        assert_eq!(kept, [(2, 2), (3, 3)]);
        assert_eq!(bus.published(), 3);
    }
}
