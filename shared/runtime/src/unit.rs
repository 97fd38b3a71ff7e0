//! A unit of work: one request, one batch, one job's run, one tick. What it used and what it has to
//! report is counted here, and which request it follows from.
//!
//! ```text
//! request ──▶ unit ─────────────── counts ──▶ one log line, metrics
//! batch ────▶ unit ─┬ job's unit ─ counts ──▶ one log line
//!                   └ job's unit ─ counts ──▶ one log line       (the batch has the sum)
//! ```
//!
//! Like a log's span, and nothing else here, a unit is around its work rather than passed to it:
//! what is decided and what is sent never depends on it. It goes with the task that does the
//! work, so units that run side by side are told apart, and a panic or a cancelled request ends it.
//! Outside any unit, counting does nothing.

use std::sync::{Arc, Mutex, PoisonError};

use domain::correlation::CorrelationId;
use domain::time::Timestamp;

use crate::metrics::{Metric, Values};

tokio::task_local! {
    static CURRENT: Scope;
}

/// The innermost unit of the running task.
#[derive(Clone, Debug)]
struct Scope {
    unit: Arc<Unit>,
    correlation: Option<CorrelationId>,
}

#[derive(Debug)]
struct Unit {
    began: Timestamp,
    /// The unit that this one is a part of.
    around: Option<Arc<Self>>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    used: Used,
    metrics: Values,
}

/// What a unit of work used of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    /// Calls.
    pub calls: u64,
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
}

impl Unit {
    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The unit and those around it, from the inside.
    fn and_around(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |unit| unit.around.as_deref())
    }
}

/// Runs `work` as a unit that began now, as a part of the unit around it, if there is one. Answers
/// what it used too, and the metrics that nobody around it will report.
pub async fn run<T>(
    began: Timestamp,
    correlation: Option<CorrelationId>,
    work: impl Future<Output = T>,
) -> (T, Used, Values) {
    let around = CURRENT.try_with(|scope| Arc::clone(&scope.unit)).ok();
    let unit = Arc::new(Unit { began, around, counts: Mutex::default() });
    let scope = Scope { unit: Arc::clone(&unit), correlation };
    let value = CURRENT.scope(scope, work).await;
    let counts = std::mem::take(&mut *unit.counts.lock().unwrap_or_else(PoisonError::into_inner));
    (value, counts.used, counts.metrics)
}

/// Runs `work` in the same unit as what follows from another request: one of several jobs that
/// share a run.
pub async fn following_from<T>(
    correlation: Option<CorrelationId>,
    work: impl Future<Output = T>,
) -> T {
    match CURRENT.try_with(|scope| Arc::clone(&scope.unit)) {
        Ok(unit) => CURRENT.scope(Scope { unit, correlation }, work).await,
        Err(_) => work.await,
    }
}

/// The request that the running work follows from, if one is known.
pub fn correlation() -> Option<CorrelationId> {
    CURRENT.try_with(|scope| scope.correlation.clone()).ok().flatten()
}

/// When the running unit began, and what it has used until now.
pub fn so_far() -> Option<(Timestamp, Used)> {
    let read = |scope: &Scope| {
        let counts = scope.unit.counts.lock().unwrap_or_else(PoisonError::into_inner);
        (scope.unit.began, counts.used)
    };
    CURRENT.try_with(read).ok()
}

/// Counts one call of the table.
pub fn count_call(read: f64, write: f64) {
    let count = |counts: &mut Counts| {
        counts.used.calls += 1;
        counts.used.read += read;
        counts.used.write += write;
    };
    // Outside a unit nobody asks.
    let _ = CURRENT.try_with(|scope| scope.unit.and_around().for_each(|unit| unit.count(count)));
}

/// Adds a value of a metric, which the outermost unit reports when it ends.
pub fn measure(metric: Metric, value: u64) {
    let _ = CURRENT.try_with(|scope| {
        if let Some(outermost) = scope.unit.and_around().last() {
            outermost.count(|counts| counts.metrics.add(metric, value));
        }
    });
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::future::join;

    use super::*;

    fn id(text: &str) -> Option<CorrelationId> {
        CorrelationId::parse(text)
    }

    #[test]
    fn units_side_by_side_are_told_apart_and_the_one_around_has_the_sum() {
        let began = Timestamp::from_millis(7);
        let part = |read| {
            run(began, None, async move {
                count_call(read, 1.0);
                measure(Metric::MessagesSent, 1);
            })
        };
        let whole = run(began, None, async {
            let (a, b) = join(part(1.0), part(2.0)).await;
            let used = |read| Used { calls: 1, read, write: 1.0 };
            assert_eq!((a.1, b.1), (used(1.0), used(2.0)));
            assert!(a.2.is_empty() && b.2.is_empty(), "the unit around them reports");
        });
        let ((), used, metrics) = whole.now_or_never().expect("nothing waits");
        assert_eq!(used, Used { calls: 2, read: 3.0, write: 2.0 });
        assert_eq!(metrics.of(Metric::MessagesSent), [2]);
    }

    #[test]
    fn what_follows_from_another_request_says_so_and_counts_in_the_same_unit() {
        let work = run(Timestamp::from_millis(0), id("a"), async {
            following_from(id("b"), async {
                assert_eq!(correlation(), id("b"));
                count_call(1.0, 0.0);
            })
            .await;
            assert_eq!(correlation(), id("a"));
        });
        let ((), used, _) = work.now_or_never().expect("nothing waits");
        assert_eq!(used.calls, 1);
    }

    #[test]
    fn outside_a_unit_counting_does_nothing() {
        count_call(1.0, 1.0);
        measure(Metric::ClockTicks, 1);
        assert_eq!((correlation(), so_far()), (None, None));
    }
}
