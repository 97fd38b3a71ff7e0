//! What SQS and Lambda do with the queue: batches of hints to the deliver function.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::App;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use domain::engine::Lane;
use futures::FutureExt;
use queue::MemoryQueue;
use queue::memory::Message;

use super::stop::Stop;

/// A batch has at most so many messages, as the queue's mapping on AWS says.
const BATCH: usize = 10;
/// The function's time limit.
const LIMIT: Duration = Duration::from_secs(28);

/// How many runs there are at once on each lane.
///
/// Runs mostly wait: for the time of a timer whose hint came within its second, for a chat's next slot. Too few, and
/// what is due waits behind what is not; each that waits is billed on AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// For people who wait for an answer.
    pub people: usize,
    /// For what goes to many.
    pub bulk: usize,
}

impl Default for Runs {
    /// As `Workers` of template.yaml says, so that what is measured here is what is deployed.
    fn default() -> Self {
        Self { people: 4, bulk: 2 }
    }
}

impl Runs {
    /// Those of a lane.
    pub(super) const fn of(self, lane: Lane) -> usize {
        match lane {
            Lane::People => self.people,
            Lane::Bulk => self.bulk,
        }
    }
}

/// Feeds one lane of the queue to the function, batch after batch.
#[derive(Clone, Debug)]
pub(super) struct Pump {
    pub(super) app: App,
    pub(super) queue: MemoryQueue,
    pub(super) lane: Lane,
    /// How many runs are under way, over all pumps.
    pub(super) busy: Arc<AtomicUsize>,
}

impl Pump {
    /// Until it is time to end; a run under way is finished first.
    pub(super) async fn run(self, mut stop: Stop) {
        while !stop.is_set() {
            let changed = self.queue.changed();
            let batch = self.queue.receive(self.lane, BATCH);
            if batch.is_empty() {
                tokio::select! {
                    () = changed => {}
                    () = self.next_visible() => {}
                    () = stop.wait() => {}
                }
                continue;
            }
            self.busy.fetch_add(1, Ordering::SeqCst);
            self.invoke(batch).await;
            self.busy.fetch_sub(1, Ordering::SeqCst);
        }
    }

    async fn next_visible(&self) {
        match self.queue.next_visible(self.lane) {
            Some(visible) => self.app.env.clock.sleep_until(visible).await,
            None => std::future::pending().await,
        }
    }

    /// One invocation. What it does not acknowledge comes back when its visibility time-out ends,
    /// as from SQS; so does everything when it panics.
    async fn invoke(&self, batch: Vec<Message>) {
        let deadline = self.app.env.now() + LIMIT;
        let run = deliver::handle(&self.app, event(&batch), deadline);
        let Ok(response) = AssertUnwindSafe(run).catch_unwind().await else {
            tracing::error!("the deliver function panicked");
            return;
        };
        let failed = response.batch_item_failures;
        for message in &batch {
            let id = message.id.to_string();
            if !failed.iter().any(|failure| failure.item_identifier == id) {
                self.queue.delete(self.lane, message);
            }
        }
    }
}

fn event(batch: &[Message]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(record).collect();
    event
}

fn record(message: &Message) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.id.to_string());
    record.body = Some(message.body.clone());
    let receives = (deliver::RECEIVE_COUNT.to_owned(), message.receives.to_string());
    record.attributes = [receives].into();
    record
}
