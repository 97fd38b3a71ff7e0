//! What the table may answer, as decisions for the caller.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// Why a read or a simple write did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TableError {
    /// The table did not answer, or asked to slow down, for as long as the call may take.
    #[error("the table does not answer: {0}")]
    Unavailable(String),
    /// The table refuses the request itself: our mistake.
    #[error("the table refuses the request: {0}")]
    Refused(String),
    /// An item cannot be read as what it should be.
    #[error("{item} cannot be read: {reason}")]
    Corrupt {
        /// The item's key.
        item: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why a decision was not committed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommitError {
    /// These writes' conditions failed (indexes into `Decision::writes`): what was read has
    /// changed. Nothing was written.
    #[error("the state has changed under writes {0:?}")]
    Changed(Vec<usize>),
    /// The decision is too old to be committed; decide again.
    #[error("the decision is too old")]
    Stale,
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// How one attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Try again: nothing was written.
    Again(String),
    /// Try the same again: it may have been written.
    Ambiguous(String),
    /// The condition of a single write failed.
    Condition,
    /// No attempt will succeed.
    Refused(String),
}

impl Fault {
    /// The fault of an SDK call.
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        match error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or("unknown");
                Self::of_code(code, context.err().message().unwrap_or_default())
            }
            SdkError::ConstructionFailure(_) => Self::Refused("cannot be encoded".to_owned()),
            SdkError::TimeoutError(_) => Self::Ambiguous("time-out".to_owned()),
            SdkError::DispatchFailure(_) => Self::Ambiguous("no connection".to_owned()),
            _ => Self::Ambiguous("no answer".to_owned()),
        }
    }

    /// The fault of an error code.
    pub(crate) fn of_code(code: &str, message: &str) -> Self {
        match code.rsplit('#').next().unwrap_or(code) {
            "ThrottlingException"
            | "ThrottlingError"
            | "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
            | "TransactionConflictException"
            | "TransactionConflict"
            | "TransactionInProgressException" => Self::Again(code.to_owned()),
            "InternalServerError" | "InternalFailure" | "ServiceUnavailable" => {
                Self::Ambiguous(code.to_owned())
            }
            "ConditionalCheckFailedException"
            | "ConditionalCheckFailed"
            | "DuplicateItemException"
            | "DuplicateItem" => Self::Condition,
            other => Self::Refused(format!("{other}: {message}")),
        }
    }
}
