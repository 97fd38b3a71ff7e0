//! Telegram's answers, and what each of them means for a message
//! (FACTS: Telegram, Errors; ENGINE 16).

use domain::outcome::{Outcome, reason};
use http::Response;
use runtime::http::TransportError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// How long to wait, in seconds, when Telegram limits and does not say.
const DEFAULT_RETRY_AFTER: u64 = 5;

/// The longest wait that is believed, in seconds: a day.
const MAX_RETRY_AFTER: u64 = 86_400;

/// Beginnings and parts of descriptions that speak of the content, and that
/// the same content as bare text may not provoke. Lower case.
const CONTENT_ERRORS: &[&str] = &[
    "can't parse entities",
    "message is too long",
    "caption is too long",
    "caption_too_long",
    "message text is empty",
    "text must be non-empty",
    "wrong http url",
    "failed to get http url content",
    "wrong type of the web page content",
    "webpage_",
    "wrong file identifier",
    "wrong remote file",
    "photo_",
    "image_process_failed",
    "unsupported url protocol",
    "button_",
    "inline keyboard",
    "reply markup",
];

/// Parts of descriptions that speak of the buttons. Lower case.
const BUTTON_ERRORS: &[&str] = &["button_", "inline keyboard", "reply markup"];

/// What Telegram says of a file that it does not know, or not as this bot's. Lower case.
const FILE_ID_ERRORS: &[&str] = &["wrong file identifier", "wrong remote file"];
/// Beginnings of descriptions that speak of a message that was to be shown in another chat. Lower case.
const MESSAGE_ERRORS: &[&str] = &[
    "message to forward not found",
    "message to copy not found",
    "message can't be forwarded",
    "message can't be copied",
    "message_id_invalid",
];

/// Why a call of the Bot API did not succeed. Texts are Telegram's own words
/// or the transport's, cut to 200 characters, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TelegramError {
    /// The request certainly had no effect; it may be made again.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request may have had its effect: time-out, reset, a 5xx answer or
    /// one that cannot be read.
    #[error("unknown: {0}")]
    Unknown(String),
    /// 429: the whole bot waits.
    #[error("too many requests: wait {retry_after_ms} ms")]
    RateLimited {
        /// How long, from now, in milliseconds.
        retry_after_ms: u64,
    },
    /// 401, or 404 for a token that Telegram cannot even parse.
    #[error("the bot's token is refused: {0}")]
    Unauthorized(String),
    /// The chat has another id now.
    #[error("the chat is {chat_id} now")]
    Migrated {
        /// The new id.
        chat_id: i64,
    },
    /// Any other refusal; it had no effect.
    #[error("{code}: {description}")]
    Refused {
        /// Telegram's error code, which mirrors HTTP's.
        code: u16,
        /// Telegram's words.
        description: String,
    },
}

impl TelegramError {
    /// Whether the content was refused and bare text may pass.
    pub(crate) fn is_about_content(&self) -> bool {
        match self {
            Self::Refused { code: 400, description } => contains_any(description, CONTENT_ERRORS),
            // The files are too large, all together.
            Self::Refused { code: 413, .. } => true,
            _ => false,
        }
    }

    /// Whether it was the buttons that were refused.
    pub(crate) fn is_about_buttons(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description }
            if contains_any(description, BUTTON_ERRORS))
    }

    /// Whether Telegram does not know a file by what it was called.
    pub(crate) fn is_about_file_id(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description }
            if contains_any(description, FILE_ID_ERRORS))
    }

    /// Whether a message of another chat cannot be shown: it is gone, or its writer forbids it.
    pub(crate) fn is_about_message(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description }
            if contains_any(description, MESSAGE_ERRORS))
    }

    /// Whether the refusal means that there was nothing left to do: the
    /// press of a button was answered too late, or an edit changed nothing.
    pub(crate) fn is_benign(&self) -> bool {
        matches!(self, Self::Refused { code: 400, description }
            if contains_any(description, &["message is not modified", "query is too old"]))
    }

    /// This refusal where no time is left for another form: it had no effect, and the message may be sent again.
    pub(crate) fn put_off(&self) -> Self {
        Self::NotSent(reason(&format!("no time left for another form: {self}")))
    }

    /// What the error means for the message that was sent.
    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            Self::Unknown(reason) => Outcome::Unknown { reason },
            Self::RateLimited { retry_after_ms } => Outcome::RateLimited { retry_after_ms },
            Self::Unauthorized(reason) => Outcome::BotRevoked { reason },
            Self::Migrated { chat_id } => Outcome::Migrated { chat_id },
            Self::Refused { code: 403, description: reason } => Outcome::Blocked { reason },
            Self::Refused { code: 400, description: reason } => {
                if contains_any(&reason, &["chat not found"]) {
                    Outcome::Blocked { reason }
                } else {
                    Outcome::ContentRefused { reason }
                }
            }
            Self::NotSent(reason) | Self::Refused { description: reason, .. } => {
                Outcome::NotSent { reason }
            }
        }
    }
}

impl From<TransportError> for TelegramError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent(words) | TransportError::Forbidden(words) => {
                Self::NotSent(reason(&words))
            }
            TransportError::Unknown(words) => Self::Unknown(reason(&words)),
        }
    }
}

fn contains_any(description: &str, parts: &[&str]) -> bool {
    let description = description.to_ascii_lowercase();
    parts.iter().any(|part| description.contains(part))
}

/// Every answer of the Bot API.
#[derive(Deserialize)]
struct Envelope<R> {
    ok: bool,
    result: Option<R>,
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

/// What helps to handle an error.
#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// Reads an answer: the result, or the error it stands for.
pub(crate) fn read<R: DeserializeOwned>(
    response: &Response<bytes::Bytes>,
) -> Result<R, TelegramError> {
    let status = response.status().as_u16();
    // A gateway between us and Telegram answers 5xx for requests that passed.
    if status >= 500 {
        return Err(TelegramError::Unknown(format!("HTTP {status}")));
    }
    match serde_json::from_slice::<Envelope<R>>(response.body()) {
        Ok(Envelope { ok: true, result: Some(result), .. }) => Ok(result),
        Ok(envelope) if !envelope.ok => Err(refusal(&envelope, status, response)),
        Ok(_) | Err(_) => Err(unreadable(status, response)),
    }
}

fn refusal<R>(
    envelope: &Envelope<R>,
    status: u16,
    response: &Response<bytes::Bytes>,
) -> TelegramError {
    let description = reason(&envelope.description);
    let parameters = envelope.parameters.as_ref();
    if let Some(chat_id) = parameters.and_then(|p| p.migrate_to_chat_id) {
        return TelegramError::Migrated { chat_id };
    }
    match envelope.error_code.unwrap_or(status) {
        429 => rate_limited(
            parameters
                .and_then(|p| p.retry_after)
                .or_else(|| retry_after_in(&description))
                .or_else(|| retry_after_header(response)),
        ),
        401 => TelegramError::Unauthorized(description),
        404 if description == "Not Found" => TelegramError::Unauthorized(description),
        code @ 400..500 => TelegramError::Refused { code, description },
        code => TelegramError::Unknown(reason(&format!("{code}: {description}"))),
    }
}

/// What an answer without Telegram's envelope says: something on the way
/// gave it. It tells nothing of the chat or the token.
fn unreadable(status: u16, response: &Response<bytes::Bytes>) -> TelegramError {
    match status {
        429 => rate_limited(retry_after_header(response)),
        400..500 => TelegramError::NotSent(format!("HTTP {status} without an answer of Telegram")),
        _ => TelegramError::Unknown(format!("HTTP {status} with an answer that cannot be read")),
    }
}

fn rate_limited(seconds: Option<u64>) -> TelegramError {
    let seconds = seconds.unwrap_or(DEFAULT_RETRY_AFTER).clamp(1, MAX_RETRY_AFTER);
    TelegramError::RateLimited { retry_after_ms: seconds * 1_000 }
}

/// The N of `Too Many Requests: retry after N`.
fn retry_after_in(description: &str) -> Option<u64> {
    description.rsplit_once("retry after ")?.1.trim().parse().ok()
}

fn retry_after_header(response: &Response<bytes::Bytes>) -> Option<u64> {
    response.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
