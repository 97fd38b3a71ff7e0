//! Subscriptions: paying for the large limits.

mod checkout;
mod portal;
mod read;
mod receive_event;
mod refresh;

use std::sync::Arc;
use std::time::Duration;

use payments::stripe::{StripeApi, StripeError};
use runtime::config;
use runtime::http::Transport;
use secrecy::{ExposeSecret, SecretString};

pub use checkout::create_checkout;
pub use portal::create_portal;
pub use read::{Current, current};
pub use receive_event::{Received, receive_event};
pub(crate) use refresh::run_refresh;

use crate::AppError;

/// How people pay, as far as it is configured.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    stripe: Option<StripeApi>,
    price: Option<String>,
    webhook_secret: Option<SecretString>,
    grace: Duration,
}

impl Payments {
    /// Through Stripe, over this transport.
    pub fn new(config: config::Stripe, transport: Arc<dyn Transport>) -> Self {
        let config::Stripe { api_url, price, grace, secret_key, webhook_secret } = config;
        let stripe = secret_key.map(|key| StripeApi::new(transport, api_url, key));
        Self { stripe, price, webhook_secret, grace }
    }

    /// What events are signed with, if any are taken.
    pub fn webhook_secret(&self) -> Option<&str> {
        self.webhook_secret.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Stripe, or that there is none.
    fn stripe(&self) -> Result<&StripeApi, AppError> {
        self.stripe.as_ref().ok_or_else(not_configured)
    }

    /// Stripe, where people pay.
    pub(crate) const fn service(&self) -> Option<&StripeApi> {
        self.stripe.as_ref()
    }

    /// What is sold, or that nothing is.
    fn price(&self) -> Result<&str, AppError> {
        self.price.as_deref().ok_or_else(not_configured)
    }
}

fn not_configured() -> AppError {
    AppError::Conflict {
        code: "PAYMENTS_NOT_CONFIGURED",
        message: "nothing can be paid for here: no payment service is configured".to_owned(),
    }
}

impl From<StripeError> for AppError {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Unavailable(_) => Self::Unavailable(error.to_string()),
            // The same again does not do.
            StripeError::Missing | StripeError::Refused(_) => {
                Self::Conflict { code: "PAYMENT_SERVICE_REFUSED", message: error.to_string() }
            }
        }
    }
}
