//! `Retry-After` of an answer that limits.

use std::time::Duration;

use http::{Response, header};

/// The longest wait that is believed: a day.
const LONGEST: Duration = Duration::from_hours(24);

/// The whole or broken seconds of `Retry-After`, if they are there. Dates, which none of the
/// services sends, are none.
pub(crate) fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds(text.trim().parse().ok()?)
}

/// A wait of so many seconds, if that is a wait.
pub(crate) fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_of_seconds_is_a_wait_and_no_more_than_a_day_is_believed() {
        let read = |text: &str| {
            let response = Response::builder().header(header::RETRY_AFTER, text).body(());
            retry_after(&response.expect("a response"))
        };
        assert_eq!(read("3"), Some(Duration::from_secs(3)));
        assert_eq!(read(" 0.25 "), Some(Duration::from_millis(250)));
        assert_eq!(read("1e9"), Some(LONGEST));
        for text in ["", "-1", "NaN", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(retry_after(&Response::new(())), None);
    }
}
