//! Stripe: checkout, the customer portal, subscriptions, and signed events (FACTS: Stripe).

mod api;
mod event;
mod form;
mod read;
mod signature;

pub use api::{Checkout, CheckoutSession, NewCheckout, StripeApi, StripeError};
pub use event::{EventError, StripeEvent};
pub use signature::{SignatureError, TOLERANCE, sign, verify};
