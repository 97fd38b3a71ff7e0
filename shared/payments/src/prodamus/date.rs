//! Times as Prodamus writes them.

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use domain::time::Timestamp;

/// Moscow's, in which times without an offset are.
const OFFSET_SECONDS: i32 = 3 * 3_600;

/// Reads `2026-05-15T00:00:00+03:00`, or `2026-05-15 00:00:00` in Moscow.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Timestamp::from_millis(time.timestamp_millis()));
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    let local = naive.and_local_timezone(FixedOffset::east_opt(OFFSET_SECONDS)?).single()?;
    Some(Timestamp::from_millis(local.timestamp_millis()))
}

/// Writes a time in Moscow as links take it: `2026-05-15 00:00`.
pub(super) fn write(at: Timestamp) -> String {
    let utc = DateTime::from_timestamp_millis(at.as_millis()).unwrap_or(DateTime::UNIX_EPOCH);
    let offset = FixedOffset::east_opt(OFFSET_SECONDS);
    let local = offset.map(|offset| utc.with_timezone(&offset).naive_local());
    local.unwrap_or(utc.naive_utc()).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_an_offset() {
        let midnight = Some(Timestamp::from_millis(1_778_792_400_000));
        assert_eq!(read("2026-05-15T00:00:00+03:00"), midnight);
        assert_eq!(read(" 2026-05-15 00:00:00"), midnight);
        assert_eq!(read("2026-05-14T21:00:00Z"), midnight);
        for text in ["", "yesterday", "15.05.2026", "2026-13-01 00:00:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
