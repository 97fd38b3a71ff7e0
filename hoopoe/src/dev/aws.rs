//! The table and the queue as AWS speaks, for functions that run in processes of their own.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use domain::engine::Lane;
use domain::ids::BotId;
use embedded::{Answer, Embedded};
use http::{HeaderMap, StatusCode, header};
use queue::{Envelope, Hint, MemoryQueue, Queue};
use serde_json::{Value, json};

/// Where `hoopoe dev --aws` answers.
pub(super) const PATH: &str = "/dev/aws";

/// What there is of AWS here.
#[derive(Clone, Debug)]
pub struct Aws {
    /// DynamoDB.
    pub database: Embedded,
    /// SQS: a queue whose URL ends with `people` is [`Lane::People`], any other [`Lane::Bulk`].
    pub queue: MemoryQueue,
}

impl Aws {
    /// Answers a call by its `x-amz-target`.
    pub async fn answer(&self, target: &str, body: &str) -> Answer {
        match target.split_once('.') {
            Some(("DynamoDB_20120810", operation)) => self.database.call(operation, body),
            Some(("AmazonSQS", "SendMessageBatch")) => {
                let body = serde_json::from_str(body).unwrap_or_default();
                Answer { status: 200, body: self.take_messages(&body).await.to_string() }
            }
            Some(("AmazonSQS", "GetQueueAttributes")) => {
                Answer { status: 200, body: json!({ "Attributes": {} }).to_string() }
            }
            _ => Answer {
                status: 400,
                body: json!({ "__type": "UnknownOperationException", "message": target })
                    .to_string(),
            },
        }
    }

    /// SQS takes each message of a batch for itself, and names those that it did not take.
    async fn take_messages(&self, body: &Value) -> Value {
        let people = body["QueueUrl"].as_str().is_some_and(|url| url.ends_with("people"));
        let lane = if people { Lane::People } else { Lane::Bulk };
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for entry in body["Entries"].as_array().into_iter().flatten() {
            if let Some(hint) = hint(lane, entry) {
                self.queue.send(vec![hint]).await;
                taken.push(json!({
                    "Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": "",
                }));
            } else {
                refused.push(json!({
                    "Id": entry["Id"], "Code": "InvalidMessageContents", "SenderFault": true,
                }));
            }
        }
        json!({ "Successful": taken, "Failed": refused })
    }

    pub(super) fn router(self) -> Router {
        let slash = format!("{PATH}/");
        Router::new().route(PATH, post(call)).route(&slash, post(call)).with_state(self)
    }
}

fn hint(lane: Lane, entry: &Value) -> Option<Hint> {
    Some(Hint {
        lane,
        key: Envelope::decode(entry["MessageBody"].as_str()?).ok()?,
        delay_seconds: u32::try_from(entry["DelaySeconds"].as_u64()?).ok()?,
        bot: BotId(entry["MessageGroupId"].as_str()?.to_owned()),
    })
}

type Called = (StatusCode, [(header::HeaderName, &'static str); 1], String);

async fn call(State(aws): State<Aws>, headers: HeaderMap, body: String) -> Called {
    let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let answer = aws.answer(target, &body).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.body)
}
