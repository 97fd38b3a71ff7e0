//! What EventBridge does: the clock function at once, and then at each full minute.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use app::App;
use app::engine::tick::hand_over_all;
use domain::time::Timestamp;
use embedded::Embedded;
use futures::FutureExt;

use super::stop::Stop;

/// The function's time limit.
const LIMIT: Duration = Duration::from_secs(45);
/// Every so many minutes what has expired is deleted.
const SWEEP: i64 = 5;

/// Ticks until it is time to end.
pub(super) async fn run(app: App, mut stop: Stop) {
    // The queue forgot its hints when the last process ended.
    match hand_over_all(&app).await {
        Ok(0) => {}
        Ok(timers) => tracing::info!(timers, "going on with what was left"),
        Err(error) => tracing::warn!(%error, "what was left could not be handed over"),
    }
    while !stop.is_set() {
        let now = app.env.now();
        let tick = clock::handle(&app, now + LIMIT);
        match AssertUnwindSafe(tick).catch_unwind().await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the clock's tick failed; the next goes on"),
            Err(_) => tracing::error!("the clock function panicked"),
        }
        let next = Timestamp::from_minute(now.minute() + 1);
        tokio::select! {
            () = app.env.clock.sleep_until(next) => {}
            () = stop.wait() => {}
        }
    }
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
