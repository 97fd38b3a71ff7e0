//! What is wrong with one field of what a caller sent.
//!
//! Validation collects these: an answer names all faulty fields at once, as
//! the `errors` member of a problem document.

use serde::{Deserialize, Serialize};

/// One faulty field and the reason, in words that the caller can act on.
///
/// The message never repeats the faulty value: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The path of the field in the body, such as `title` or
    /// `attributes.colour`.
    pub field: String,
    /// What a correct value looks like, such as "must not be empty".
    pub message: String,
}

impl FieldError {
    /// An error of `field` with a message for the caller.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}
