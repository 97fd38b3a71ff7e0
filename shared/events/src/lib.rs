//! The bus: where events go, so that others build on what happens without asking again and again.
//!
//! Architecture invariant: publishing is never in the way of a message. Whoever publishes bounds the
//! time and keeps what was not taken.

pub mod batch;
pub mod bridge;
pub mod memory;

use std::fmt;

use domain::event::Event;
use futures::future::BoxFuture;
use thiserror::Error;

pub use bridge::EventBridge;
pub use memory::MemoryBus;

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the bus does not take events: {0}")]
pub struct BusError(pub String);

/// Where events go: `EventBridge`, or a list in this process.
pub trait EventBus: Send + Sync + fmt::Debug {
    /// Publishes; one result each, in their order.
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>>;
}
