//! What a payment service has said of a contact.

use std::fmt;

use super::Finding;

/// The last word of a payment service about a contact's payment, as JSON. It holds who paid, so it does not show
/// itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentInfo {
    json: String,
    /// The file that has it.
    file: String,
    /// Where in it: the contact and the field.
    at: String,
}

impl PaymentInfo {
    pub(super) fn new(json: String, (file, at): (&str, &str)) -> Self {
        Self { json, file: file.to_owned(), at: at.to_owned() }
    }

    /// The JSON.
    pub fn expose(&self) -> &str {
        &self.json
    }

    /// What is the matter with it, for the report. The words must repeat nothing of it.
    pub fn finding(&self, message: String) -> Finding {
        Finding { file: self.file.clone(), at: self.at.clone(), message }
    }
}

impl fmt::Debug for PaymentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentInfo").finish_non_exhaustive()
    }
}
