//! Slack: 200 `ok`; 429 with `Retry-After` in whole seconds; 404 `no_service` for what is gone.

use serde_json::Value;

use super::Answer;

/// So many posts to one webhook in so many milliseconds.
pub(super) const LIMIT: (usize, i64) = (1, 1_000);

const MAX_SECTION: usize = 3_000;
const MAX_HEADER: usize = 150;
const MAX_BLOCKS: usize = 50;
const MAX_TEXT: usize = 40_000;

pub(super) fn is_address(address: &str) -> bool {
    let parts: Vec<&str> = address.split('/').collect();
    parts.len() == 4 && parts[0] == "services" && parts.iter().all(|part| !part.is_empty())
}

pub(super) fn gone() -> Answer {
    Answer::new(404, "no_service")
}

pub(super) fn limited(ms: u64) -> Answer {
    Answer::new(429, "rate_limited").with("retry-after", ms.div_ceil(1_000).to_string())
}

pub(super) fn taken() -> Answer {
    Answer::new(200, "ok")
}

/// What is wrong with a message.
pub(super) fn fault(body: &Value) -> Option<Answer> {
    let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    let none = Vec::new();
    let blocks = body["blocks"].as_array().unwrap_or(&none);
    if length(&body["text"]) == 0 && blocks.is_empty() {
        return Some(Answer::new(400, "no_text"));
    }
    let fits = |block: &Value| match block["type"].as_str() {
        Some("section") => (1..=MAX_SECTION).contains(&length(&block["text"]["text"])),
        Some("header") => (1..=MAX_HEADER).contains(&length(&block["text"]["text"])),
        Some("image") => length(&block["alt_text"]) > 0 && length(&block["image_url"]) > 0,
        Some("actions" | "context") => {
            block["elements"].as_array().is_some_and(|all| !all.is_empty())
        }
        Some("divider") => true,
        _ => false,
    };
    let well =
        blocks.len() <= MAX_BLOCKS && length(&body["text"]) <= MAX_TEXT && blocks.iter().all(fits);
    (!well).then(|| Answer::new(400, "invalid_blocks"))
}
