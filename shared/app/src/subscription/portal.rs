//! The page on which a user manages what they pay for.

use domain::ids::UserId;
use domain::subscription::Billing;
use payments::stripe::StripeError;
use table::keys;

use crate::{App, AppError};

/// Opens the customer portal at Stripe, and gives its address.
///
/// # Errors
/// [`AppError::Conflict`] for who has never been about to pay or was deleted at Stripe, or where nothing
/// can be paid for;
/// [`AppError::Unavailable`] when Stripe does not answer.
pub async fn create_portal(app: &App, user_id: UserId) -> Result<String, AppError> {
    let stripe = app.payments.stripe()?;
    let billing = app.table.get::<Billing>(&keys::billing(user_id)).await?;
    let billing = billing.ok_or_else(nothing)?;
    let back = format!("{}/subscription", app.site.url);
    match stripe.create_portal(&billing.customer, &back).await {
        Err(StripeError::Missing) => Err(nothing()),
        opened => Ok(opened?),
    }
}

fn nothing() -> AppError {
    AppError::Conflict {
        code: "NO_SUBSCRIPTION",
        message: "there is no subscription to manage".to_owned(),
    }
}
