//! Timers: every job is a timer in the table until it is done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::correlation::CorrelationId;
use crate::engine::job::{Job, Lane};
use crate::ids::{ChannelId, JobId, UserId};
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// The clock's forward pass hands over what comes due within this time.
pub const CLOCK_AHEAD: Duration = Duration::from_mins(5);
/// A creator hands over what comes due within this time itself: longer than
/// [`CLOCK_AHEAD`], so that the two windows overlap.
pub const CREATOR_AHEAD: Duration = Duration::from_mins(8);
/// How far the clock's backward pass stays behind the present: longer than a commit
/// may take, and than a message may be hidden on the queue.
pub const CURSOR_LAG: Duration = Duration::from_mins(3);
/// Each minute's timers are spread over this many partitions.
pub const SHARDS: u8 = 16;
/// A message received this often has killed its worker each time: its timer is dead.
pub const MAX_RECEIVES: u32 = 5;
/// A timer moved this often by the clock is dead (about ten hours with the back-off).
pub const MAX_OVERDUE_MOVES: u32 = 14;

/// Where a timer stands in the table. The key is the fence: whoever removes or
/// moves it owns what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerKey {
    /// The bucket's instant; its minute and `shard` are the partition.
    pub at: Timestamp,
    /// The partition within the minute.
    pub shard: u8,
    /// The job.
    pub id: JobId,
}

impl TimerKey {
    /// The key of a job that is due at `due`, in a minute that the clock cannot have
    /// left behind: `max(due, now, cursor seen + lag)`.
    pub fn new(id: JobId, due: Timestamp, now: Timestamp, cursor_seen: Option<Timestamp>) -> Self {
        let behind = cursor_seen.map_or(due, |cursor| cursor + CURSOR_LAG);
        // The shard comes from random bits of the id, so a moved timer keeps it.
        let shard = id.0.as_bytes()[15] % SHARDS;
        let at = if broken(Rule::BucketAheadOfCursor) { due } else { due.max(now).max(behind) };
        Self { at, shard, id }
    }

    /// The minute of the bucket, counted since the Unix epoch.
    pub const fn minute(&self) -> i64 {
        self.at.minute()
    }
}

/// Whose generation decides whether a timer still counts.
///
/// Cancelling or moving what a thing has scheduled raises its `gen`; a job that carries an older one
/// is dropped, however late its hint arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The user whose channel it is.
    pub user_id: UserId,
    /// The channel that owns the timer.
    pub channel_id: ChannelId,
    /// The channel's generation when the timer was written.
    pub generation: u64,
}

/// A job that a decision calls for.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id, made by whoever decided.
    pub id: JobId,
    /// What to do.
    pub job: Job,
    /// Not before this instant.
    pub due: Timestamp,
    /// Whose generation it depends on, if anyone's.
    pub owner: Option<Owner>,
}

/// A job in the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timer {
    /// Where it stands.
    pub key: TimerKey,
    /// Not before this instant.
    pub due: Timestamp,
    /// What to do.
    pub job: Job,
    /// Whose generation it depends on, if anyone's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Whether its creator hands it over, so that the clock's forward pass need not.
    pub inline: bool,
    /// How often the clock found it overdue.
    #[serde(default)]
    pub moves: u32,
    /// How often a run put it off: for a wait, a retry, or the rest of its work.
    #[serde(default)]
    pub runs: u32,
    /// How often in a row a run failed.
    #[serde(default)]
    pub failures: u32,
    /// How often a message for it came back unfinished.
    #[serde(default)]
    pub receives: u32,
    /// Send slots reserved far ahead, by recipient, so that the job moves there once
    /// and never polls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waits: BTreeMap<String, Timestamp>,
    /// Since when messages of it wait for links to pay at, if they had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_since: Option<Timestamp>,
    /// The request that it follows from, if one is known: for logs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationId>,
}

impl Timer {
    /// The timer of a new job. `cursor_seen` is the clock's backward cursor as last read.
    pub fn new(new: NewJob, now: Timestamp, cursor_seen: Option<Timestamp>) -> Self {
        let key = TimerKey::new(new.id, new.due, now, cursor_seen);
        Self {
            key,
            due: new.due,
            job: new.job,
            owner: new.owner,
            inline: new.due.since(now) <= CREATOR_AHEAD,
            moves: 0,
            runs: 0,
            failures: 0,
            receives: 0,
            waits: BTreeMap::new(),
            links_since: None,
            correlation: None,
        }
    }

    /// With the request that it follows from.
    #[must_use]
    pub fn following_from(mut self, correlation: Option<CorrelationId>) -> Self {
        self.correlation = correlation;
        self
    }

    /// The same job due at `due`, for whoever moves it: a wait that its run asked for, which did not fail.
    #[must_use]
    pub fn moved(&self, due: Timestamp, now: Timestamp, cursor_seen: Option<Timestamp>) -> Self {
        Self {
            key: TimerKey::new(self.key.id, due, now, cursor_seen),
            due,
            inline: due.since(now) <= CREATOR_AHEAD,
            runs: self.runs + 1,
            failures: 0,
            receives: 0,
            ..self.clone()
        }
    }

    /// The same job due at `due`, after a run that failed.
    #[must_use]
    pub fn failed(&self, due: Timestamp, now: Timestamp, cursor_seen: Option<Timestamp>) -> Self {
        Self { failures: self.failures + 1, ..self.moved(due, now, cursor_seen) }
    }

    /// The same job out of a minute that has passed, as the clock moves it: `due` stays,
    /// the bucket lies `min(2ⁿ, 64)` minutes ahead. `None` when it was moved too often.
    pub fn overdue(&self, now: Timestamp, cursor_seen: Option<Timestamp>) -> Option<Self> {
        if self.moves >= MAX_OVERDUE_MOVES {
            return None;
        }
        let minutes = 1_u64 << self.moves.min(6);
        let at = now + Duration::from_secs(60 * minutes);
        Some(Self {
            key: TimerKey::new(self.key.id, at, now, cursor_seen),
            moves: self.moves + 1,
            inline: true,
            ..self.clone()
        })
    }

    /// Whether this is the first run: nothing of its work can exist yet.
    pub fn is_fresh(&self) -> bool {
        self.moves == 0 && self.runs == 0 && self.receives == 0
    }

    /// The lane of its job.
    pub const fn lane(&self) -> Lane {
        self.job.lane()
    }
}

/// Whole seconds that the queue should delay a hint, rounded down; the worker sleeps the rest.
pub fn hint_delay(due: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(due.since(now).as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::BotId;

    fn job(due: i64) -> NewJob {
        NewJob {
            id: JobId(Uuid::from_u128(7)),
            job: Job::KeptUpdate { bot: BotId::default_bot(), chat_id: 1, update_id: 1 },
            due: Timestamp::from_millis(due),
            owner: None,
        }
    }

    proptest! {
        #[test]
        fn a_timer_never_lands_in_a_minute_the_clock_has_left(
            due in 0_i64..10_000_000, now in 0_i64..10_000_000, cursor in 0_i64..10_000_000
        ) {
            let cursor = Timestamp::from_millis(cursor);
            let timer = Timer::new(job(due), Timestamp::from_millis(now), Some(cursor));
            prop_assert!(timer.key.at >= cursor + CURSOR_LAG);
            prop_assert!(timer.key.at >= timer.due);
            prop_assert!(timer.key.at.as_millis() >= now);
        }

        #[test]
        fn a_timer_the_clock_moves_leaves_the_past_and_keeps_its_time(
            due in 0_i64..10_000_000, late in 0_i64..10_000_000, moves in 0_u32..MAX_OVERDUE_MOVES
        ) {
            let mut timer = Timer::new(job(due), Timestamp::from_millis(due), None);
            timer.moves = moves;
            let now = Timestamp::from_millis(due + late);
            let moved = timer.overdue(now, None).expect("not yet too often");
            prop_assert!(moved.key.at > now);
            prop_assert!(moved.key.at <= now + Duration::from_mins(64));
            prop_assert_eq!(moved.due, timer.due);
            prop_assert_eq!(moved.moves, moves + 1);
        }
    }

    #[test]
    fn creators_hand_over_what_is_due_within_eight_minutes() {
        let now = Timestamp::from_millis(0);
        assert!(Timer::new(job(480_000), now, None).inline);
        assert!(!Timer::new(job(480_001), now, None).inline);
    }

    #[test]
    fn a_timer_moved_too_often_is_dead() {
        let mut timer = Timer::new(job(0), Timestamp::from_millis(0), None);
        timer.moves = MAX_OVERDUE_MOVES;
        assert!(timer.overdue(Timestamp::from_millis(1), None).is_none());
    }

    #[test]
    fn failures_are_counted_in_a_row_and_waits_are_none() {
        let now = Timestamp::from_millis(0);
        let timer = Timer::new(job(0), now, None);
        let twice = timer.moved(now, now, None).failed(now, now, None).failed(now, now, None);
        assert_eq!((twice.runs, twice.failures), (3, 2));
        let waits = twice.moved(now, now, None);
        assert_eq!((waits.runs, waits.failures), (4, 0));
        assert!(!waits.is_fresh());
    }

    #[test]
    fn hints_round_down_to_whole_seconds() {
        let now = Timestamp::from_millis(500);
        assert_eq!(hint_delay(Timestamp::from_millis(2_499), now), 1);
        assert_eq!(hint_delay(Timestamp::from_millis(100), now), 0);
    }
}
