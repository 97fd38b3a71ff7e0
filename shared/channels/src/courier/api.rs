//! `POST /send` (FACTS: Courier).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::message::{Letter, REPEAT_MARK};
use domain::outcome::{Outcome, reason};
use http::{Method, Request, Response, StatusCode, header};
use runtime::http::{Transport, TransportError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::render;
use crate::retry_after::retry_after;

/// The version of Courier's own markup, in which a channel may be given its words as they are.
const ELEMENTAL: &str = "2022-01-01";
/// How long to wait when Courier limits and does not say.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Courier's API at one address: its own, or a simulator's.
#[derive(Clone, Debug)]
pub struct CourierApi {
    transport: Arc<dyn Transport>,
    base_url: String,
    key: SecretString,
}

/// One mail.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// The address.
    pub to: &'a str,
    /// What it says.
    pub letter: &'a Letter,
    /// The same for each attempt that may still be answered as the first was; another after an
    /// attempt that Courier failed at, whose answer it would only repeat.
    pub idempotency_key: &'a str,
    /// What the mail is, for Courier's own logs.
    pub tag: &'a str,
    /// Whether it may have arrived before.
    pub repeat: bool,
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "requestId")]
    request_id: String,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    message: String,
}

impl CourierApi {
    /// Calls go through `transport` to `base_url`, with this API key.
    pub fn new(
        transport: Arc<dyn Transport>,
        base_url: impl Into<String>,
        key: SecretString,
    ) -> Self {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Self { transport, base_url, key }
    }

    /// Sends one mail, once.
    pub async fn send(&self, post: Post<'_>) -> Outcome {
        let Some(request) = self.request(post) else {
            return Outcome::NotSent { reason: "Courier's address is not valid".to_owned() };
        };
        match self.transport.send(request).await {
            Ok(response) => outcome(&response),
            Err(TransportError::NotSent(words) | TransportError::Forbidden(words)) => {
                Outcome::NotSent { reason: reason(&words) }
            }
            Err(TransportError::Unknown(words)) => Outcome::Unknown { reason: reason(&words) },
        }
    }

    fn request(&self, post: Post<'_>) -> Option<Request<Bytes>> {
        Request::builder()
            .method(Method::POST)
            .uri(format!("{}/send", self.base_url))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose_secret()))
            .header("idempotency-key", post.idempotency_key)
            .body(Bytes::from(message(post).to_string()))
            .ok()
    }
}

fn message(post: Post<'_>) -> Value {
    let mark = post.repeat.then_some(REPEAT_MARK);
    json!({ "message": {
        "to": { "email": post.to },
        "content": { "version": ELEMENTAL, "elements": [{
            "type": "channel",
            "channel": "email",
            "raw": {
                "subject": render::subject(post.letter),
                "html": render::html(post.letter, mark),
                "text": render::text(post.letter, mark),
            },
        }] },
        "routing": { "method": "single", "channels": ["email"] },
        "metadata": { "tags": [post.tag], "trace_id": post.idempotency_key },
    } })
}

fn outcome(response: &Response<Bytes>) -> Outcome {
    let status = response.status();
    if status.is_success() {
        let accepted = serde_json::from_slice::<Accepted>(response.body());
        return Outcome::Taken { reference: accepted.ok().map(|it| it.request_id) };
    }
    let words = serde_json::from_slice::<Refused>(response.body()).map(|it| it.message);
    let words = reason(&format!("{}: {}", status.as_u16(), words.unwrap_or_default()));
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = retry_after(response).unwrap_or(DEFAULT_RETRY_AFTER);
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            Outcome::RateLimited { retry_after_ms }
        }
        // The answer stands under the key: the next attempt needs another.
        _ if status.is_server_error() => Outcome::Faulted { reason: words },
        // The key is refused or paid no more: someone must see to it, and mails wait meanwhile.
        StatusCode::UNAUTHORIZED
        | StatusCode::PAYMENT_REQUIRED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT => Outcome::NotSent { reason: words },
        _ => Outcome::ContentRefused { reason: words },
    }
}

#[cfg(test)]
mod tests;
