//! When something recurring runs: every so often, or by a cron pattern in a time zone.
//!
//! Cron patterns are matched by `croner` on the local clock's face; what a face means on the
//! days on which clocks change is decided here. A face that does not exist stands for the first
//! instant after the gap, one that comes twice for its first time: each face runs once.

use std::str::FromStr;

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
use crate::time::Timestamp;

/// How a recurring task is timed, as the API takes and gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Every so often, counted from when the schedule was made.
    Interval(Interval),
    /// At the times of a cron pattern.
    Crontab(Crontab),
}

/// Every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// So many periods.
    pub every: u32,
    /// Of this length.
    pub period: Period,
}

/// The unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days of 24 hours.
    Days,
}

impl Period {
    const fn seconds(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// The five fields of a cron pattern and the zone whose clock they speak of.
///
/// Where both days are restricted, either makes the day (POSIX `crontab`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crontab {
    /// 0–59.
    #[serde(default = "any")]
    pub minute: String,
    /// 0–23.
    #[serde(default = "any")]
    pub hour: String,
    /// 0–7 or names; 0 and 7 are Sunday.
    #[serde(default = "any")]
    pub day_of_week: String,
    /// 1–31.
    #[serde(default = "any")]
    pub day_of_month: String,
    /// 1–12 or names.
    #[serde(default = "any")]
    pub month_of_year: String,
    /// A name of the IANA database.
    #[serde(default = "utc")]
    pub timezone: String,
}

fn any() -> String {
    "*".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Nothing recurs more often.
const SHORTEST_SECONDS: i64 = 60;
/// Nothing recurs less often: a year with a leap day.
const LONGEST_SECONDS: i64 = 366 * 86_400;
/// No gap in local time is longer: a zone that crosses the date line skips a day.
const LONGEST_GAP: Duration = Duration::hours(26);

impl Schedule {
    /// The schedule, if it can run; all faults at once, each under its field's path below `path`.
    pub fn check(&self, path: &str) -> Result<Timetable, Vec<FieldError>> {
        match self {
            Self::Interval(interval) => {
                let seconds = i64::from(interval.every).saturating_mul(interval.period.seconds());
                if (SHORTEST_SECONDS..=LONGEST_SECONDS).contains(&seconds) {
                    Ok(Timetable::Every(seconds * 1_000))
                } else {
                    let field = format!("{path}.interval.every");
                    Err(vec![FieldError::new(field, "must make a minute at least, a year at most")])
                }
            }
            Self::Crontab(crontab) => crontab.check(&format!("{path}.crontab")),
        }
    }
}

impl Crontab {
    fn check(&self, path: &str) -> Result<Timetable, Vec<FieldError>> {
        let mut errors = Vec::new();
        let fields = [
            ("minute", &self.minute, 0, "must be minutes, 0 to 59, such as 0,30 or */5"),
            ("hour", &self.hour, 1, "must be hours, 0 to 23, such as 9 or 8-18/2"),
            ("day_of_month", &self.day_of_month, 2, "must be days, 1 to 31, such as 1,15"),
            ("month_of_year", &self.month_of_year, 3, "must be months, 1 to 12 or jan to dec"),
            ("day_of_week", &self.day_of_week, 4, "must be days, 0 to 7 or sun to sat"),
        ];
        for (name, text, place, message) in fields {
            let mut alone = ["*"; 5];
            alone[place] = text;
            if !is_plain(text) || parse(&alone).is_none() {
                errors.push(FieldError::new(format!("{path}.{name}"), message));
            }
        }
        let zone = Tz::from_str(&self.timezone);
        if zone.is_err() {
            let message = "must be a name such as Europe/Berlin";
            errors.push(FieldError::new(format!("{path}.timezone"), message));
        }
        let pattern = fields.map(|(_, text, ..)| text.as_str());
        let (Ok(zone), Some(cron), true) = (zone, parse(&pattern), errors.is_empty()) else {
            return Err(errors);
        };
        if cron.find_next_occurrence(&DateTime::<Utc>::UNIX_EPOCH, true).is_err() {
            let message = "is no day of these months";
            return Err(vec![FieldError::new(format!("{path}.day_of_month"), message)]);
        }
        Ok(Timetable::Cron(Box::new(cron), zone))
    }
}

/// Only what every cron knows: no `L`, `W`, `#` or `?`, which differ between implementations.
fn is_plain(field: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "*,-/".contains(c);
    let digits_or_name = |word: &str| {
        word.bytes().all(|b| b.is_ascii_digit())
            || (word.len() == 3 && word.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    !field.is_empty()
        && field.chars().all(allowed)
        && field.split(['*', ',', '-', '/']).all(digits_or_name)
}

fn parse(fields: &[&str; 5]) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(&fields.join(" ")).ok()
}

/// A schedule that was checked.
#[derive(Clone, Debug)]
pub enum Timetable {
    /// Every so many milliseconds.
    Every(i64),
    /// A pattern on the clocks of a zone.
    Cron(Box<Cron>, Tz),
}

impl Timetable {
    /// The first run after `now`; runs of an interval are counted from `begun`.
    ///
    /// What an outage missed is not made up for: this looks ahead only. `None` past the end of the
    /// calendar.
    pub fn next(&self, begun: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(period) => {
                let passed = (now.as_millis() - begun.as_millis()).div_euclid(*period).max(0);
                Some(Timestamp::from_millis(begun.as_millis() + (passed + 1) * period))
            }
            Self::Cron(cron, zone) => next_face(cron, *zone, now),
        }
    }

    /// The next runs after `now`, `count` of them.
    pub fn upcoming(&self, begun: Timestamp, now: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(begun, now), |last| self.next(begun, *last))
            .take(count)
            .collect()
    }
}

/// The first instant after `now` that a matching face of the zone's clock stands for.
fn next_face(cron: &Cron, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let now = DateTime::<Utc>::from_timestamp_millis(now.as_millis())?;
    // The face is carried as if it were UTC, where each exists once.
    let mut face = now.with_timezone(&zone).naive_local().with_nanosecond(0)?.and_utc();
    loop {
        face = cron.find_next_occurrence(&face, false).ok()?;
        let at = instant(zone, face.naive_utc())?;
        // In the second pass of an hour that comes twice, its faces have run.
        if at > now {
            return Some(Timestamp::from_millis(at.timestamp_millis()));
        }
    }
}

/// The instant that a face stands for.
fn instant(zone: Tz, face: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&face) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => {
            Some(at.with_timezone(&Utc))
        }
        MappedLocalTime::None => after_gap(zone, face),
    }
}

/// The first instant after the gap that `face` lies in: the change itself, to the second.
fn after_gap(zone: Tz, face: NaiveDateTime) -> Option<DateTime<Utc>> {
    let exists =
        |seconds: i64| zone.from_local_datetime(&(face + Duration::seconds(seconds))).earliest();
    let (mut gone, mut there) = (0, LONGEST_GAP.num_seconds());
    while there - gone > 1 {
        let middle = i64::midpoint(gone, there);
        if exists(middle).is_some() {
            there = middle;
        } else {
            gone = middle;
        }
    }
    exists(there).map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests;
