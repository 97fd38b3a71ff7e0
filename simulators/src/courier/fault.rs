//! Mishaps on demand.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Answer;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 429 with `Retry-After`.
    TooManyRequests {
        /// In seconds.
        retry_after: u64,
    },
    /// 500 and no mail, kept as the answer to its key.
    ErrorBefore,
    /// 500 although the mail goes out, kept as the answer to its key.
    ErrorAfter,
    /// The connection breaks and nothing was done.
    LostBefore,
    /// The connection breaks although the mail goes out.
    LostAfter,
    /// 400.
    BadRequest {
        /// Its message.
        message: String,
    },
    /// 401, as for a key that was revoked.
    Unauthorized,
}

impl Fault {
    /// As the log calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::ErrorBefore => "error_before",
            Self::ErrorAfter => "error_after",
            Self::LostBefore => "lost_before",
            Self::LostAfter => "lost_after",
            Self::BadRequest { .. } => "bad_request",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// The mail goes out before things go wrong.
    pub(super) fn comes_after(&self) -> bool {
        matches!(self, Self::ErrorAfter | Self::LostAfter)
    }

    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::TooManyRequests { retry_after } => Answer {
                retry_after: Some(*retry_after),
                ..refusal(429, "rate_limited", "Too many requests")
            },
            Self::ErrorBefore | Self::ErrorAfter => {
                refusal(500, "api_error", "Internal server error")
            }
            Self::LostBefore | Self::LostAfter => Answer { lost: true, ..refusal(500, "", "") },
            Self::BadRequest { message } => refusal(400, "invalid_request_error", message),
            Self::Unauthorized => refusal(401, "authentication_error", "Unauthorized"),
        }
    }
}

pub(super) fn refusal(status: u16, kind: &str, message: &str) -> Answer {
    Answer {
        status,
        body: json!({ "type": kind, "message": message }),
        retry_after: None,
        lost: false,
    }
}
