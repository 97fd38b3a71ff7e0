//! Discord: 204; 429 with `retry_after` in seconds with a fraction; 404 for a webhook that is gone.

use serde_json::{Value, json};

use super::Answer;

/// So many posts to one webhook in so many milliseconds.
pub(super) const LIMIT: (usize, i64) = (5, 2_000);

const MAX_CONTENT: usize = 2_000;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 4_096;
const MAX_EMBEDS: usize = 10;
const MAX_ALL: usize = 6_000;

pub(super) fn is_address(address: &str) -> bool {
    let mut parts = address.split('/');
    let known = parts.next() == Some("api") && parts.next() == Some("webhooks");
    known && parts.next().is_some_and(|id| !id.is_empty()) && parts.next().is_some()
}

pub(super) fn gone() -> Answer {
    Answer::new(404, json!({ "message": "Unknown Webhook", "code": 10015 }).to_string())
}

pub(super) fn limited(ms: u64) -> Answer {
    let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
    let body = json!({
        "message": "You are being rate limited.", "retry_after": seconds, "global": false,
    });
    Answer::new(429, body.to_string()).with("retry-after", ms.div_ceil(1_000).to_string())
}

pub(super) fn taken() -> Answer {
    Answer::new(204, "")
}

/// What is wrong with a message.
pub(super) fn fault(body: &Value) -> Option<Answer> {
    let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    let none = Vec::new();
    let embeds = body["embeds"].as_array().unwrap_or(&none);
    let empty = |value: &Value| value.as_str().is_none_or(|text| text.trim().is_empty());
    let all: usize = embeds
        .iter()
        .map(|it| length(&it["title"]) + length(&it["description"]) + length(&it["footer"]["text"]))
        .sum();
    let wrong = if empty(&body["content"]) && embeds.is_empty() {
        Some("Cannot send an empty message")
    } else if length(&body["content"]) > MAX_CONTENT {
        Some("content: Must be 2000 or fewer in length.")
    } else if embeds.len() > MAX_EMBEDS
        || all > MAX_ALL
        || embeds.iter().any(|it| {
            length(&it["title"]) > MAX_TITLE || length(&it["description"]) > MAX_DESCRIPTION
        })
    {
        Some("embeds: Embed size exceeds maximum size")
    } else {
        None
    };
    wrong.map(|text| Answer::new(400, json!({ "message": text, "code": 50035 }).to_string()))
}
