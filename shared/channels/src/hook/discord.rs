//! Discord: an incoming webhook of a channel.
//!
//! 204 is a success; 429 says in `retry_after`, in seconds with a fraction, how long to wait; 404 and
//! 401 mean that the webhook is gone.

use bytes::Bytes;
use domain::message::{Block, Letter, REPEAT_MARK};
use domain::outcome::Outcome;
use domain::text::first_chars;
use http::{Response, StatusCode};
use runtime::config;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Message, Service, Written, words};
use crate::letter;
use crate::retry_after::{retry_after, seconds};

/// The hosts of the stable and the test versions.
const HOSTS: [&str; 4] = ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"];
// What a message may have, in characters.
const MAX_CONTENT: usize = 2_000;
const MAX_TITLE: usize = 256;
const MAX_DESCRIPTION: usize = 3_000;
const MAX_FOOTER: usize = 500;

pub(super) struct Discord;

#[derive(Deserialize)]
struct Limited {
    retry_after: f64,
}

impl Service for Discord {
    fn name(&self) -> &'static str {
        "Discord"
    }

    fn check(&self, address: &Url, places: &config::Hooks) -> Result<(), &'static str> {
        let own = match &places.discord {
            None => {
                address.scheme() == "https"
                    && address.port().is_none()
                    && HOSTS.iter().any(|host| address.host_str() == Some(host))
            }
            Some(place) => address.as_str().starts_with(place.as_str()),
        };
        let path = address.path().to_owned();
        let is_webhook = path.split_once("/api/webhooks/").is_some_and(|(_, rest)| {
            rest.split_once('/').is_some_and(|(id, token)| !id.is_empty() && !token.is_empty())
        });
        if own && is_webhook {
            Ok(())
        } else {
            Err("must be a webhook's address such as https://discord.com/api/webhooks/123/abc")
        }
    }

    fn write(&self, message: &Message<'_>) -> Option<Written> {
        let letter = letter::fitting(message.content, message.site, |letter| {
            description(letter).chars().count() <= MAX_DESCRIPTION
        });
        let mark = if message.repeat { REPEAT_MARK } else { "" };
        Some(Written::json(&json!({
            "content": mark,
            "embeds": [embed(&letter)],
            // Nobody is called by a message, whatever stands in it.
            "allowed_mentions": { "parse": [] },
        })))
    }

    fn write_bare(&self, message: &Message<'_>) -> Option<Written> {
        let mark = message.repeat.then_some(REPEAT_MARK);
        let letter = letter::fitting(message.content, message.site, |letter| {
            letter::plain(letter, mark).chars().count() <= MAX_CONTENT
        });
        let text = letter::plain(&letter, mark);
        let body = json!({
            "content": first_chars(&text, MAX_CONTENT),
            "allowed_mentions": { "parse": [] },
        });
        Some(Written::json(&body))
    }

    fn outcome(&self, response: &Response<Bytes>) -> Outcome {
        match response.status() {
            status if status.is_success() => Outcome::Taken { reference: None },
            StatusCode::TOO_MANY_REQUESTS => {
                let said = serde_json::from_slice::<Limited>(response.body()).ok();
                let wait = said.and_then(|it| seconds(it.retry_after)).or(retry_after(response));
                let millis = wait.map_or(5_000, |wait| wait.as_millis());
                Outcome::RateLimited { retry_after_ms: u64::try_from(millis).unwrap_or(u64::MAX) }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Outcome::Blocked { reason: words(response) }
            }
            status if status.is_server_error() => Outcome::Unknown { reason: words(response) },
            _ => Outcome::ContentRefused { reason: words(response) },
        }
    }
}

fn embed(letter: &Letter) -> Value {
    let mut embed = json!({ "title": first_chars(&letter.subject, MAX_TITLE) });
    for block in &letter.blocks {
        match block {
            Block::Heading(text) => embed["title"] = first_chars(text, MAX_TITLE).into(),
            Block::Image { url, .. } => embed["image"] = json!({ "url": url }),
            Block::Button { url, .. } => embed["url"] = url.as_str().into(),
            Block::Small(text) => {
                embed["footer"] = json!({ "text": first_chars(text, MAX_FOOTER) });
            }
            Block::Text(_) | Block::Strong(_) => {}
        }
    }
    embed["description"] = first_chars(&description(letter), MAX_DESCRIPTION).into();
    embed
}

/// What stands in the middle of an embed.
fn description(letter: &Letter) -> String {
    let lines = letter.blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(escape(text)),
        Block::Strong(text) => Some(format!("**{}**", escape(text))),
        Block::Button { label, url } => Some(format!("[{}]({url})", escape(label))),
        Block::Heading(_) | Block::Image { .. } | Block::Small(_) => None,
    });
    lines.collect::<Vec<String>>().join("\n\n")
}

/// Markdown of people's own is text.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '[' | ']' | '<' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
