//! AWS in this process: what a function's own clients speak to in the journeys.
//!
//! Each function has clients of its own, as on AWS, so that what each of them calls can be recorded
//! and held against its policy. The table is the embedded one; the queue speaks SQS's JSON.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::App;
use app::aws::{Connection, Function};
use app::calls::Record;
use app::photo::Photos;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;
use domain::event::Event;
use embedded::{Answer, Embedded};
use events::{BusError, EventBridge, EventBus};
use futures::future::BoxFuture;
use hoopoe::dev::{Aws, Inside, SIMULATED_BOT, SIMULATED_TOKEN, Split};
use queue::MemoryQueue;
use runtime::Env;
use runtime::config::{Environment, SealWith, Stores};
use runtime::http::{Transport, TransportError};
use runtime::objects::ObjectError;
use serde_json::{Value, json};

/// The table's name.
pub const TABLE: &str = "hoopoe";
/// The queue of people's lane.
pub const PEOPLE: &str = "https://sqs.invalid/1/hoopoe-people";
/// The queue of the bulk lane.
pub const BULK: &str = "https://sqs.invalid/1/hoopoe-bulk";
/// The event bus.
pub const BUS: &str = "hoopoe-events";
/// The secret.
pub const SECRET: &str = "hoopoe-secret";
/// The key that seals.
pub const KEY: &str = "hoopoe-key";

/// The bucket of stored photos.
pub const PHOTOS: &str = "hoopoe-photos";

/// All journeys of a process write to one record, if calls are recorded at all.
static RECORD: LazyLock<Option<Record>> = LazyLock::new(|| Record::named_by(&Environment));

/// How long the table takes to answer `deliver`, in the time of the journey. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Slowness(Arc<AtomicU64>);

impl Slowness {
    /// From now on each call takes so long.
    pub fn set(&self, time: Duration) {
        self.0.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Apps as on AWS: each function with clients of its own.
pub fn split(slow: Slowness) -> Split {
    Split::by(move |function, inside| app_of(function, inside, &slow))
}

pub(crate) fn app_of(function: Function, inside: &Inside<'_>, slow: &Slowness) -> App {
    let slow = if function.delivers { slow.clone() } else { Slowness::default() };
    let aws = connection(function, inside.database, inside.queue, inside.app.env.clone(), &slow);
    let names = Stores {
        table: TABLE.to_owned(),
        queue_people: PEOPLE.to_owned(),
        queue_bulk: BULK.to_owned(),
    };
    let (table, queue) = aws.stores(names);
    let bridge = aws.bus(BUS.to_owned());
    let events = inside.app.events.clone().by(|inside| Arc::new(Bus { bridge, inside }));
    let sealer = aws.sealer(SealWith::Kms(KEY.to_owned())).expect("KMS needs no key's text");
    let bucket = Arc::new(Bucket(inside.app.photos.clone()));
    let photos = inside.app.photos.through(Arc::new(aws.objects(bucket, PHOTOS.to_owned())));
    App { table, queue: Arc::new(queue), events, sealer, photos, ..inside.app.clone() }
}

/// A bucket as far as journeys need it: the store inside, by S3's wire.
#[derive(Debug)]
struct Bucket(Photos);

impl Transport for Bucket {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let signed = request.headers().contains_key("authorization");
            let name = request.uri().path().trim_start_matches('/').to_owned();
            let store = self.0.store();
            let failed = |error: ObjectError| TransportError::Unknown(error.to_string());
            let (status, body) = match request.method().as_str() {
                _ if !signed => (403, Vec::new()),
                "PUT" => {
                    store.put(&name, request.body()).await.map_err(failed)?;
                    (200, Vec::new())
                }
                "DELETE" => {
                    store.remove(&name).await.map_err(failed)?;
                    (204, Vec::new())
                }
                _ => match store.get(&name).await.map_err(failed)? {
                    Some(bytes) => (200, bytes),
                    None => (404, Vec::new()),
                },
            };
            let answer = http::Response::builder().status(status).body(Bytes::from(body));
            answer.map_err(|error| TransportError::Unknown(error.to_string()))
        })
    }
}

/// A function's own client of the bus; what was taken from it can be seen inside.
#[derive(Debug)]
struct Bus {
    bridge: EventBridge,
    inside: Arc<dyn EventBus>,
}

impl EventBus for Bus {
    fn publish<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Vec<Result<(), BusError>>> {
        Box::pin(async move {
            let results = self.bridge.publish(events).await;
            for (event, _) in events.iter().zip(&results).filter(|(_, result)| result.is_ok()) {
                self.inside.publish(std::slice::from_ref(event)).await;
            }
            results
        })
    }
}

/// How a function reaches what is inside.
pub fn connection(
    function: Function,
    database: &Embedded,
    queue: &MemoryQueue,
    env: Env,
    slow: &Slowness,
) -> Connection {
    let answers = Aws { database: database.clone(), queue: queue.clone() };
    let in_process = InProcess { answers, env: env.clone(), slow: slow.clone() };
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "local", "local", None, None, "local",
        )))
        // Nothing waits here but for the clock of the journey.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(in_process)
        .build();
    let record = RECORD.as_ref().map(|record| record.of(function.name));
    Connection { sdk, env, record }
}

/// Carries requests to what is inside.
#[derive(Clone, Debug)]
struct InProcess {
    answers: Aws,
    env: Env,
    slow: Slowness,
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let slow = this.slow.get();
            if target.starts_with("DynamoDB") && !slow.is_zero() {
                this.env.clock.sleep_until(this.env.now() + slow).await;
            }
            let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
            let answer = match target {
                "secretsmanager.GetSecretValue" => {
                    Answer { status: 200, body: secret().to_string() }
                }
                "AWSEvents.PutEvents" => Answer { status: 200, body: taken(&body).to_string() },
                "TrentService.GenerateDataKey" | "TrentService.Decrypt" => {
                    Answer { status: 200, body: data_key(&body).to_string() }
                }
                _ => this.answers.answer(target, &body).await,
            };
            let response = http::Response::builder()
                .status(answer.status)
                .header("content-type", "application/x-amz-json-1.0")
                .body(SdkBody::from(answer.body))
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(response)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The bus takes all that it is given.
fn taken(body: &str) -> Value {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let entries = body["Entries"].as_array().map_or(0, Vec::len);
    let ids: Vec<_> = (0..entries).map(|id| json!({ "EventId": id.to_string() })).collect();
    json!({ "FailedEntryCount": 0, "Entries": ids })
}

/// As much of KMS as a journey needs: one data key for all. What was wrapped is the key itself.
fn data_key(asked: &str) -> Value {
    let asked: Value = serde_json::from_str(asked).unwrap_or_default();
    let plain = "c2l4dGVlbiBieXRlcywgYW5kIHNpeHRlZW4gbW9yZTo="; // 32 bytes
    let wrapped = asked.get("CiphertextBlob").and_then(Value::as_str).unwrap_or(plain);
    json!({ "KeyId": KEY, "Plaintext": wrapped, "CiphertextBlob": wrapped })
}

fn secret() -> Value {
    let secret = json!({
        "telegram_bot_token": SIMULATED_TOKEN,
        "telegram_bot_username": SIMULATED_BOT,
        "telegram_webhook_secret": "hush",
    });
    json!({ "ARN": SECRET, "Name": SECRET, "SecretString": secret.to_string() })
}
