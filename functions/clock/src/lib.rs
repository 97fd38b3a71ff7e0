//! EventBridge wakes the clock each minute, to hand over timers that come due and any that were
//! left behind; and each night, to count what was set aside.

use app::App;
use app::aws::Function;
use app::engine::{SetAside, Tick, count_set_aside, tick};
use domain::time::Timestamp;
use runtime::metrics::Metric;
use runtime::unit::measure;
use serde::Deserialize;
use table::TableError;

/// How the function starts. It only hands over and counts.
pub const FUNCTION: Function = Function { name: "clock", knows_bots: false, delivers: false };

/// What the schedules send: which job it is time for. When it was sent is not read: the time is our
/// own clock's, since an event may be late (EventBridge Scheduler: 60 s precision).
///
/// An input without a job is the minute's, as EventBridge's own event is: a schedule that lost its
/// input must not stop the clock. A job that is not known is an error, so that an alarm sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Input {
    /// The job.
    #[serde(default)]
    pub job: Chore,
}

/// What the clock does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chore {
    /// Each minute: timers.
    #[default]
    Minute,
    /// Each night at 02:00 UTC: what was set aside is counted.
    Housekeeping,
}

/// What a job of the clock did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The minute's.
    Ticked(Tick),
    /// The night's.
    Counted(SetAside),
}

/// Does one job, which ends before `deadline`.
///
/// # Errors
/// The table's, which fail the invocation, so that an alarm sees it. The next minute goes on where
/// this one stopped.
pub async fn handle(app: &App, input: Input, deadline: Timestamp) -> Result<Done, TableError> {
    match input.job {
        Chore::Minute => minute(app, deadline).await.map(Done::Ticked),
        Chore::Housekeeping => housekeeping(app).await.map(Done::Counted),
    }
}

async fn minute(app: &App, deadline: Timestamp) -> Result<Tick, TableError> {
    let work = async {
        // On the heap: the table's futures are too deep for the compiler to lay out in the
        // function's.
        let ticked = Box::pin(tick(app, deadline)).await;
        if ticked.is_ok() {
            measure(Metric::ClockTicks, 1);
        }
        ticked
    };
    let (ticked, spent) = app.unit(None, work).await;
    let done = ticked.as_ref().copied().unwrap_or_default();
    tracing::info!(
        unit = "tick",
        handed_over = done.handed_over,
        moved = done.moved,
        buried = done.buried,
        outcome = outcome(&ticked),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    if done.moved > 0 || done.buried > 0 {
        tracing::warn!(moved = done.moved, buried = done.buried, "timers were left behind");
    }
    ticked
}

async fn housekeeping(app: &App) -> Result<SetAside, TableError> {
    let work = async {
        let counted = Box::pin(count_set_aside(app)).await;
        if let Ok(counted) = &counted {
            measure(Metric::DeadLetters, counted.dead);
            measure(Metric::ParkedTimers, counted.parked);
        }
        counted
    };
    let (counted, spent) = app.unit(None, work).await;
    let done = counted.as_ref().copied().unwrap_or_default();
    tracing::info!(
        unit = "housekeeping",
        dead_letters = done.dead,
        parked_timers = done.parked,
        outcome = outcome(&counted),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    counted
}

const fn outcome<T>(result: &Result<T, TableError>) -> &'static str {
    if result.is_ok() { "done" } else { "failed" }
}

#[cfg(test)]
mod tests;
