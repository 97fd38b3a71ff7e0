//! What EventBridge does: the clock function at once, and then at each full minute; its nightly
//! housekeeping at 02:00 UTC.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use app::App;
use app::engine::tick::hand_over_all;
use clock::{Chore, Input};
use domain::time::Timestamp;
use embedded::Embedded;
use futures::FutureExt;

use super::stop::Stop;

/// The function's time limit.
const LIMIT: Duration = Duration::from_secs(45);
/// Every so many minutes what has expired is deleted.
const SWEEP: i64 = 5;

/// Ticks until it is time to end; `app` is the clock function's.
pub(super) async fn run(shared: App, app: App, mut stop: Stop) {
    // The queue forgot its hints when the last process ended.
    match hand_over_all(&shared).await {
        Ok(0) => {}
        Ok(timers) => tracing::info!(timers, "going on with what was left"),
        Err(error) => tracing::warn!(%error, "what was left could not be handed over"),
    }
    let mut before = app.env.now();
    while !stop.is_set() {
        let now = app.env.now();
        invoke(&app, Chore::Minute).await;
        if night(now) > night(before) {
            invoke(&app, Chore::Housekeeping).await;
        }
        before = now;
        let next = Timestamp::from_minute(now.minute() + 1);
        tokio::select! {
            () = app.env.clock.sleep_until(next) => {}
            () = stop.wait() => {}
        }
    }
}

async fn invoke(app: &App, job: Chore) {
    let work = clock::handle(app, Input { job }, app.env.now() + LIMIT);
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, ?job, "the clock failed; the next time goes on"),
        Err(_) => tracing::error!("the clock function panicked"),
    }
}

/// The number of the last night whose 02:00 UTC has come.
const fn night(now: Timestamp) -> i64 {
    (now.minute() - 120).div_euclid(24 * 60)
}

/// Deletes what has expired, as DynamoDB does in its own time.
pub(super) async fn sweep(app: App, database: Embedded, mut stop: Stop) {
    while !stop.is_set() {
        let next = Timestamp::from_minute(app.env.now().minute() + SWEEP);
        tokio::select! {
            () = app.env.clock.sleep_until(next) => {}
            () = stop.wait() => return,
        }
        let items = database.sweep_expired();
        tracing::debug!(items, "expired items were deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_begins_at_two_in_utc() {
        let day = 20_000 * 24 * 60;
        let at = |hour: i64, minute: i64| night(Timestamp::from_minute(day + hour * 60 + minute));
        assert_eq!(at(2, 0), at(1, 59) + 1);
        assert_eq!(at(2, 0), at(25, 59));
    }
}
