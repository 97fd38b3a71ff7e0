//! The queue, which loses, doubles and delays hints.

use std::time::Duration;

use futures::future::BoxFuture;
use queue::{Envelope, Hint, MemoryQueue, Queue, QueueError};

use crate::world::World;

/// How often things go wrong on the way to the queue.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HintFaults {
    /// The queue does not take it.
    pub(crate) error: f64,
    /// It is taken and never seen again.
    pub(crate) lost: f64,
    /// It comes twice.
    pub(crate) doubled: f64,
    /// It comes later than asked, so also out of order.
    pub(crate) delayed: f64,
}

/// The queue as a process reaches it.
#[derive(Clone, Debug)]
pub(crate) struct FaultyQueue {
    pub(crate) world: World,
    pub(crate) queue: MemoryQueue,
    pub(crate) faults: HintFaults,
}

impl Queue for FaultyQueue {
    fn send(&self, hints: Vec<Hint>) -> BoxFuture<'_, Vec<Result<(), QueueError>>> {
        Box::pin(async move {
            self.world.pause(1..6).await;
            let mut results = Vec::with_capacity(hints.len());
            for hint in hints {
                results.push(self.send_one(&hint));
            }
            self.world.pause(1..4).await;
            results
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        self.queue.ping()
    }
}

impl FaultyQueue {
    fn send_one(&self, hint: &Hint) -> Result<(), QueueError> {
        let (world, faults) = (&self.world, self.faults);
        if world.mishap("hint refused", faults.error) {
            return Err(QueueError("unavailable".to_owned()));
        }
        if world.mishap("hint lost", faults.lost) {
            return Ok(());
        }
        let mut delay = Duration::from_secs(u64::from(hint.delay_seconds));
        if world.mishap("hint delayed", faults.delayed) {
            delay += Duration::from_millis(world.between(100, 30_000));
        }
        let body = Envelope::encode(hint.key);
        if world.mishap("hint doubled", faults.doubled) {
            // Often at the same moment, so that two workers run one job.
            let apart = if world.chance(0.5) { 3_000 } else { 150 };
            let more = delay + Duration::from_millis(world.between(0, apart));
            self.queue.put(hint.lane, body.clone(), more);
        }
        self.queue.put(hint.lane, body, delay);
        Ok(())
    }
}
