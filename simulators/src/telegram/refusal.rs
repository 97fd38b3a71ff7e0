//! How Telegram says no.

use serde_json::{Value, json};

/// A refused call: what Telegram answers in place of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_code} {description}")]
pub struct Refusal {
    /// Also the HTTP status.
    pub error_code: u16,
    /// The sentence in `description`.
    pub description: String,
    /// `parameters.retry_after`, in seconds.
    pub retry_after: Option<u64>,
    /// `parameters.migrate_to_chat_id`.
    pub migrate_to_chat_id: Option<i64>,
}

impl Refusal {
    /// A refusal without parameters.
    pub fn new(error_code: u16, description: impl Into<String>) -> Self {
        Self {
            error_code,
            description: description.into(),
            retry_after: None,
            migrate_to_chat_id: None,
        }
    }

    /// `Bad Request: …`, first letter lowered unless the next one is a capital:
    /// `Message text is empty` is a sentence, `BUTTON_DATA_INVALID` a code.
    pub fn bad_request(reason: impl AsRef<str>) -> Self {
        let reason = reason.as_ref();
        let mut letters = reason.chars();
        let first = letters.next();
        let is_code = letters.next().is_some_and(|c| c == '_' || c.is_ascii_uppercase());
        let text = match first {
            Some(c) if !is_code => format!("{}{}", c.to_ascii_lowercase(), &reason[c.len_utf8()..]),
            _ => reason.to_owned(),
        };
        Self::new(400, format!("Bad Request: {text}"))
    }

    /// `Forbidden: …`
    pub fn forbidden(reason: &str) -> Self {
        Self::new(403, format!("Forbidden: {reason}"))
    }

    /// `Conflict: …`
    pub fn conflict(reason: &str) -> Self {
        Self::new(409, format!("Conflict: {reason}"))
    }

    /// No bot has this token.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// No such method.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// `Too Many Requests: retry after N`
    pub fn too_many_requests(retry_after: u64) -> Self {
        let mut refusal = Self::new(429, format!("Too Many Requests: retry after {retry_after}"));
        refusal.retry_after = Some(retry_after);
        refusal
    }

    /// The group lives on under another id.
    pub fn migrated(to: i64) -> Self {
        let mut refusal = Self::bad_request("group chat was upgraded to a supergroup chat");
        refusal.migrate_to_chat_id = Some(to);
        refusal
    }

    /// The body that goes over the wire.
    pub fn to_json(&self) -> Value {
        let mut body =
            json!({ "ok": false, "error_code": self.error_code, "description": self.description });
        let mut parameters = serde_json::Map::new();
        if let Some(seconds) = self.retry_after {
            parameters.insert("retry_after".into(), seconds.into());
        }
        if let Some(chat_id) = self.migrate_to_chat_id {
            parameters.insert("migrate_to_chat_id".into(), chat_id.into());
        }
        if !parameters.is_empty() {
            body["parameters"] = Value::Object(parameters);
        }
        body
    }
}
