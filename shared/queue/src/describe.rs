//! What a queue of SQS itself is like, for `hoopoe doctor`.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use domain::engine::Lane;
use serde::Deserialize;

use crate::{QueueError, SqsQueue};

/// A queue's own settings, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How long a message that was received stays unseen by others.
    pub visibility: Duration,
    /// Messages that wait to be received, as far as SQS knows.
    pub waiting: u64,
    /// Where messages go that are received too often.
    pub dead_letters: Option<DeadLetters>,
}

/// A dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// After so many receives.
    pub after: u32,
    /// Messages there, where this could be asked.
    pub waiting: Option<u64>,
}

/// SQS: the attribute `RedrivePolicy`. The count is a number, or a number as text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    max_receive_count: serde_json::Value,
}

impl SqsQueue {
    /// Asks for a lane's settings.
    pub async fn describe(&self, lane: Lane) -> Result<Description, QueueError> {
        let output = self
            .client
            .get_queue_attributes()
            .queue_url(self.url(lane))
            .attribute_names(QueueAttributeName::All)
            .send()
            .await
            .map_err(|error| QueueError(error.into_service_error().to_string()))?;
        let text = |name| output.attributes().and_then(|all| all.get(&name)).map(String::as_str);
        let number = |name| text(name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let policy = text(QueueAttributeName::RedrivePolicy);
        let policy = policy.and_then(|json| serde_json::from_str::<RedrivePolicy>(json).ok());
        let dead_letters = match policy {
            Some(policy) => Some(self.dead_letters(&policy).await),
            None => None,
        };
        Ok(Description {
            visibility: Duration::from_secs(number(QueueAttributeName::VisibilityTimeout)),
            waiting: number(QueueAttributeName::ApproximateNumberOfMessages),
            dead_letters,
        })
    }

    async fn dead_letters(&self, policy: &RedrivePolicy) -> DeadLetters {
        let count = policy.max_receive_count.to_string();
        DeadLetters {
            after: count.trim_matches('"').parse().unwrap_or_default(),
            waiting: self.waiting(&policy.dead_letter_target_arn).await,
        }
    }

    async fn waiting(&self, arn: &str) -> Option<u64> {
        let name = arn.rsplit(':').next().unwrap_or(arn);
        let found = self.client.get_queue_url().queue_name(name).send().await.ok()?;
        let counted = QueueAttributeName::ApproximateNumberOfMessages;
        let output = self
            .client
            .get_queue_attributes()
            .set_queue_url(found.queue_url)
            .attribute_names(counted.clone())
            .send()
            .await
            .ok()?;
        output.attributes()?.get(&counted)?.parse().ok()
    }
}
