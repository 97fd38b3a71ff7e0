//! Slack: an incoming webhook of a channel.
//!
//! 200 `ok` is a success; 429 has `Retry-After`; 403, 404 and 410 mean that the webhook, its channel or
//! its workspace is gone, and the body says which.

use bytes::Bytes;
use domain::message::{Block, REPEAT_MARK};
use domain::outcome::Outcome;
use domain::text::first_chars;
use http::{Response, StatusCode};
use runtime::config;
use serde_json::{Value, json};
use url::Url;

use super::{Message, Service, Written, words};
use crate::letter;
use crate::retry_after::retry_after;

const PLACE: &str = "https://hooks.slack.com/";
// What a message may have, in characters, with room for what escaping adds.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 2_900;
const MAX_TEXT: usize = 4_000;
const MAX_LABEL: usize = 75;
const MAX_ADDRESS: usize = 3_000;

pub(super) struct Slack;

impl Service for Slack {
    fn name(&self) -> &'static str {
        "Slack"
    }

    fn check(&self, address: &Url, places: &config::Hooks) -> Result<(), &'static str> {
        let place = places.slack.as_deref().unwrap_or(PLACE);
        let path = address.path();
        let is_hook = ["/services/", "/workflows/"].into_iter().any(|part| {
            path.split_once(part).is_some_and(|(_, rest)| rest.split('/').count() >= 2)
        });
        if address.as_str().starts_with(place) && is_hook {
            Ok(())
        } else {
            Err("must be an incoming webhook such as https://hooks.slack.com/services/T0/B0/abc")
        }
    }

    fn write(&self, message: &Message<'_>) -> Option<Written> {
        let letter = letter::of(message.content, message.site);
        let mut blocks = Vec::new();
        if message.repeat {
            blocks.push(section(&format!("_{}_", escape(REPEAT_MARK))));
        }
        blocks.extend(letter.blocks.iter().map(block));
        Some(Written::json(&json!({
            "text": clipped(&letter.subject, MAX_TEXT),
            "blocks": blocks,
            "unfurl_links": false,
            "unfurl_media": false,
        })))
    }

    fn write_bare(&self, message: &Message<'_>) -> Option<Written> {
        let mark = message.repeat.then_some(REPEAT_MARK);
        let text = letter::plain(&letter::of(message.content, message.site), mark);
        Some(Written::json(&json!({ "text": clipped(&text, MAX_TEXT) })))
    }

    fn outcome(&self, response: &Response<Bytes>) -> Outcome {
        match response.status() {
            status if status.is_success() => Outcome::Taken { reference: None },
            StatusCode::TOO_MANY_REQUESTS => {
                let millis = retry_after(response).map_or(1_000, |wait| wait.as_millis());
                Outcome::RateLimited { retry_after_ms: u64::try_from(millis).unwrap_or(u64::MAX) }
            }
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
                Outcome::Blocked { reason: words(response) }
            }
            status if status.is_server_error() => Outcome::Unknown { reason: words(response) },
            _ => Outcome::ContentRefused { reason: words(response) },
        }
    }
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(text) => json!({
            "type": "header",
            "text": { "type": "plain_text", "text": first_chars(text, MAX_HEADER), "emoji": false },
        }),
        Block::Text(text) => section(&clipped(text, MAX_SECTION)),
        Block::Strong(text) => section(&format!("*{}*", clipped(text, MAX_SECTION))),
        Block::Image { url, alt } => {
            json!({ "type": "image", "image_url": url, "alt_text": first_chars(alt, MAX_HEADER) })
        }
        Block::Button { label, url } if url.len() <= MAX_ADDRESS => json!({
            "type": "actions",
            "elements": [{
                "type": "button",
                "text": { "type": "plain_text", "text": first_chars(label, MAX_LABEL) },
                "url": url,
            }],
        }),
        Block::Button { url, .. } => section(&clipped(url, MAX_SECTION)),
        Block::Small(text) => json!({
            "type": "context",
            "elements": [{ "type": "mrkdwn", "text": clipped(text, MAX_SECTION) }],
        }),
    }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// At most so many characters once they are escaped.
fn clipped(text: &str, max: usize) -> String {
    let (mut clipped, mut length) = (String::new(), 0);
    for c in text.chars() {
        let part = escape(c.encode_utf8(&mut [0; 4]));
        length += part.len().max(1);
        if length > max {
            break;
        }
        clipped.push_str(&part);
    }
    clipped
}

/// The three characters that mean something to Slack.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
