//! A clock that stands still until the harness moves it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use domain::time::Timestamp;
use futures::future::BoxFuture;
use runtime::Clock;

/// When journeys begin: 2026-11-20T10:00:07Z, a little after a full minute.
pub const START: Timestamp = Timestamp::from_millis(1_795_168_807_000);

#[derive(Debug)]
struct State {
    now: Timestamp,
    next: u64,
    /// Raised by whatever asks for time: as long as it rises, someone is at work.
    stirs: u64,
    /// By when they wake and then by who asked first.
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

/// The clock. Clones share the time.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<Mutex<State>>);

impl Default for VirtualClock {
    fn default() -> Self {
        Self::at(START)
    }
}

impl VirtualClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        let state = State { now, next: 0, stirs: 0, sleepers: BTreeMap::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often anyone has asked for time.
    pub fn stirs(&self) -> u64 {
        self.state().stirs
    }

    /// When the next sleeper wakes.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state().sleepers.keys().next().map(|(at, _)| *at)
    }

    /// Moves the time on and wakes whoever waited for that.
    pub fn advance_to(&self, to: Timestamp) {
        let mut state = self.state();
        state.now = state.now.max(to);
        let later = (state.now, u64::MAX);
        let rest = state.sleepers.split_off(&later);
        let due = std::mem::replace(&mut state.sleepers, rest);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, ()> {
        let mut state = self.state();
        state.next += 1;
        state.stirs += 1;
        let key = (until, state.next);
        Box::pin(Sleep { clock: self.clone(), key })
    }
}

struct Sleep {
    clock: VirtualClock,
    key: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let mut state = self.clock.state();
        state.stirs += 1;
        state.sleepers.remove(&self.key);
    }
}
