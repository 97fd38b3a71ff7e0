//! EventBridge wakes the clock each minute: it hands over timers that come due, and any that
//! were left behind.

use app::App;
use app::aws::Function;
use app::engine::{Tick, tick};
use domain::time::Timestamp;
use serde::Deserialize;
use table::TableError;

/// What the schedule sends. Nothing of it is read: the time is our own clock's, since an event
/// may be late (EventBridge Scheduler: 60 s precision).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Minute {}

/// How the function starts. It only hands over.
pub const FUNCTION: Function = Function { name: "clock", knows_bots: false };

/// One tick, which ends before `deadline`.
///
/// An error fails the invocation, so that an alarm sees it; the next minute goes on where this one
/// stopped.
pub async fn handle(app: &App, deadline: Timestamp) -> Result<Tick, TableError> {
    // On the heap: the table's futures are too deep for the compiler to lay out in the function's.
    let done = Box::pin(tick(app, deadline)).await?;
    if done.moved > 0 || done.buried > 0 {
        tracing::warn!(moved = done.moved, buried = done.buried, "timers were left behind");
    }
    tracing::debug!(handed_over = done.handed_over, "the clock ticked");
    Ok(done)
}

#[cfg(test)]
mod tests;
