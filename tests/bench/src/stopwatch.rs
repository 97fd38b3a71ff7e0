//! The machine's time, finer than the system's clock port gives it: benches measure, they decide nothing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The Unix time in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A point in time to measure from.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn start() -> Instant {
    Instant::now()
}

/// Returns at this point in time.
pub async fn sleep_until(at: Instant) {
    tokio::time::sleep_until(at.into()).await;
}

/// Returns after this time.
#[expect(clippy::disallowed_methods, reason = "a fake peer answers late by real time")]
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
