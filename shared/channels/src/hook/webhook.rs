//! Someone's own server, told by JSON that is signed by the Standard Webhooks specification.
//!
//! ```text
//! webhook-id: <the same for each attempt>   webhook-timestamp: <seconds>
//! webhook-signature: v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">
//! ```
//!
//! Any 2xx is a success; 410 means that the receiver wants no more; 429 and 503 may say how long to
//! wait. Everything else is tried again: the receiver knows a message that comes twice by its id.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::message::{Content, OfferMessage};
use domain::outcome::Outcome;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use runtime::config;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{Message, Service, Written, words};
use crate::letter;
use crate::retry_after::retry_after;

/// What a secret begins with when it is shown.
const PREFIX: &str = "whsec_";

pub(super) struct Webhook;

/// A secret of these random bytes, as its owner is shown it.
pub fn new_secret(random: &[u8; 32]) -> SecretString {
    format!("{PREFIX}{}", STANDARD.encode(random)).into()
}

impl Service for Webhook {
    fn name(&self) -> &'static str {
        "Webhook"
    }

    fn check(&self, address: &Url, places: &config::Hooks) -> Result<(), &'static str> {
        if address.host_str().is_none_or(str::is_empty) {
            return Err("must be an address such as https://example.com/hook");
        }
        match address.scheme() {
            "https" => Ok(()),
            "http" if places.any_network => Ok(()),
            _ => Err("must begin with https://"),
        }
    }

    fn is_signed(&self) -> bool {
        true
    }

    fn write(&self, message: &Message<'_>) -> Option<Written> {
        let body = json!({
            "type": name(message.content),
            "timestamp": message.at.rfc3339(),
            "data": data(message),
        });
        let body = body.to_string();
        let seconds = message.at.as_seconds().to_string();
        let signature = sign(message.secret?, message.id, &seconds, &body)?;
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", message.id),
            ("webhook-timestamp", &seconds),
            ("webhook-signature", &format!("v1,{signature}")),
        ] {
            headers.insert(name, HeaderValue::from_str(value).ok()?);
        }
        Some(Written { body: body.into_bytes(), headers })
    }

    fn outcome(&self, response: &Response<Bytes>) -> Outcome {
        let status = response.status();
        if status.is_success() {
            return Outcome::Taken { reference: None };
        }
        // What the receiver says is its own business: its status is enough.
        let reason = format!("HTTP {}", status.as_u16());
        match (status, retry_after(response)) {
            (StatusCode::GONE, _) => Outcome::Blocked { reason: words(response) },
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
                let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                Outcome::RateLimited { retry_after_ms }
            }
            _ if status.is_redirection() => {
                Outcome::NotSent { reason: format!("{reason}: redirects are not followed") }
            }
            _ => Outcome::NotSent { reason },
        }
    }

    fn unanswered(&self, reason: String) -> Outcome {
        Outcome::NotSent { reason }
    }
}

pub(super) fn sign(secret: &SecretString, id: &str, seconds: &str, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.expose_secret().strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn name(content: &Content) -> &'static str {
    match content {
        Content::Offer(offer) if offer.previous_price.is_some() => "offer.changed",
        Content::Offer(_) => "offer.new",
        Content::Digest(_) => "offers.digest",
        Content::Alert(_) => "alert",
        Content::Notice(_) => "notice",
        Content::Text { .. } | Content::Part(_) | Content::Relay(_) => "text",
    }
}

/// What programs read: ids, numbers and addresses as they are; and the words for people.
fn data(message: &Message<'_>) -> Value {
    let letter = letter::of(message.content, message.site);
    match message.content {
        Content::Offer(offer) => offer_data(offer),
        Content::Digest(digest) => json!({
            "offers": digest.offers.iter().map(offer_data).collect::<Vec<_>>(),
            "more": digest.more,
        }),
        Content::Alert(_)
        | Content::Notice(_)
        | Content::Text { .. }
        | Content::Part(_)
        | Content::Relay(_) => json!({ "text": letter::plain(&letter, None) }),
    }
}

fn offer_data(offer: &OfferMessage) -> Value {
    json!({
        "offer": {
            "url": offer.url.as_str(),
            "title": offer.listing.title,
            "price": offer.listing.price,
            "currency": offer.listing.currency,
            "previous_price": offer.previous_price,
            "image_url": offer.listing.image_url,
            "description": offer.listing.description,
            "attributes": offer.listing.attributes,
        },
        "target": { "id": offer.target_id.0, "name": offer.target_name },
    })
}
