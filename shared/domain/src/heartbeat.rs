//! The heartbeat: a recurring job that tells an operator whether timers come in time.
//!
//! It is also the pattern of everything recurring: a run writes its next timer, the first after *now*,
//! in the transaction that ends it, so an outage is followed by one run and not by one per miss.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// How the heartbeat goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Its period, in seconds.
    pub every_seconds: u32,
    /// How often it has run.
    pub runs: u64,
    /// Runs that were due before the run ahead of them: none, unless misses are made up one by one.
    pub behind: u64,
    /// What the last run was due at.
    pub due: Timestamp,
    /// When the last run ran.
    pub ran_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Heartbeat {
    /// A heartbeat that has not run yet.
    pub const fn new(every_seconds: u32, now: Timestamp) -> Self {
        Self { every_seconds, runs: 0, behind: 0, due: now, ran_at: now, version: 0 }
    }

    /// After a run that was due at `due`.
    #[must_use]
    pub fn after_run(&self, due: Timestamp, now: Timestamp) -> Self {
        let behind = self.behind + u64::from(self.runs > 0 && due <= self.ran_at);
        Self { runs: self.runs + 1, behind, due, ran_at: now, ..*self }
    }

    /// When it runs next: the first multiple of its period after `now`, however late this run was.
    pub fn next(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        let period = i64::from(self.every_seconds.max(1)) * 1_000;
        if broken(Rule::NextAfterNow) {
            return due + Duration::from_secs(u64::from(self.every_seconds));
        }
        Timestamp::from_millis((now.as_millis().div_euclid(period) + 1) * period)
    }

    /// How late the last run was.
    pub fn lateness(&self) -> Duration {
        self.ran_at.since(self.due)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_run_is_the_first_of_its_grid_after_now(
            every in 1_u32..100_000, due in 0_i64..1_000_000_000, late in 0_i64..1_000_000_000
        ) {
            let (due, now) = (Timestamp::from_millis(due), Timestamp::from_millis(due + late));
            let period = i64::from(every) * 1_000;
            let next = Heartbeat::new(every, due).next(due, now).as_millis();
            prop_assert!(next > now.as_millis());
            prop_assert!(next - now.as_millis() <= period);
            prop_assert_eq!(next % period, 0);
        }
    }

    #[test]
    fn a_run_that_was_due_before_the_last_one_ran_is_counted_as_behind() {
        let at = Timestamp::from_millis;
        let beat = Heartbeat::new(60, at(0)).after_run(at(60_000), at(600_000));
        assert_eq!(beat.after_run(at(120_000), at(600_100)).behind, 1);
        assert_eq!(beat.after_run(at(660_000), at(660_010)).behind, 0);
        assert_eq!(beat.lateness(), Duration::from_mins(9));
    }
}
