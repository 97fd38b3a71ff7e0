use proptest::prelude::*;
use serde_json::json;

use super::*;

fn cron(pattern: &str, zone: &str) -> Crontab {
    let fields: Vec<String> = pattern.split(' ').map(str::to_owned).collect();
    let [minute, hour, day_of_month, month_of_year, day_of_week] =
        fields.try_into().expect("five fields");
    let timezone = zone.to_owned();
    Crontab { minute, hour, day_of_week, day_of_month, month_of_year, timezone }
}

fn timetable(pattern: &str, zone: &str) -> Timetable {
    Schedule::Crontab(cron(pattern, zone)).check("schedule").expect("a schedule")
}

fn at(text: &str) -> Timestamp {
    let at = DateTime::parse_from_rfc3339(text).expect("a time");
    Timestamp::from_millis(at.timestamp_millis())
}

fn faults(schedule: &Schedule) -> Vec<String> {
    let errors = schedule.check("schedule").err().unwrap_or_default();
    errors.into_iter().map(|error| error.field).collect()
}

#[test]
fn runs_are_those_of_a_second_implementation() {
    for line in include_str!("vectors.tsv").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let seconds = parts[2..].iter().map(|n| n.parse::<i64>().expect("a number"));
        let times: Vec<Timestamp> = seconds.map(|s| Timestamp::from_millis(s * 1_000)).collect();
        let runs = timetable(parts[0], parts[1]).upcoming(times[0], times[0], 5);
        assert_eq!(runs, times[1..], "{line}");
    }
}

#[test]
fn a_face_that_does_not_exist_runs_at_the_first_instant_after_the_gap() {
    let nightly = timetable("30 2 * * *", "Europe/Berlin");
    let before = at("2024-03-31T00:00:00Z");
    assert_eq!(nightly.next(before, before), Some(at("2024-03-31T01:00:00Z")));
    let after = at("2024-03-31T01:00:00Z");
    assert_eq!(nightly.next(before, after), Some(at("2024-04-01T00:30:00Z")));
}

#[test]
fn a_face_that_comes_twice_runs_once() {
    let nightly = timetable("30 2 * * *", "Europe/Berlin");
    let before = at("2024-10-27T00:00:00Z");
    assert_eq!(nightly.next(before, before), Some(at("2024-10-27T00:30:00Z")));
    let first = at("2024-10-27T00:30:00Z");
    assert_eq!(nightly.next(before, first), Some(at("2024-10-28T01:30:00Z")));
}

#[test]
fn what_an_outage_missed_runs_once() {
    let minutely = timetable("* * * * *", "UTC");
    let up_again = at("2024-05-05T05:05:05Z");
    assert_eq!(minutely.next(up_again, up_again), Some(at("2024-05-05T05:06:00Z")));
    let every = Schedule::Interval(Interval { every: 10, period: Period::Minutes });
    let every = every.check("schedule").expect("a schedule");
    let begun = at("2024-05-05T00:03:00Z");
    assert_eq!(every.next(begun, up_again), Some(at("2024-05-05T05:13:00Z")));
}

#[test]
fn a_part_of_a_second_makes_no_run_early_or_missed() {
    let minutely = timetable("* * * * *", "UTC");
    for (now, next) in [
        ("2024-05-05T05:05:59.999Z", "2024-05-05T05:06:00Z"),
        ("2024-05-05T05:06:00Z", "2024-05-05T05:07:00Z"),
        ("2024-05-05T05:06:00.001Z", "2024-05-05T05:07:00Z"),
    ] {
        assert_eq!(minutely.next(at(now), at(now)), Some(at(next)), "{now}");
    }
}

#[test]
fn all_faulty_fields_are_named_at_once() {
    let faulty = Schedule::Crontab(cron("60 24 0 13 8", "Mars/Olympus"));
    let names = ["minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"];
    assert_eq!(faults(&faulty), names.map(|name| format!("schedule.crontab.{name}")));
}

#[test]
fn patterns_that_differ_between_crons_are_refused() {
    for field in ["L", "15W", "?", "", " ", "1 2", "@daily", "1-", "5#2"] {
        let crontab = Crontab { day_of_month: field.to_owned(), ..cron("0 0 1 * *", "UTC") };
        assert_eq!(
            faults(&Schedule::Crontab(crontab)),
            ["schedule.crontab.day_of_month"],
            "{field}"
        );
    }
}

#[test]
fn a_day_that_never_comes_is_refused() {
    let never = Schedule::Crontab(cron("0 0 30 2 *", "UTC"));
    assert_eq!(faults(&never), ["schedule.crontab.day_of_month"]);
}

#[test]
fn intervals_are_a_minute_at_least_and_a_year_at_most() {
    for (every, period, fits) in [
        (59, Period::Seconds, false),
        (60, Period::Seconds, true),
        (0, Period::Days, false),
        (366, Period::Days, true),
        (367, Period::Days, false),
        (u32::MAX, Period::Days, false),
    ] {
        let checked = Schedule::Interval(Interval { every, period }).check("schedule");
        assert_eq!(checked.is_ok(), fits, "{every} {period:?}");
    }
}

#[test]
fn a_schedule_reads_as_the_api_writes_it() {
    let interval = json!({ "interval": { "every": 5, "period": "minutes" } });
    let read: Schedule = serde_json::from_value(interval.clone()).expect("a schedule");
    assert_eq!(read, Schedule::Interval(Interval { every: 5, period: Period::Minutes }));
    assert_eq!(serde_json::to_value(read).expect("json"), interval);
    let nightly = json!({ "crontab": { "minute": "0", "hour": "9", "timezone": "Asia/Kolkata" } });
    let read: Schedule = serde_json::from_value(nightly).expect("a schedule");
    assert_eq!(read, Schedule::Crontab(cron("0 9 * * *", "Asia/Kolkata")));
    let unknown = json!({ "crontab": { "second": "1" } });
    assert!(serde_json::from_value::<Schedule>(unknown).is_err());
}

proptest! {
    #[test]
    fn runs_only_go_ahead_and_lie_on_the_pattern(
        minute in 0_u32..60,
        hour in 0_u32..24,
        zone in 0_usize..chrono_tz::TZ_VARIANTS.len(),
        start in 1_300_000_000_i64..1_900_000_000,
    ) {
        let zone = chrono_tz::TZ_VARIANTS[zone];
        let daily = timetable(&format!("{minute} {hour} * * *"), zone.name());
        let start = Timestamp::from_millis(start * 1_000);
        let runs = daily.upcoming(start, start, 4);
        prop_assert_eq!(runs.len(), 4);
        let mut last = start;
        for run in runs {
            let gap = run.since(last).as_secs();
            // A day has 23 to 25 hours, or half an hour less or more; a skipped day makes two of one.
            prop_assert!(run > last && gap <= 50 * 3_600, "{} after {}", run, last);
            last = run;
        }
    }
}
