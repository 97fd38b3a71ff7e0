//! What is wrong with one field of what a caller sent.
//!
//! Validation collects these: an answer names all faulty fields at once, as
//! the `errors` member of a problem document.

use serde::{Deserialize, Serialize};

use crate::fault::ContentFault;

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
    /// The same as data, where it is a fault of what a scenario or broadcast says: in a chat it is told in
    /// the language of who writes. Callers of the API have the message alone.
    #[serde(skip)]
    pub fault: Option<Box<ContentFault>>,
}

impl FieldError {
    /// An error of `field` with a message for the caller.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), fault: None }
    }

    /// An error of `field` that is a fault of what a scenario or broadcast says.
    pub fn of(field: impl Into<String>, fault: ContentFault) -> Self {
        let message = fault.to_string();
        Self { field: field.into(), message, fault: Some(Box::new(fault)) }
    }
}
