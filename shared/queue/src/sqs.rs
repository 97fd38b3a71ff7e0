//! SQS: hints in batches of ten, with their delay and their bot as the fair queue's group.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::engine::Lane;
use futures::future::BoxFuture;

use crate::envelope::Envelope;
use crate::{Hint, LONGEST_DELAY, Queue, QueueError};

/// SQS takes at most this many messages in one call.
const BATCH: usize = 10;

/// The two lanes as SQS queues.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    pub(crate) client: Client,
    people: String,
    bulk: String,
}

impl SqsQueue {
    /// The queues at these URLs.
    pub const fn new(client: Client, people: String, bulk: String) -> Self {
        Self { client, people, bulk }
    }

    pub(crate) const fn url(&self, lane: Lane) -> &String {
        match lane {
            Lane::People => &self.people,
            Lane::Bulk => &self.bulk,
        }
    }

    /// Sends up to ten hints of one lane; `results` has a place for each.
    async fn send_batch(
        &self,
        lane: Lane,
        batch: &[(usize, Hint)],
        results: &mut [Result<(), QueueError>],
    ) {
        let sent = match entries(batch) {
            Ok(entries) => self
                .client
                .send_message_batch()
                .queue_url(self.url(lane))
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| QueueError(error.into_service_error().to_string())),
            Err(error) => Err(error),
        };
        match sent {
            Ok(output) => {
                for done in output.successful() {
                    if let Some(result) =
                        done.id().parse().ok().and_then(|i: usize| results.get_mut(i))
                    {
                        *result = Ok(());
                    }
                }
            }
            Err(error) => {
                for (index, _) in batch {
                    results[*index] = Err(error.clone());
                }
            }
        }
    }
}

fn entries(batch: &[(usize, Hint)]) -> Result<Vec<SendMessageBatchRequestEntry>, QueueError> {
    batch
        .iter()
        .map(|(index, hint)| {
            let delay = hint.delay_seconds.min(LONGEST_DELAY);
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(Envelope::encode(hint.key))
                .delay_seconds(i32::try_from(delay).unwrap_or_default())
                .message_group_id(hint.bot.as_str())
                .build()
                .map_err(|error| QueueError(error.to_string()))
        })
        .collect()
}

impl Queue for SqsQueue {
    fn send(&self, hints: Vec<Hint>) -> BoxFuture<'_, Vec<Result<(), QueueError>>> {
        Box::pin(async move {
            let unsent = || Err(QueueError("not taken".to_owned()));
            let mut results: Vec<_> = (0..hints.len()).map(|_| unsent()).collect();
            for lane in Lane::ALL {
                let of_lane: Vec<(usize, Hint)> = hints
                    .iter()
                    .cloned()
                    .enumerate()
                    .filter(|(_, hint)| hint.lane == lane)
                    .collect();
                for batch in of_lane.chunks(BATCH) {
                    self.send_batch(lane, batch, &mut results).await;
                }
            }
            results
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async {
            for lane in Lane::ALL {
                self.client
                    .get_queue_attributes()
                    .queue_url(self.url(lane))
                    .send()
                    .await
                    .map_err(|error| QueueError(error.into_service_error().to_string()))?;
            }
            Ok(())
        })
    }
}
