//! The world of a run: its time, its dice, its trace, and its count of mishaps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::time::Timestamp;
use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use runtime::{Clock, Entropy};

/// When a run begins: far enough ahead that nothing is taken for expired by the machine's own clock.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(2_000_000_040_000);

#[derive(Debug)]
struct State {
    now: Timestamp,
    next: u64,
    timers: BinaryHeap<Reverse<(Timestamp, u64)>>,
    wakers: BTreeMap<u64, Waker>,
    dice: StdRng,
    trace: DefaultHasher,
    lines: Option<Vec<String>>,
    faults: BTreeMap<&'static str, u64>,
    faulty: bool,
}

/// The world. Clones are the same world.
#[derive(Clone, Debug)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
    /// A world that follows from its seed. `lines` keeps the trace readable.
    pub(crate) fn new(seed: u64, lines: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: BEGIN,
            next: 0,
            timers: BinaryHeap::new(),
            wakers: BTreeMap::new(),
            dice: StdRng::seed_from_u64(seed),
            trace: DefaultHasher::new(),
            lines: lines.then(Vec::new),
            faults: BTreeMap::new(),
            faulty: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true time.
    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Sleeps in true time.
    pub(crate) fn sleep_until(&self, until: Timestamp) -> Sleep {
        Sleep { world: self.clone(), until, entry: None }
    }

    /// Sleeps so many milliseconds, drawn from a range.
    pub(crate) fn pause(&self, millis: std::ops::Range<u64>) -> Sleep {
        let wait = self.between(millis.start, millis.end);
        self.sleep_until(self.now() + Duration::from_millis(wait))
    }

    /// Moves on to the next instant at which something wakes. `false` when nothing will.
    pub(crate) fn advance(&self) -> bool {
        let mut state = self.lock();
        let mut woken = Vec::new();
        while let Some(&Reverse((at, entry))) = state.timers.peek() {
            if at > state.now && !woken.is_empty() {
                break;
            }
            state.timers.pop();
            if let Some(waker) = state.wakers.remove(&entry) {
                state.now = state.now.max(at);
                woken.push(waker);
            }
        }
        drop(state);
        let any = !woken.is_empty();
        woken.into_iter().for_each(Waker::wake);
        any
    }

    /// A number in `[low, high)`.
    pub(crate) fn between(&self, low: u64, high: u64) -> u64 {
        self.lock().dice.random_range(low..high.max(low + 1))
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && self.lock().dice.random_bool(probability.min(1.0))
    }

    /// Whether a mishap of this kind and probability happens now; counts it if so.
    pub(crate) fn mishap(&self, kind: &'static str, probability: f64) -> bool {
        let mut state = self.lock();
        let happens =
            state.faulty && probability > 0.0 && state.dice.random_bool(probability.min(1.0));
        if happens {
            *state.faults.entry(kind).or_default() += 1;
        }
        drop(state);
        if happens {
            self.trace("mishap", &kind);
        }
        happens
    }

    /// Counts a mishap that was arranged.
    pub(crate) fn count(&self, kind: &'static str) {
        *self.lock().faults.entry(kind).or_default() += 1;
    }

    /// Lets mishaps happen, or no more.
    pub(crate) fn set_faulty(&self, faulty: bool) {
        self.lock().faulty = faulty;
    }

    /// How often each kind of mishap happened.
    pub(crate) fn faults(&self) -> BTreeMap<&'static str, u64> {
        self.lock().faults.clone()
    }

    /// Notes something that happened.
    pub(crate) fn trace(&self, what: &'static str, detail: &impl std::fmt::Display) {
        let detail = detail.to_string();
        let mut state = self.lock();
        let now = state.now;
        (now, what, &detail).hash(&mut state.trace);
        if let Some(lines) = &mut state.lines {
            let at = now.since(BEGIN);
            lines.push(format!("{:>9.3} {what} {detail}", at.as_secs_f64()));
        }
    }

    /// The hash of everything noted.
    pub(crate) fn trace_hash(&self) -> u64 {
        self.lock().trace.finish()
    }

    /// What was noted, if it is kept.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lock().lines.clone().unwrap_or_default()
    }

    /// Dice of someone's own, thrown from these.
    pub(crate) fn entropy(&self) -> Arc<Dice> {
        let seed = self.lock().dice.next_u64();
        Arc::new(Dice(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// A clock that goes wrong by so many milliseconds.
    pub(crate) fn clock(&self, skew: i64) -> Arc<SkewedClock> {
        Arc::new(SkewedClock { world: self.clone(), skew })
    }
}

/// Sleep in true time.
#[derive(Debug)]
pub(crate) struct Sleep {
    world: World,
    until: Timestamp,
    entry: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let world = self.world.clone();
        let mut state = world.lock();
        if state.now >= self.until {
            if let Some(entry) = self.entry.take() {
                state.wakers.remove(&entry);
            }
            return Poll::Ready(());
        }
        let entry = self.entry.unwrap_or_else(|| {
            state.next += 1;
            let entry = state.next;
            let until = self.until;
            state.timers.push(Reverse((until, entry)));
            entry
        });
        state.wakers.insert(entry, context.waker().clone());
        drop(state);
        self.entry = Some(entry);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(entry) = self.entry {
            self.world.lock().wakers.remove(&entry);
        }
    }
}

/// A process's clock.
#[derive(Debug)]
pub(crate) struct SkewedClock {
    world: World,
    skew: i64,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.world.now().as_millis() + self.skew)
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, ()> {
        let until = Timestamp::from_millis(until.as_millis() - self.skew);
        Box::pin(self.world.sleep_until(until))
    }
}

impl simulators::telegram::Clock for SkewedClock {
    fn now_ms(&self) -> i64 {
        Clock::now(self).as_millis()
    }

    fn sleep_ms(&self, ms: u64) -> simulators::telegram::Sleep {
        Box::pin(self.world.sleep_until(self.world.now() + Duration::from_millis(ms)))
    }
}

/// Someone's own dice.
#[derive(Debug)]
pub(crate) struct Dice(Mutex<StdRng>);

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
