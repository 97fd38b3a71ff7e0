//! Where the simulator's time comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A wait that a [`Clock`] hands out.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time, and waiting for it to pass.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
    /// Completes once `ms` milliseconds have passed on this clock.
    fn sleep_ms(&self, ms: u64) -> Sleep;
}

/// The machine's own clock; its waits need a tokio runtime with time.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is where real time enters")]
    fn now_ms(&self) -> i64 {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "this is where real waiting happens")]
    fn sleep_ms(&self, ms: u64) -> Sleep {
        Box::pin(tokio::time::sleep(std::time::Duration::from_millis(ms)))
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Clone, Default)]
pub struct VirtualClock {
    inner: Arc<Mutex<VirtualTime>>,
}

#[derive(Debug, Default)]
struct VirtualTime {
    now_ms: i64,
    next_sleeper: u64,
    /// Keyed by when they wake and then by who asked first, so that waking is in
    /// the same order on every run.
    sleepers: BTreeMap<(i64, u64), Option<Waker>>,
}

impl VirtualClock {
    /// A clock that shows `now_ms`.
    pub fn at(now_ms: i64) -> Self {
        let clock = Self::default();
        clock.with(|time| time.now_ms = now_ms);
        clock
    }

    /// Moves the clock on and wakes whoever waited for that.
    pub fn advance_ms(&self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        let woken = self.with(|time| {
            time.now_ms = time.now_ms.saturating_add(ms);
            time.wake()
        });
        woken.into_iter().for_each(Waker::wake);
    }

    /// When the next waiter wakes, if anyone waits.
    pub fn next_wake_ms(&self) -> Option<i64> {
        self.with(|time| time.sleepers.keys().next().map(|(at, _)| *at))
    }

    fn with<T>(&self, f: impl FnOnce(&mut VirtualTime) -> T) -> T {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl VirtualTime {
    fn wake(&mut self) -> Vec<Waker> {
        let due = self.sleepers.range_mut(..=(self.now_ms, u64::MAX));
        due.filter_map(|(_, waker)| waker.take()).collect()
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> i64 {
        self.with(|time| time.now_ms)
    }

    fn sleep_ms(&self, ms: u64) -> Sleep {
        let key = self.with(|time| {
            let at = time.now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
            let key = (at, time.next_sleeper);
            time.next_sleeper += 1;
            time.sleepers.insert(key, None);
            key
        });
        Box::pin(VirtualSleep { clock: self.clone(), key })
    }
}

struct VirtualSleep {
    clock: VirtualClock,
    key: (i64, u64),
}

impl Future for VirtualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let key = self.key;
        self.clock.with(|time| {
            if time.now_ms >= key.0 {
                return Poll::Ready(());
            }
            time.sleepers.insert(key, Some(context.waker().clone()));
            Poll::Pending
        })
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        let key = self.key;
        self.clock.with(|time| time.sleepers.remove(&key));
    }
}
