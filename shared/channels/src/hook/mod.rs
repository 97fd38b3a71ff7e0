//! Services that take messages at an address: one file each.
//!
//! A [`Service`] says which addresses are its own, how a message is written, and what its answers
//! mean. [`Hooks`] carries requests. Nothing else knows one service from another.

mod discord;
mod slack;
mod webhook;

use std::sync::Arc;

use bytes::Bytes;
use domain::channel::HookKind;
use domain::message::Content;
use domain::outcome::{Outcome, reason};
use domain::time::Timestamp;
use futures::future::{BoxFuture, ready};
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use runtime::config;
use runtime::http::{Transport, TransportError};
use secrecy::SecretString;
use url::Url;

pub use webhook::new_secret;

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2_048;

/// How messages to a service are named to it.
const AGENT: &str = concat!("Hoopoe/", env!("CARGO_PKG_VERSION"));

/// One message to one address.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The address.
    pub url: &'a Url,
    /// What it is signed with, if the service asks for a signature.
    pub secret: Option<&'a SecretString>,
    /// What it says.
    pub content: &'a Content,
    /// Where its reader changes what they receive.
    pub site: &'a str,
    /// The same for each attempt.
    pub id: &'a str,
    /// When it is sent.
    pub at: Timestamp,
    /// Whether it may have arrived before.
    pub repeat: bool,
}

/// What a message is written as.
#[derive(Debug)]
pub struct Written {
    /// JSON.
    pub body: Vec<u8>,
    /// Headers beside its type.
    pub headers: HeaderMap,
}

impl Written {
    fn json(body: &serde_json::Value) -> Self {
        Self { body: body.to_string().into_bytes(), headers: HeaderMap::new() }
    }
}

/// A service's own ways.
pub trait Service: Sync {
    /// What a channel is called whose user gave it no name.
    fn name(&self) -> &'static str;

    /// Checks an address: it is one of the service's own, or this is what one looks like.
    fn check(&self, address: &Url, places: &config::Hooks) -> Result<(), &'static str>;

    /// Whether its messages are signed with a secret of the channel's.
    fn is_signed(&self) -> bool {
        false
    }

    /// The message in the service's form; `None` where it cannot be written.
    fn write(&self, message: &Message<'_>) -> Option<Written>;

    /// The same words in a form that nothing can be wrong with, if there is one: sent when the
    /// first was refused for its content.
    fn write_bare(&self, _: &Message<'_>) -> Option<Written> {
        None
    }

    /// What an answer means for the message.
    fn outcome(&self, response: &Response<Bytes>) -> Outcome;

    /// What it means that no answer came to a request that left.
    fn unanswered(&self, reason: String) -> Outcome {
        Outcome::Unknown { reason }
    }
}

/// The service of a kind.
pub fn service(kind: HookKind) -> &'static dyn Service {
    match kind {
        HookKind::Discord => &discord::Discord,
        HookKind::Slack => &slack::Slack,
        HookKind::Webhook => &webhook::Webhook,
    }
}

/// Reads an address as a user gives it.
///
/// # Errors
/// What an address of this kind looks like.
pub fn read_address(
    kind: HookKind,
    text: &str,
    places: &config::Hooks,
) -> Result<Url, &'static str> {
    let text = text.trim();
    let url =
        Url::parse(text).map_err(|_| "must be an address such as https://example.com/hook")?;
    if text.len() > MAX_ADDRESS {
        return Err("must have at most 2048 characters");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or a password");
    }
    service(kind).check(&url, places).map(|()| url)
}

/// The beginning of an address, which gives away neither its last part nor its query.
pub fn shown(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let kept = path.rsplit_once('/').map_or("", |(kept, _)| kept);
    format!("{origin}{kept}/…")
}

/// Carries messages to addresses. Clones share connections.
#[derive(Clone, Debug)]
pub struct Hooks {
    transport: Arc<dyn Transport>,
    places: Arc<config::Hooks>,
}

impl Hooks {
    /// Requests go through `transport`, which must not reach where strangers have no business.
    pub fn new(transport: Arc<dyn Transport>, places: config::Hooks) -> Self {
        Self { transport, places: Arc::new(places) }
    }

    /// Nothing leaves.
    pub fn off() -> Self {
        Self::new(Arc::new(Nowhere), config::Hooks::default())
    }

    /// Where services' own addresses are.
    pub fn places(&self) -> &config::Hooks {
        &self.places
    }

    /// Sends one message, once; where its form is refused, its bare words at once.
    pub async fn send(&self, kind: HookKind, message: &Message<'_>) -> Outcome {
        let service = service(kind);
        let Some(written) = service.write(message) else {
            return Outcome::ContentRefused { reason: "it cannot be written".to_owned() };
        };
        let outcome = self.post(service, message.url, written).await;
        match (&outcome, service.write_bare(message)) {
            (Outcome::ContentRefused { .. }, Some(bare)) => {
                self.post(service, message.url, bare).await
            }
            _ => outcome,
        }
    }

    async fn post(&self, service: &dyn Service, url: &Url, written: Written) -> Outcome {
        let Ok(mut request) = Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .body(Bytes::from(written.body))
        else {
            return Outcome::Blocked { reason: "the address cannot be used".to_owned() };
        };
        *request.headers_mut() = written.headers;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        match self.transport.send(request).await {
            Ok(response) => service.outcome(&response),
            Err(TransportError::Forbidden(words)) => Outcome::Blocked { reason: reason(&words) },
            Err(TransportError::NotSent(words)) => Outcome::NotSent { reason: reason(&words) },
            Err(TransportError::Unknown(words)) => service.unanswered(reason(&words)),
        }
    }
}

/// Carries nothing.
#[derive(Clone, Copy, Debug)]
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let off = TransportError::NotSent("messages to addresses are switched off".to_owned());
        Box::pin(ready(Err(off)))
    }
}

/// The first line of an answer's body, as a reason.
fn words(response: &Response<Bytes>) -> String {
    let body = String::from_utf8_lossy(&response.body()[..response.body().len().min(500)]);
    reason(format!("{} {body}", response.status().as_u16()).trim_end())
}

#[cfg(test)]
mod tests;
