//! The queue carries hints: timer keys, and nothing that is not in the table.
//!
//! Architecture invariant: losing a hint costs time, never a message; doubling one costs a read.

pub mod describe;
pub mod envelope;
pub mod memory;
pub mod sqs;

use std::fmt;

use domain::engine::timer::hint_delay;
use domain::engine::{Lane, Timer, TimerKey};
use domain::ids::BotId;
use domain::time::Timestamp;
use futures::future::BoxFuture;
use thiserror::Error;

pub use envelope::Envelope;
pub use memory::MemoryQueue;
pub use sqs::SqsQueue;

/// SQS delays a message by at most this many seconds (FACTS: SQS).
pub const LONGEST_DELAY: u32 = 900;

/// Says that a timer is due, or will be after a delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Which queue.
    pub lane: Lane,
    /// Where the timer stands.
    pub key: TimerKey,
    /// Whole seconds until it is seen: at most [`LONGEST_DELAY`].
    pub delay_seconds: u32,
    /// Whose share of the queue it takes.
    pub bot: BotId,
}

impl Hint {
    /// The hint of a timer as it stands.
    pub fn of(timer: &Timer, now: Timestamp) -> Self {
        Self {
            lane: timer.lane(),
            key: timer.key,
            delay_seconds: hint_delay(timer.due, now).min(LONGEST_DELAY),
            bot: timer.job.bot(),
        }
    }
}

/// Why a hint was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the queue does not take messages: {0}")]
pub struct QueueError(pub String);

/// Where hints go: SQS, or a queue in this process with its semantics.
pub trait Queue: Send + Sync + fmt::Debug {
    /// Sends hints; one result each, in their order.
    fn send(&self, hints: Vec<Hint>) -> BoxFuture<'_, Vec<Result<(), QueueError>>>;

    /// Whether the queue answers.
    fn ping(&self) -> BoxFuture<'_, Result<(), QueueError>>;
}
