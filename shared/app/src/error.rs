//! What a use case may answer instead of its result.

use domain::field_error::FieldError;
use domain::scenario::ScenarioCode;
use domain::watch::TargetError;
use runtime::seal::SealError;
use table::{CommitError, TableError};
use thiserror::Error;

use crate::bot::NoToken;

/// Why a use case did not do what was asked. The edge maps each variant to one problem document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppError {
    /// Fields of the request are faulty: all of them.
    #[error("faulty fields")]
    Invalid(Vec<FieldError>),
    /// There is no such thing, or it is someone else's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Something of this name exists already.
    #[error("taken: {}", fields.join(", "))]
    Taken {
        /// The request's fields: all of them.
        fields: Vec<&'static str>,
    },
    /// What the caller added to the decision was written before: this update was handled, this
    /// `Idempotency-Key` used. Nothing was changed.
    #[error("this was done before")]
    Repeated,
    /// The request does not fit the state of the thing.
    #[error("{message}")]
    Conflict {
        /// A stable name for it.
        code: &'static str,
        /// What is the matter.
        message: String,
    },
    /// A scenario, a message of it or a contact is not there, or not in a state that allows this.
    #[error("{message}")]
    Scenario {
        /// Which of the codes.
        code: ScenarioCode,
        /// What is the matter.
        message: String,
    },
    /// A text cannot be made of its template: all that is wrong with it.
    #[error("{}", ScenarioCode::TemplateRenderFailed)]
    Unrenderable(Vec<FieldError>),
    /// The user's tier does not allow more.
    #[error("{message}")]
    Quota {
        /// What is the matter.
        message: String,
    },
    /// Nobody, or someone with the wrong password.
    #[error("not logged in")]
    Unauthenticated,
    /// Someone who may not.
    #[error("not allowed")]
    Forbidden,
    /// Too many attempts.
    #[error("too many attempts")]
    TooMany {
        /// Seconds until the next is allowed.
        retry_after: u64,
    },
    /// The channel refused the message that was to prove it, and will refuse others.
    #[error("{reason}")]
    ChannelRefused {
        /// The request's field that named the channel.
        field: &'static str,
        /// The channel's words.
        reason: String,
    },
    /// The channel did not take the message that was to prove it, and may take the next.
    #[error("{reason}")]
    ChannelFailed {
        /// The request's field that named the channel.
        field: &'static str,
        /// The channel's words, or what failed.
        reason: String,
    },
    /// The table, a queue or a channel does not answer; nothing was changed.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<ScenarioCode> for AppError {
    fn from(code: ScenarioCode) -> Self {
        Self::Scenario { code, message: code.to_string() }
    }
}

impl From<TableError> for AppError {
    fn from(error: TableError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<SealError> for AppError {
    fn from(error: SealError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<NoToken> for AppError {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::NoBot(_) => Self::NotFound("bot"),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<TargetError> for AppError {
    fn from(error: TargetError) -> Self {
        let message = error.to_string();
        match error {
            TargetError::TooManyTargets(_) | TargetError::TooManyPages(_) => {
                Self::Quota { message }
            }
            TargetError::TooMuchAtOnce => {
                Self::Invalid(vec![FieldError::new("page_urls", message)])
            }
            TargetError::TooManyChannels => Self::Conflict { code: "TOO_MANY_CHANNELS", message },
        }
    }
}

impl From<CommitError> for AppError {
    fn from(error: CommitError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
