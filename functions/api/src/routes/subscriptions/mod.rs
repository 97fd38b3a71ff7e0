//! Subscriptions: paying for the large limits.

mod checkout;
mod current;
mod portal;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(checkout::checkout))
        .routes(routes!(portal::portal))
        .routes(routes!(current::current))
}

/// A page at the payment service.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PaymentPage)]
pub(crate) struct PageView {
    /// Where to send the person's browser.
    url: String,
}
