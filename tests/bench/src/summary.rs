//! Percentiles.

use serde_json::{Value, json};

/// The value below which this share of the sorted values lies; `None` of nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index into a list in memory"
)]
pub fn percentile(sorted: &[i64], share: f64) -> Option<i64> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// Count, percentiles and extremes of nanoseconds, in milliseconds.
pub fn milliseconds(mut values: Vec<i64>) -> Value {
    values.sort_unstable();
    let at = |share| percentile(&values, share).map(ms);
    json!({
        "n": values.len(), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99),
        "min": values.first().copied().map(ms), "max": values.last().copied().map(ms),
    })
}

#[expect(clippy::cast_precision_loss, reason = "durations of a bench are far below 2^52 ns")]
fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<i64> = (1..=100).collect();
        assert_eq!(percentile(&values, 0.5), Some(50));
        assert_eq!(percentile(&values, 0.99), Some(99));
        assert_eq!(percentile(&values, 1.0), Some(100));
        assert_eq!(percentile(&[7], 0.01), Some(7));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
