//! What became of one attempt to send one message on one channel.

use serde::{Deserialize, Serialize};

use crate::text;

/// The longest reason that is kept, in characters.
pub const MAX_REASON_CHARS: usize = 200;

/// The result of one attempt. It carries the decision of what happens next
/// (ENGINE, Unknown): sent again, waited for, held, or stopped.
///
/// Reasons hold the channel's own words, cut to [`MAX_REASON_CHARS`]; never
/// an address, a token or the text of the message. Make them with [`reason`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The channel took the message and gave it this id.
    Sent {
        /// The channel's id of the message.
        message_id: i64,
    },
    /// The service took the message.
    Taken {
        /// What the service calls it, if it says.
        reference: Option<String>,
    },
    /// Not sent: the sender is too fast and waits, for all its chats.
    RateLimited {
        /// How long to wait from now, in milliseconds.
        retry_after_ms: u64,
    },
    /// Not sent: the recipient does not want or cannot get messages. The
    /// channel is blocked until they come back.
    Blocked {
        /// The channel's words.
        reason: String,
    },
    /// Not sent: the chat has another id now. Rewrite it and send again.
    Migrated {
        /// The chat's new id.
        chat_id: i64,
    },
    /// Not sent: this content will never be accepted as it is.
    ContentRefused {
        /// The channel's words.
        reason: String,
    },
    /// Certainly not sent, for a reason that may pass: send again.
    NotSent {
        /// What failed.
        reason: String,
    },
    /// Perhaps sent: the request went out and no answer tells. The kind of
    /// message decides whether it goes again, marked, or is held.
    Unknown {
        /// What failed.
        reason: String,
    },
    /// Perhaps sent: the service answered that it failed, and repeats that answer to the request's
    /// key. The next attempt takes another key.
    Faulted {
        /// What failed.
        reason: String,
    },
    /// Not sent: the sender's own credentials are refused. Stop it and tell
    /// its admins.
    BotRevoked {
        /// The channel's words.
        reason: String,
    },
}

impl Outcome {
    /// The short name under which the outcome is counted and stored.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } | Self::Taken { .. } => "sent",
            Self::RateLimited { .. } => "rate_limited",
            Self::Blocked { .. } => "blocked",
            Self::Migrated { .. } => "migrated",
            Self::ContentRefused { .. } => "content_refused",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
            Self::Faulted { .. } => "faulted",
            Self::BotRevoked { .. } => "bot_revoked",
        }
    }

    /// The reason, where the outcome has one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Sent { .. }
            | Self::Taken { .. }
            | Self::RateLimited { .. }
            | Self::Migrated { .. } => None,
            Self::Blocked { reason }
            | Self::ContentRefused { reason }
            | Self::NotSent { reason }
            | Self::Unknown { reason }
            | Self::Faulted { reason }
            | Self::BotRevoked { reason } => Some(reason),
        }
    }
}

/// A channel's words as a reason: one line of at most [`MAX_REASON_CHARS`]
/// characters.
pub fn reason(words: &str) -> String {
    let line = text::one_line(words);
    text::first_chars(&line, MAX_REASON_CHARS).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        let long = format!("Bad\nRequest: {}", "я".repeat(500));
        let kept = reason(&long);
        assert!(kept.starts_with("Bad Request: я"));
        assert_eq!(kept.chars().count(), MAX_REASON_CHARS);
    }

    #[test]
    fn an_outcome_is_stored_under_its_name() -> Result<(), serde_json::Error> {
        let outcome = Outcome::Blocked { reason: "Forbidden: bot was blocked by the user".into() };
        let stored = serde_json::to_value(&outcome)?;
        assert_eq!(stored["outcome"], outcome.name());
        assert_eq!(serde_json::from_value::<Outcome>(stored)?, outcome);
        Ok(())
    }
}
