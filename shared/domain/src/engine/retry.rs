//! Errors of jobs carry the decision; back-off has jitter.

use std::time::Duration;

use thiserror::Error;

/// How a run of a job ended when it did not end well. The variant is the decision.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JobError {
    /// Run it again after this time, for a reason of the work itself.
    #[error("again after {after:?}: {reason}")]
    RetryAfter {
        /// How long to wait.
        after: Duration,
        /// Why. Never personal data.
        reason: String,
    },
    /// Run it again with back-off: something outside did not answer.
    #[error("again: {0}")]
    Retry(String),
    /// It cannot succeed: a dead letter with this reason.
    #[error("rejected: {0}")]
    Reject(String),
    /// Someone else owns it now: stop, write nothing more.
    #[error("another run owns this job")]
    Lost,
}

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(15);

/// The wait before attempt `n + 2`: doubling from 2 s up to 15 min, ±20 %.
///
/// `jitter` is uniform in `[0, 1)`.
pub fn backoff(n: u32, jitter: f64) -> Duration {
    let base = FIRST.saturating_mul(1 << n.min(16)).min(LONGEST);
    base.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn back_off_stays_within_a_fifth_of_its_step(n in 0_u32..40, jitter in 0.0_f64..1.0) {
            let wait = backoff(n, jitter);
            prop_assert!(wait >= FIRST.mul_f64(0.8));
            prop_assert!(wait <= LONGEST.mul_f64(1.2));
        }

        #[test]
        fn back_off_grows(n in 0_u32..8) {
            prop_assert!(backoff(n + 1, 0.0) > backoff(n, 0.99).mul_f64(0.5));
            prop_assert_eq!(backoff(n + 1, 0.5), backoff(n, 0.5) * 2);
        }
    }
}
