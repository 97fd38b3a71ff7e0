//! SQS hands over hints; the engine runs the jobs that they are about.
//!
//! The queue's mapping must have `ReportBatchItemFailures`: what is not named in the answer is
//! deleted from the queue.

use app::App;
use app::aws::Function;
use app::engine::{Ack, Incoming, run_batch};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::time::Timestamp;
use queue::Envelope;

/// How the function starts. It sends.
pub const FUNCTION: Function = Function { name: "deliver", knows_bots: true, delivers: true };

/// How often SQS has handed a message out, this time included (SQS: message attributes).
pub const RECEIVE_COUNT: &str = "ApproximateReceiveCount";

/// Runs a batch. No claim is taken near `deadline`, and nothing that was claimed outlives it.
///
/// Answers which messages come back: those whose timers the table did not give. The batch is one unit
/// of work; its jobs have lines of their own.
pub async fn handle(app: &App, event: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
    let (messages, hints): (Vec<SqsMessage>, Vec<Incoming>) = event
        .records
        .into_iter()
        .filter_map(|message| read(&message).map(|hint| (message, hint)))
        .unzip();
    // On the heap: the engine's futures are too deep for the compiler to lay out in the function's.
    let work = Box::pin(run_batch(app, &hints, deadline));
    let (acks, spent) = app.unit(None, work).await;
    let mut response = SqsBatchResponse::default();
    for (message, ack) in messages.into_iter().zip(acks) {
        if let (Ack::Again, Some(id)) = (ack, message.message_id) {
            response.add_failure(id);
        }
    }
    let came_back = response.batch_item_failures.len();
    tracing::info!(
        unit = "batch",
        hints = hints.len(),
        came_back,
        outcome = if came_back == 0 { "done" } else { "unfinished" },
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    response
}

/// The hint in a message. What is none is acknowledged: nothing is on the queue that is not also a
/// timer, so nothing is lost with it, and it would come back for ever.
fn read(message: &SqsMessage) -> Option<Incoming> {
    let id = message.message_id.as_deref().unwrap_or_default();
    match Envelope::decode(message.body.as_deref().unwrap_or_default()) {
        Ok(timer) => Some(Incoming { timer, receives: receives(message) }),
        Err(error) => {
            tracing::error!(id, %error, "a message on the queue is no hint; it is dropped");
            None
        }
    }
}

/// A message without a count that can be read is taken for a fresh one.
fn receives(message: &SqsMessage) -> u32 {
    message.attributes.get(RECEIVE_COUNT).and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests;
