//! Runs futures one at a time, in an order that the dice choose; when all wait, time moves on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::BoxFuture;

use crate::world::World;

type Ready = Arc<Mutex<VecDeque<usize>>>;

/// A run that polls more often than this goes round in circles.
const MOST_POLLS: u64 = 3_000_000;

/// The tasks of a run.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: Vec<Option<BoxFuture<'static, ()>>>,
    ready: Ready,
    polls: u64,
    tireless: bool,
}

struct Wakes {
    task: usize,
    ready: Ready,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}

impl Executor {
    /// One for runs that are long by design.
    pub(crate) fn tireless() -> Self {
        Self { tireless: true, ..Self::default() }
    }

    /// Adds a task.
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.tasks.len());
        self.tasks.push(Some(Box::pin(task)));
    }

    /// Runs until `done`, or until nothing will ever happen again.
    pub(crate) fn run_until(&mut self, world: &World, done: impl Fn() -> bool) {
        while !done() && !self.is_stuck() {
            self.polls += 1;
            let task = {
                let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
                let count = u64::try_from(ready.len()).unwrap_or(u64::MAX);
                let pick = if count > 1 { world.between(0, count) } else { 0 };
                ready.remove(usize::try_from(pick).unwrap_or(0))
            };
            match task {
                Some(task) => self.poll(task),
                None if world.advance() => {}
                None => return,
            }
        }
    }

    /// Whether the run goes round in circles.
    pub(crate) fn is_stuck(&self) -> bool {
        !self.tireless && self.polls >= MOST_POLLS
    }

    fn poll(&mut self, task: usize) {
        let Some(future) = self.tasks[task].as_mut() else { return };
        let waker = Waker::from(Arc::new(Wakes { task, ready: Arc::clone(&self.ready) }));
        if future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
            self.tasks[task] = None;
        }
    }
}

/// Runs one future to its end, in time of its own.
pub(crate) fn block_on<T: Send + 'static>(
    world: &World,
    future: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let result = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&result);
    let mut executor = Executor::default();
    executor.spawn(async move {
        let value = future.await;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    });
    let finished = Arc::clone(&result);
    executor.run_until(world, || finished.lock().unwrap_or_else(PoisonError::into_inner).is_some());
    result.lock().unwrap_or_else(PoisonError::into_inner).take()
}
