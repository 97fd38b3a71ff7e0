//! Hand-over: after a commit, hints for what is due soon go on the queue, awaited and best effort.

use std::time::Duration;

use domain::engine::Timer;
use domain::mutation::{Rule, broken};
use queue::Hint;

use crate::App;

/// A hand-over may delay a reply by this much; what it loses, the clock finds.
const AT_MOST: Duration = Duration::from_millis(500);

/// Sends hints for the timers that their creator hands over. Failures are logged, never
/// answered: the timers are in the table.
pub async fn hand_over(app: &App, timers: &[Timer]) {
    let now = app.env.now();
    let hints: Vec<Hint> =
        timers.iter().filter(|timer| timer.inline).map(|timer| Hint::of(timer, now)).collect();
    if hints.is_empty() || broken(Rule::HandOverAwaited) {
        return;
    }
    let sent = app.env.clock.within(AT_MOST, app.queue.send(hints)).await;
    let lost = match sent {
        None => timers.len(),
        Some(results) => results.iter().filter(|result| result.is_err()).count(),
    };
    if lost > 0 {
        tracing::warn!(lost, "hints were not taken; the clock will hand them over");
    }
}
