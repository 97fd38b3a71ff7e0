//! What a payment service has said of a contact.

use std::fmt;

/// The last word of a payment service about a contact's payment, as JSON. It holds who paid, so it does not show
/// itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentInfo(String);

impl PaymentInfo {
    pub(super) const fn new(json: String) -> Self {
        Self(json)
    }

    /// The JSON.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentInfo").finish_non_exhaustive()
    }
}
