//! A clock that stands still while there is work and jumps when all wait for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use domain::time::Timestamp;
use futures::future::BoxFuture;
use runtime::Clock;

/// Where tests begin: 2023-11-14 22:13:20 UTC.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

#[derive(Debug)]
struct State {
    now: Timestamp,
    next: u64,
    sleepers: BTreeMap<u64, (Timestamp, Waker)>,
}

/// The clock. Clones share the time.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<Mutex<State>>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { now: START, next: 0, sleepers: BTreeMap::new() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let to = self.now() + time;
        self.state().now = to;
    }

    /// Sets the clock, also back.
    pub(crate) fn set(&self, to: Timestamp) {
        self.state().now = to;
    }

    /// Runs the future; whenever it waits for nothing but time, time jumps to the first waker.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        loop {
            while woken.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
                    return result;
                }
            }
            self.jump();
        }
    }

    fn jump(&self) {
        let mut state = self.state();
        let first = state.sleepers.values().map(|(until, _)| *until).min();
        state.now = first.expect("work that waits for time").max(state.now);
        let now = state.now;
        let due: Vec<Waker> = state
            .sleepers
            .values()
            .filter(|(until, _)| *until <= now)
            .map(|(_, waker)| waker.clone())
            .collect();
        drop(state);
        due.iter().for_each(Waker::wake_by_ref);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, ()> {
        let number = {
            let mut state = self.state();
            state.next += 1;
            state.next
        };
        Box::pin(Sleep { clock: self.clone(), number, until })
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Sleep {
    clock: TestClock,
    number: u64,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.number, (self.until, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.state().sleepers.remove(&self.number);
    }
}
