//! A mail, and how it is read from the body of `POST /send`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a mail stands, in Courier's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Taken.
    Enqueued,
    /// Handed to the mail server.
    Sent,
    /// In the mail box.
    Delivered,
    /// Looked at.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// It came back.
    Undeliverable,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The id that `POST /send` answered with.
    pub id: String,
    /// When it was taken, in milliseconds since 1970.
    pub at_ms: i64,
    /// The address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says, as HTML.
    pub html: String,
    /// What it says, as text.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// Why it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Mail {
    /// Every address that its text names.
    pub fn links(&self) -> Vec<String> {
        let words = self.text.split_whitespace();
        words.filter(|it| it.starts_with("http")).map(str::to_owned).collect()
    }
}

/// What a body asks to be sent.
pub(super) struct Draft {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) html: String,
    pub(super) text: String,
    pub(super) tags: Vec<String>,
}

/// Reads a body, or says what is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Draft, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let message = &body["message"];
    let to = text(&message["to"]["email"]).ok_or("message.to.email is required")?;
    if !is_address(&to) {
        return Err("message.to.email is no address".to_owned());
    }
    if message["content"]["version"] != "2022-01-01" {
        return Err("message.content.version must be 2022-01-01".to_owned());
    }
    let elements = message["content"]["elements"].as_array();
    let elements = elements.ok_or("message.content.elements is required")?;
    if elements.iter().any(|element| element["type"] != "channel") {
        return Err("beside a channel element there can be channel elements only".to_owned());
    }
    let raw = elements.iter().find(|element| element["channel"] == "email");
    let raw = &raw.ok_or("there is no content for the channel email")?["raw"];
    let part = |name: &str| {
        let part = text(&raw[name]).ok_or_else(|| format!("raw.{name} is required"))?;
        // What stands in double braces is looked up in the message's data.
        if part.contains("{{") {
            Err(format!("raw.{name} has a variable without data"))
        } else {
            Ok(part)
        }
    };
    let routed = message["routing"]["channels"].as_array();
    if !routed.is_some_and(|channels| channels.iter().any(|channel| channel == "email")) {
        return Err("message.routing has no channel that content is there for".to_owned());
    }
    let tags = message["metadata"]["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tags = tags.iter().filter_map(text).collect();
    let (subject, html, text) = (part("subject")?, part("html")?, part("text")?);
    Ok(Draft { to, subject, html, text, tags })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}
