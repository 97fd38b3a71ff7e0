//! Units of work as the functions run them: counted, and their metrics written when they end.

use domain::correlation::CorrelationId;
use runtime::unit::{self, Used};

use crate::App;

/// What a unit of work took. Its fields stand in its log line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Milliseconds from its beginning to its end.
    pub millis: u64,
    /// What it used of the table.
    pub used: Used,
}

impl App {
    /// Runs `work` as one unit that follows from this request, and writes its metrics: nothing of it
    /// is left to be written when the invocation has ended.
    pub async fn unit<T>(
        &self,
        correlation: Option<CorrelationId>,
        work: impl Future<Output = T>,
    ) -> (T, Spent) {
        let began = self.env.now();
        let (value, used, values) = unit::run(began, correlation, work).await;
        let now = self.env.now();
        self.metrics.write(now, &values);
        (value, Spent { millis: millis(now.since(began)), used })
    }

    /// What the running unit has taken until now.
    pub fn spent(&self) -> Spent {
        let spent = |(began, used)| Spent { millis: millis(self.env.now().since(began)), used };
        unit::so_far().map(spent).unwrap_or_default()
    }
}

/// Whole milliseconds.
pub(crate) fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
