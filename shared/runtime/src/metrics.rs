//! Metrics by `CloudWatch`'s embedded metric format: JSON lines on standard output that
//! `CloudWatch` Logs reads values from, so that reporting costs no call. `docs/observability.md` says
//! what each metric means.
//!
//! A [`crate::unit`] collects values while it runs; they are written once, when it ends.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// The format takes at most so many values of a metric in one line.
const MOST_VALUES: usize = 100;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Posted offers that were recorded, new or known.
    OffersAccepted,
    /// Messages that a channel took.
    MessagesSent,
    /// Attempts that a channel answered with a request to slow down.
    MessagesThrottled,
    /// Attempts that a channel refused, or that did not reach it.
    MessagesFailed,
    /// Attempts of which nobody knows whether the channel took them.
    MessagesUnknown,
    /// From the instant at which a message was due until it was handed to its channel.
    LatenessMs,
    /// From the instant at which a message was due and its run had begun until its send slot.
    SlotWaitMs,
    /// Jobs that became dead letters.
    JobsBuried,
    /// Dead letters in the table.
    DeadLetters,
    /// Timers that wait with stopped bots.
    ParkedTimers,
    /// Calls of a webhook that were not handled when they came.
    WebhookFailures,
    /// Updates of Telegram's of a kind that is not known here.
    UnknownUpdates,
    /// Ticks of the clock.
    ClockTicks,
}

impl Metric {
    /// Its name in `CloudWatch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OffersAccepted => "OffersAccepted",
            Self::MessagesSent => "MessagesSent",
            Self::MessagesThrottled => "MessagesThrottled",
            Self::MessagesFailed => "MessagesFailed",
            Self::MessagesUnknown => "MessagesUnknown",
            Self::LatenessMs => "LatenessMs",
            Self::SlotWaitMs => "SlotWaitMs",
            Self::JobsBuried => "JobsBuried",
            Self::DeadLetters => "DeadLetters",
            Self::ParkedTimers => "ParkedTimers",
            Self::WebhookFailures => "WebhookFailures",
            Self::UnknownUpdates => "UnknownUpdates",
            Self::ClockTicks => "ClockTicks",
        }
    }

    /// Whether each value counts for itself; of the others only the sum does.
    const fn is_distribution(self) -> bool {
        matches!(self, Self::LatenessMs | Self::SlotWaitMs)
    }

    const fn unit(self) -> &'static str {
        if self.is_distribution() { "Milliseconds" } else { "Count" }
    }
}

/// Values that wait to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Metric, Vec<u64>>);

impl Values {
    /// One more value.
    pub fn add(&mut self, metric: Metric, value: u64) {
        let values = self.0.entry(metric).or_default();
        match values.first_mut() {
            Some(sum) if !metric.is_distribution() => *sum += value,
            _ => values.push(value),
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What there is of one metric: one sum, or each value.
    pub fn of(&self, metric: Metric) -> &[u64] {
        self.0.get(&metric).map_or(&[], Vec::as_slice)
    }
}

/// Where lines go.
pub trait Sink: Send + Sync + fmt::Debug {
    /// Writes one line.
    fn write(&self, line: &str);
}

/// Standard output, which Lambda gives to `CloudWatch` Logs.
#[derive(Clone, Copy, Debug)]
pub struct StandardOutput;

impl Sink for StandardOutput {
    fn write(&self, line: &str) {
        // Who closed it wants no metrics.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// Keeps lines for whoever reads them: tests.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Vec<Value>>);

impl Kept {
    /// The lines, from the first.
    pub fn lines(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every value of one metric.
    pub fn values(&self, metric: Metric) -> Vec<u64> {
        let one_or_many = |value: &Value| match value {
            Value::Array(many) => many.iter().filter_map(Value::as_u64).collect(),
            one => Vec::from_iter(one.as_u64()),
        };
        self.lines()
            .iter()
            .filter_map(|line| line.get(metric.name()))
            .flat_map(one_or_many)
            .collect()
    }
}

impl Sink for Kept {
    fn write(&self, line: &str) {
        let line = serde_json::from_str(line).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Where metrics go, if anywhere. Clones write to the same place.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Option<Arc<Target>>);

#[derive(Debug)]
struct Target {
    namespace: String,
    function: String,
    sink: Arc<dyn Sink>,
}

impl Metrics {
    /// No metrics.
    pub fn off() -> Self {
        Self::default()
    }

    /// Metrics of `function` in a namespace of `CloudWatch`.
    pub fn to(sink: Arc<dyn Sink>, namespace: &str, function: &str) -> Self {
        let (namespace, function) = (namespace.to_owned(), function.to_owned());
        Self(Some(Arc::new(Target { namespace, function, sink })))
    }

    /// Writes what a unit of work has collected. One line; more only where it sent more than 100
    /// messages.
    pub fn write(&self, now: Timestamp, values: &Values) {
        let Some(target) = self.0.as_deref().filter(|_| !values.is_empty()) else { return };
        let lines = values.0.values().map(|values| values.len().div_ceil(MOST_VALUES)).max();
        for nth in 0..lines.unwrap_or_default() {
            let chunk = values.0.iter().filter_map(|(metric, values)| {
                Some((*metric, values.chunks(MOST_VALUES).nth(nth)?))
            });
            target.sink.write(&target.line(now, &chunk.collect::<Vec<_>>()));
        }
    }
}

/// One line of the format, but for the members that the metadata names.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "_aws")]
    metadata: Value,
    #[serde(rename = "Function")]
    function: &'a str,
    #[serde(flatten)]
    values: BTreeMap<&'static str, Value>,
}

impl Target {
    fn line(&self, now: Timestamp, values: &[(Metric, &[u64])]) -> String {
        let metrics: Vec<Value> = values
            .iter()
            .map(|(metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit() }))
            .collect();
        let metadata = json!({
            "Timestamp": now.as_millis(),
            "CloudWatchMetrics": [{
                "Namespace": self.namespace,
                "Dimensions": [["Function"]],
                "Metrics": metrics,
            }],
        });
        let value = |metric: &Metric, values: &[u64]| match values {
            [sum] if !metric.is_distribution() => json!(sum),
            all => json!(all),
        };
        let values = values.iter().map(|(metric, it)| (metric.name(), value(metric, it))).collect();
        let line = Line { metadata, function: &self.function, values };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &Values) -> Arc<Kept> {
        let kept = Arc::new(Kept::default());
        let sink: Arc<dyn Sink> = kept.clone();
        Metrics::to(sink, "Hoopoe", "deliver").write(Timestamp::from_millis(5), values);
        kept
    }

    #[test]
    fn a_line_names_its_metrics_and_holds_sums_and_single_values() {
        let mut values = Values::default();
        for _ in 0..2 {
            values.add(Metric::MessagesSent, 1);
            values.add(Metric::LatenessMs, 8);
        }
        let expected = json!({
            "_aws": {
                "Timestamp": 5,
                "CloudWatchMetrics": [{
                    "Namespace": "Hoopoe",
                    "Dimensions": [["Function"]],
                    "Metrics": [
                        { "Name": "MessagesSent", "Unit": "Count" },
                        { "Name": "LatenessMs", "Unit": "Milliseconds" },
                    ],
                }],
            },
            "Function": "deliver",
            "MessagesSent": 2,
            "LatenessMs": [8, 8],
        });
        assert_eq!(written(&values).lines(), [expected]);
    }

    #[test]
    fn more_than_a_hundred_values_take_more_lines_and_none_is_counted_twice() {
        let mut values = Values::default();
        values.add(Metric::MessagesSent, 250);
        (0..250).for_each(|value| values.add(Metric::LatenessMs, value));
        let written = written(&values);
        assert_eq!(written.values(Metric::MessagesSent), [250]);
        assert_eq!(written.values(Metric::LatenessMs), (0..250).collect::<Vec<_>>());
        let size = |line: &Value| line["LatenessMs"].as_array().map(Vec::len);
        let sizes: Vec<_> = written.lines().iter().map(size).collect();
        assert_eq!(sizes, [Some(100), Some(100), Some(50)]);
    }

    #[test]
    fn a_unit_with_nothing_to_report_writes_nothing() {
        assert!(written(&Values::default()).lines().is_empty());
    }
}
