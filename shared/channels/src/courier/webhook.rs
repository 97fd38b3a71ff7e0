//! Courier's webhooks: `{"type": "message:updated", "data": {"id", "status", "reason"}}` (FACTS:
//! Courier).

use domain::mail::{MailNews, MailStatus};
use domain::outcome::reason;
use serde::Deserialize;
use serde_json::Value;

/// What a webhook is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// How far a mail has come.
    Mail(MailNews),
    /// Something that nothing follows from.
    Other,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    data: Value,
}

/// What an event says of a message.
#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    reason: Value,
}

impl Webhook {
    /// Reads a body. Kinds and statuses that are not known are [`Webhook::Other`].
    ///
    /// # Errors
    /// It is no event, or one of a message without an id.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let Event { kind, data } = serde_json::from_slice(body)?;
        if kind != "message:updated" {
            return Ok(Self::Other);
        }
        let message: Message = serde_json::from_value(data)?;
        let Ok(status) = serde_json::from_value::<MailStatus>(message.status) else {
            return Ok(Self::Other);
        };
        let words = message.reason.as_str().map(reason).filter(|words| !words.is_empty());
        Ok(Self::Mail(MailNews { reference: message.id, status, reason: words }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Option<Webhook> {
        Webhook::parse(body.as_bytes()).ok()
    }

    #[test]
    fn a_status_is_read_with_its_reason() {
        let body = r#"{"type":"message:updated","data":{"id":"1-2","status":"UNDELIVERABLE","reason":"BOUNCED","more":1}}"#;
        let news = MailNews {
            reference: "1-2".to_owned(),
            status: MailStatus::Undeliverable,
            reason: Some("BOUNCED".to_owned()),
        };
        assert_eq!(parse(body), Some(Webhook::Mail(news)));
    }

    #[test]
    fn other_kinds_and_statuses_are_let_be_and_garbage_is_none() {
        for body in [
            r#"{"type":"notification:published","data":{}}"#,
            r#"{"type":"message:updated","data":{"id":"1","status":"SIMULATED"}}"#,
            r#"{"type":"message:updated","data":{"id":"1"}}"#,
            "{}",
        ] {
            assert_eq!(parse(body), Some(Webhook::Other), "{body}");
        }
        for body in [
            "",
            "7",
            r#"{"type":"message:updated"}"#,
            r#"{"type":"message:updated","data":{"id":7}}"#,
        ] {
            assert_eq!(parse(body), None, "{body}");
        }
    }
}
