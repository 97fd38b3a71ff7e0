//! Gathered news: offers that a channel hears of together, once an hour, once a day, or because too many
//! came at once.
//!
//! Each is an entry of the channel's digest of an instant. The digest's job has the same id for whoever
//! gathers first, so that there is one; when it runs, it sends what no message has told yet.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::engine::{Job, NewJob};
use crate::ids::{ChannelId, JobId, TargetId, UserId};
use crate::schedule::{Crontab, Schedule};
use crate::time::Timestamp;
use crate::url::{OfferId, PageId};
use crate::watch::Digest;

/// Nothing is gathered for a digest that is due sooner than this: who gathers has been seen to be slow.
/// A decision may be half a minute old when it is committed.
pub const CLOSES_BEFORE: Duration = Duration::from_secs(45);
/// An entry is kept so long after its digest is due.
pub const KEPT: Duration = Duration::from_hours(7 * 24);
/// One message of a digest tells of at most this many offers.
pub const OFFERS_A_MESSAGE: usize = 10;
/// A digest has at most this many messages; what is beyond is counted.
pub const MESSAGES: usize = 3;

/// Offers for one channel within this time are a burst when they are many.
pub const BURST: Duration = Duration::from_mins(1);

/// Digests of an hour are told over this time, so that those of all channels do not come due at once.
const SPREAD: u64 = 300_000;
/// Bursts are told at instants of this distance, in milliseconds.
const BURST_STEP: i64 = 10_000;
const HOUR: i64 = 3_600_000;

/// An offer that a channel is to hear of in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEntry {
    /// The channel.
    pub channel_id: ChannelId,
    /// When the digest is due.
    pub due: Timestamp,
    /// The offer.
    pub offer_id: OfferId,
    /// The page that it was seen on.
    pub page_id: PageId,
    /// Its revision.
    pub revision: u32,
    /// Whose target it is.
    pub owner_id: UserId,
    /// The target.
    pub target_id: TargetId,
    /// When it was gathered: the order of the digest.
    pub gathered_at: Timestamp,
}

/// When what is gathered now is sent. What is told at once is gathered only when too much came: then soon.
pub fn due(digest: Digest, timezone: &str, now: Timestamp) -> Timestamp {
    let from = now + CLOSES_BEFORE;
    let next = |step: i64| Timestamp::from_millis((from.as_millis().div_euclid(step) + 1) * step);
    match digest {
        Digest::Immediate => next(BURST_STEP),
        Digest::Hourly => next(HOUR),
        Digest::Daily { hour } => {
            let daily = |timezone: &str| {
                let crontab = Crontab {
                    minute: "0".to_owned(),
                    hour: hour.to_string(),
                    day_of_week: "*".to_owned(),
                    day_of_month: "*".to_owned(),
                    month_of_year: "*".to_owned(),
                    timezone: timezone.to_owned(),
                };
                let timetable = Schedule::Crontab(crontab).check("digest").ok()?;
                timetable.next(from, from)
            };
            // A zone that is unknown here must not keep anyone from hearing.
            daily(timezone).or_else(|| daily("UTC")).unwrap_or_else(|| next(24 * HOUR))
        }
    }
}

/// Whether news that came at `at` is one too many after other news, whose times these are in their order: more than
/// `most` have come within a minute. What waits for a bundle is not told, and does not count.
pub fn is_burst(before: impl IntoIterator<Item = Timestamp>, at: Timestamp, most: usize) -> bool {
    if most == 0 {
        return false;
    }
    let mut told: VecDeque<Timestamp> = VecDeque::new();
    let mut waits = false;
    for at in before.into_iter().chain([at]) {
        while told.front().is_some_and(|first| at.since(*first) >= BURST) {
            told.pop_front();
        }
        waits = told.len() >= most;
        if !waits {
            told.push_back(at);
        }
    }
    waits
}

/// The job of a channel's digest: the same for whoever asks for it. A digest that is due on the hour begins within
/// the five minutes after it, each channel's at an instant of its own.
pub fn job(user_id: UserId, channel_id: ChannelId, due: Timestamp) -> NewJob {
    let mut digest = Sha256::new();
    digest.update(b"digest");
    digest.update(channel_id.0.as_bytes());
    digest.update(due.as_millis().to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    let id = JobId(Builder::from_custom_bytes(bytes).into_uuid());
    let on_the_hour = due.as_millis() % HOUR == 0;
    let wait = if on_the_hour { spread(channel_id) } else { Duration::ZERO };
    NewJob { id, job: Job::Digest { user_id, channel_id, due }, due: due + wait, owner: None }
}

/// A channel's own place in the time over which digests are told.
fn spread(channel_id: ChannelId) -> Duration {
    let digest = Sha256::digest(channel_id.0.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    Duration::from_millis(u64::from_be_bytes(bytes) % SPREAD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
        Timestamp::from_millis(time.timestamp_millis())
    }

    #[test]
    fn an_hourly_digest_comes_on_the_hour_and_closes_a_little_before() {
        let due = |now| due(Digest::Hourly, "UTC", at(now));
        assert_eq!(due("2026-03-01T10:10:00Z"), at("2026-03-01T11:00:00Z"));
        assert_eq!(due("2026-03-01T10:59:14Z"), at("2026-03-01T11:00:00Z"));
        assert_eq!(due("2026-03-01T10:59:15Z"), at("2026-03-01T12:00:00Z"));
    }

    #[test]
    fn a_daily_digest_comes_at_its_hour_of_the_owners_clock_on_both_sides_of_a_change() {
        let berlin = |now| due(Digest::Daily { hour: 9 }, "Europe/Berlin", at(now));
        assert_eq!(berlin("2026-03-28T07:00:00Z"), at("2026-03-28T08:00:00Z"));
        assert_eq!(berlin("2026-03-28T09:00:00Z"), at("2026-03-29T07:00:00Z"));
        assert_eq!(berlin("2026-10-24T10:00:00Z"), at("2026-10-25T08:00:00Z"));
    }

    #[test]
    fn an_unknown_zone_is_taken_for_utc() {
        let daily = Digest::Daily { hour: 9 };
        let due = due(daily, "Mars/Olympus", at("2026-03-01T00:00:00Z"));
        assert_eq!(due, at("2026-03-01T09:00:00Z"));
    }

    #[test]
    fn the_sixth_of_a_minute_waits_and_what_waits_does_not_hold_up_what_follows() {
        let second = |n: i64| Timestamp::from_millis(n * 1_000);
        let burst = |before: &[i64], at| is_burst(before.iter().map(|n| second(*n)), second(at), 5);
        assert!(!burst(&[0, 1, 2, 3], 4));
        assert!(burst(&[0, 1, 2, 3, 4], 5));
        assert!(burst(&[0, 1, 2, 3, 4], 59));
        assert!(!burst(&[0, 1, 2, 3, 4], 60), "the minute of the first is over");
        assert!(!burst(&[0, 1, 2, 3, 4, 30, 31, 32, 33], 64), "those in between were not told");
        assert!(!is_burst((0..9).map(second), second(9), 0), "it is switched off");
    }

    proptest! {
        #[test]
        fn no_minute_has_more_that_is_told_at_once(mut times in prop::collection::vec(0..300_000_i64, 0..60), most in 1..7_usize) {
            times.sort_unstable();
            let times: Vec<Timestamp> = times.into_iter().map(Timestamp::from_millis).collect();
            let told: Vec<Timestamp> = (0..times.len())
                .filter(|&n| !is_burst(times[..n].iter().copied(), times[n], most))
                .map(|n| times[n])
                .collect();
            for some in told.windows(most + 1) {
                prop_assert!(some[most].since(some[0]) >= BURST, "{:?}", some);
            }
        }

        #[test]
        fn a_digest_lies_ahead_of_whoever_gathers_for_it(millis in 0_i64..4_000_000_000_000, hour in 0_u8..24) {
            let now = Timestamp::from_millis(millis);
            for (digest, zone, at_most) in [
                (Digest::Immediate, "UTC", 55),
                (Digest::Hourly, "UTC", 3_660),
                (Digest::Daily { hour }, "America/New_York", 26 * 3_600),
            ] {
                let due = due(digest, zone, now);
                let ahead = due.since(now);
                prop_assert!(ahead + Duration::from_millis(1) > CLOSES_BEFORE, "{ahead:?}");
                prop_assert!(ahead <= Duration::from_secs(at_most), "{ahead:?}");
            }
        }
    }

    #[test]
    fn the_digests_of_an_hour_are_told_over_five_minutes_and_never_before_it() {
        let due = at("2026-03-01T09:00:00Z");
        let begins = |n| job(UserId(Uuid::nil()), ChannelId(Uuid::from_u128(n)), due).due;
        let mut minutes = [0; 5];
        for n in 0..1_000 {
            let minute = begins(n).since(due).as_secs() / 60;
            assert!(begins(n) >= due);
            minutes[usize::try_from(minute).expect("a minute of the five")] += 1;
        }
        assert!(minutes.iter().all(|&count| count > 100), "{minutes:?}");
        let burst = at("2026-03-01T09:00:10Z");
        assert_eq!(job(UserId(Uuid::nil()), ChannelId(Uuid::nil()), burst).due, burst);
    }

    #[test]
    fn one_digest_has_one_job_and_two_have_two() {
        let id = |n| ChannelId(Uuid::from_u128(n));
        let of = |n, due| job(UserId(Uuid::nil()), id(n), at(due)).id;
        assert_eq!(of(1, "2026-03-01T09:00:00Z"), of(1, "2026-03-01T09:00:00Z"));
        assert_ne!(of(1, "2026-03-01T09:00:00Z"), of(2, "2026-03-01T09:00:00Z"));
        assert_ne!(of(1, "2026-03-01T09:00:00Z"), of(1, "2026-03-01T10:00:00Z"));
    }
}
