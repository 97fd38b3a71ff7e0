//! The log lines of jobs and messages, and the metrics of messages (`docs/observability.md`). Ids
//! only: no address, no chat, no text, and no words of a channel, which may quote the text.

use domain::engine::Timer;
use domain::engine::delivery::Recipient;
use domain::ids::ChannelId;
use domain::outcome::Outcome;
use domain::time::Timestamp;
use runtime::metrics::Metric;
use runtime::unit::measure;

use crate::App;
use crate::engine::chunk::Booked;
use crate::engine::work::{Send, What};
use crate::unit::millis;

/// One run of a job has ended, so. What it took is its own on the lane of people, and the whole
/// run's until now on the bulk lane, where the jobs of a batch share one.
pub(super) fn job(app: &App, timer: &Timer, outcome: &'static str) {
    let spent = app.spent();
    tracing::info!(
        unit = "job",
        correlation = timer.correlation.as_ref().map(display),
        job = %timer.key.id,
        kind = timer.job.name(),
        lane = timer.lane().as_str(),
        runs = timer.runs,
        outcome,
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
}

/// A message was handed to its channel at `sent`, which answered so.
pub(super) fn message(app: &App, it: &Booked, sent: Timestamp, outcome: &Outcome) {
    // The acknowledgement of a press is no message.
    if matches!(it.what, What::Callback(_)) {
        return;
    }
    let lateness = millis(sent.since(it.due));
    let slot_wait = millis(it.slot.since(it.asked));
    measure(Metric::LatenessMs, lateness);
    measure(Metric::SlotWaitMs, slot_wait);
    if let Some(metric) = metric(outcome) {
        measure(metric, 1);
    }
    tracing::info!(
        unit = "message",
        correlation = it.correlation.as_ref().map(display),
        job = %it.job,
        thing = it.key.thing,
        revision = it.key.revision,
        part = it.key.part,
        channel = channel(&it.key.to).map(display),
        target = it.target_id.map(display),
        service = it.address.service(),
        bot = it.address.bot().map(display),
        outcome = outcome.name(),
        lateness_ms = lateness,
        slot_wait_ms = slot_wait,
        millis = millis(app.env.now().since(sent)),
    );
}

/// A message was not to be sent, for this reason of ours.
pub(super) fn skipped(timer: &Timer, it: &Send, reason: &'static str) {
    tracing::info!(
        unit = "message",
        correlation = timer.correlation.as_ref().map(display),
        job = %timer.key.id,
        thing = it.key.thing,
        revision = it.key.revision,
        part = it.key.part,
        channel = channel(&it.key.to).map(display),
        target = it.target_id.map(display),
        outcome = "skipped",
        reason,
    );
}

fn channel(to: &Recipient) -> Option<ChannelId> {
    match to {
        Recipient::Channel { channel_id } => Some(*channel_id),
        Recipient::Chat { .. } | Recipient::Link { .. } | Recipient::Mail { .. } => None,
    }
}

/// A chat that has moved is written to again at once: nothing has come of the message yet.
const fn metric(outcome: &Outcome) -> Option<Metric> {
    match outcome {
        Outcome::Sent { .. } | Outcome::Taken { .. } => Some(Metric::MessagesSent),
        Outcome::RateLimited { .. } => Some(Metric::MessagesThrottled),
        Outcome::Unknown { .. } | Outcome::Faulted { .. } => Some(Metric::MessagesUnknown),
        Outcome::Migrated { .. } => None,
        Outcome::Blocked { .. }
        | Outcome::ContentRefused { .. }
        | Outcome::NotSent { .. }
        | Outcome::BotRevoked { .. } => Some(Metric::MessagesFailed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_of_an_attempt_counts_as_one_metric_and_a_chat_that_moved_as_none() {
        let reason = String::new;
        for (outcome, counted) in [
            (Outcome::Sent { message_id: 1 }, Some(Metric::MessagesSent)),
            (Outcome::Taken { reference: None }, Some(Metric::MessagesSent)),
            (Outcome::RateLimited { retry_after_ms: 1 }, Some(Metric::MessagesThrottled)),
            (Outcome::Unknown { reason: reason() }, Some(Metric::MessagesUnknown)),
            (Outcome::Faulted { reason: reason() }, Some(Metric::MessagesUnknown)),
            (Outcome::Blocked { reason: reason() }, Some(Metric::MessagesFailed)),
            (Outcome::ContentRefused { reason: reason() }, Some(Metric::MessagesFailed)),
            (Outcome::NotSent { reason: reason() }, Some(Metric::MessagesFailed)),
            (Outcome::BotRevoked { reason: reason() }, Some(Metric::MessagesFailed)),
            (Outcome::Migrated { chat_id: 1 }, None),
        ] {
            assert_eq!(metric(&outcome), counted, "{outcome:?}");
        }
    }
}
