//! The line to Telegram, with everything that happens on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::time::Timestamp;
use futures::future::BoxFuture;
use http::{Request, Response};
use runtime::http::{Transport, TransportError};
use simulators::telegram::{Fault, FaultPlan, Telegram};

use crate::scenarios::log::Log;
use crate::world::World;

/// The methods that send messages.
const SENDS: [&str; 3] = ["sendMessage", "sendPhoto", "sendMediaGroup"];

/// How often things go wrong between one process and Telegram.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineFaults {
    /// No connection.
    pub(crate) refused: f64,
    /// No answer in time; the message was not taken.
    pub(crate) timeout_before: f64,
    /// No answer in time; the message was taken.
    pub(crate) timeout_after: f64,
    /// A 5xx; the message was not taken.
    pub(crate) error_before: f64,
    /// A 5xx; the message was taken.
    pub(crate) error_after: f64,
    /// Telegram is told to ask for a pause.
    pub(crate) too_many: f64,
    /// Telegram finds fault with the markup.
    pub(crate) bad_request: f64,
    /// Answers that take seconds.
    pub(crate) slow: f64,
}

/// What one process has sent that its table records may not know of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Under(Arc<Mutex<BTreeMap<(i64, String), Timestamp>>>);

impl Under {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i64, String), Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was sent so far.
    pub(crate) fn take(&self) -> BTreeMap<(i64, String), Timestamp> {
        std::mem::take(&mut *self.lock())
    }
}

/// One process's connection.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) world: World,
    pub(crate) telegram: Telegram,
    pub(crate) faults: LineFaults,
    pub(crate) under: Under,
    /// Where it is noted what arrives, in runs of scenarios.
    pub(crate) log: Option<Log>,
}

/// The label by which a run knows a message again: `offer-N`, `note-N-P` or `alert-N`.
pub(crate) fn label(text: &str) -> Option<String> {
    let start = ["offer-", "note-", "alert-"].into_iter().find_map(|name| text.find(name))?;
    let label: String =
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Some(label.trim_end_matches('-').to_owned())
}

impl Transport for Line {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let (world, faults) = (&self.world, self.faults);
            let (token, method) = address(request.uri().path());
            let sends = SENDS.iter().any(|it| method.eq_ignore_ascii_case(it));
            let (chat_id, label) = contents(request.body());
            // Less than a slot, so that what was sent at the bot's rate arrives at it.
            world.pause(5..25).await;
            if sends && world.mishap("telegram refuses the connection", faults.refused) {
                return Err(TransportError::NotSent("refused".to_owned()));
            }
            if sends {
                self.under.lock().insert((chat_id, label.clone()), world.now());
                self.arrange(chat_id, &method, is_marked_up(request.body()));
            }
            if sends && world.mishap("telegram times out before", faults.timeout_before) {
                world.pause(8_000..8_001).await;
                return Err(TransportError::Unknown("time-out".to_owned()));
            }
            if sends && world.mishap("telegram fails before", faults.error_before) {
                return answer(502, "{}");
            }
            let content_type = request.headers().get("content-type");
            let content_type = content_type.and_then(|value| value.to_str().ok());
            let reply = self.telegram.call(&token, &method, content_type, request.body());
            world.trace("telegram", &format_args!("{method} {chat_id} {label} {}", reply.status));
            if sends && reply.status == 200 {
                if let Some(log) = &self.log {
                    log.arrived(world.now().as_millis(), request.body(), &reply.body);
                }
                if world.mishap("telegram times out after", faults.timeout_after) {
                    world.pause(8_000..8_001).await;
                    return Err(TransportError::Unknown("time-out".to_owned()));
                }
                if world.mishap("telegram fails after", faults.error_after) {
                    return answer(500, "{}");
                }
                if world.mishap("telegram is slow", faults.slow) {
                    world.pause(2_000..7_000).await;
                }
            }
            world.pause(5..60).await;
            answer(reply.status, &reply.body.to_string())
        })
    }
}

impl Line {
    /// Faults that Telegram itself answers with.
    fn arrange(&self, chat_id: i64, method: &str, marked_up: bool) {
        if self.world.mishap("telegram 429", self.faults.too_many) {
            let retry_after = self.world.between(1, 6);
            self.telegram.inject(Fault::TooManyRequests { retry_after });
        }
        if marked_up && self.world.mishap("telegram 400", self.faults.bad_request) {
            let description = "can't parse entities: made up".to_owned();
            let mut plan = FaultPlan::from(Fault::BadRequest { description });
            plan.chat_id = Some(chat_id);
            // What is lost before it arrives leaves this to the next one, which must have markup, too.
            plan.methods = vec![method.to_owned()];
            self.telegram.inject(plan);
        }
    }
}

fn address(path: &str) -> (String, String) {
    let path = path.rsplit_once("/bot").map_or(path, |(_, rest)| rest);
    let (token, method) = path.split_once('/').unwrap_or((path, ""));
    (token.to_owned(), method.to_owned())
}

fn is_marked_up(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["parse_mode"].is_string() || body["media"][0]["parse_mode"].is_string()
}

fn contents(body: &[u8]) -> (i64, String) {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body["text"].as_str().unwrap_or_default();
    (body["chat_id"].as_i64().unwrap_or_default(), label(text).unwrap_or_default())
}

/// What Telegram says.
pub(crate) fn answer(status: u16, body: &str) -> Result<Response<Bytes>, TransportError> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .map_err(|error| TransportError::Unknown(error.to_string()))
}
