//! A page on which a user subscribes.

use domain::account::{SecretHash, User};
use domain::engine::{Decision, Write};
use domain::subscription::{Billing, Customer, OpenCheckout, decide_replace_customer};
use payments::stripe::{Checkout, NewCheckout, StripeApi};
use table::{CommitError, keys};

use crate::{App, AppError};

/// A page that is about to expire is not offered again.
const WORTH_OPENING: std::time::Duration = std::time::Duration::from_mins(10);

/// Opens a page at Stripe on which the user can subscribe, and gives its address: the one that is
/// open already, if there is one. Two open pages could make two subscriptions.
///
/// # Errors
/// [`AppError::Conflict`] when there is a subscription already, or nothing can be paid for here;
/// [`AppError::Unavailable`] when Stripe does not answer.
pub async fn create_checkout(app: &App, user: &User) -> Result<String, AppError> {
    let (stripe, price) = (app.payments.stripe()?, app.payments.price()?);
    let billing = customer(app, stripe, user).await?;
    // As it is now, not as the last event found it.
    let subscriptions = stripe.subscriptions(&billing.customer).await?;
    if subscriptions.iter().any(|it| it.status.is_live()) {
        return Err(AppError::Conflict {
            code: "ALREADY_SUBSCRIBED",
            message: "there is a subscription already: change it in the customer portal".to_owned(),
        });
    }
    let now = app.env.now();
    let usable = |it: &&OpenCheckout| now + WORTH_OPENING < it.expires_at;
    if let Some(open) = billing.checkout.as_ref().filter(usable)
        && matches!(stripe.checkout(&open.id).await, Ok(Checkout::Open))
    {
        return Ok(open.url.clone());
    }
    // One in its last minutes can be paid still.
    if let Some(open) = billing.checkout.as_ref().filter(|it| now < it.expires_at) {
        stripe.expire_checkout(&open.id).await?;
    }
    let (success_url, cancel_url) = (
        format!("{}/subscription?checkout=success", app.site.url),
        format!("{}/subscription?checkout=cancelled", app.site.url),
    );
    let user_id = user.id.to_string();
    let new = NewCheckout {
        customer: &billing.customer,
        user: &user_id,
        price,
        success_url: &success_url,
        cancel_url: &cancel_url,
    };
    // Who asks at the same time has read the same version, and gets the same page.
    let key = SecretHash::of(&format!("{user_id} {} {new:?}", billing.version)).0;
    let session = stripe.create_checkout(new, &format!("checkout-{key}")).await?;
    let url = session.url.clone();
    keep(app, billing, session).await?;
    Ok(url)
}

/// Remembers the page. Someone who was faster has opened the same one, or knows better.
async fn keep(
    app: &App,
    billing: Billing,
    session: payments::stripe::CheckoutSession,
) -> Result<(), AppError> {
    let checkout =
        OpenCheckout { id: session.id, url: session.url, expires_at: session.expires_at };
    let billing = Billing { checkout: Some(checkout), ..billing };
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    match app.commit(decision.write(Write::Replace(billing.into()))).await {
        Ok(()) | Err(CommitError::Changed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What the user has to do with Stripe. Who has nothing becomes a customer first, so that each
/// event can be told whose it is; so does whoever was deleted at Stripe, who could not pay there.
async fn customer(app: &App, stripe: &StripeApi, user: &User) -> Result<Billing, AppError> {
    let place = keys::billing(user.id);
    if let Some(billing) = app.table.get::<Billing>(&place).await? {
        if stripe.has_customer(&billing.customer).await? {
            return Ok(billing);
        }
        return another(app, stripe, user, &billing.customer).await;
    }
    let id = user.id.to_string();
    let customer = stripe.create_customer(&id, user.email.as_deref(), None).await?;
    let billing = Billing::new(user.id, customer.clone());
    let decision = Decision::new(app.env.id(), app.env.now(), ())
        .write(Write::Create(billing.clone().into()))
        .write(Write::Put(Customer { customer, user_id: user.id }.into()));
    match app.commit(decision).await {
        Ok(()) => Ok(billing),
        Err(CommitError::Changed(_)) => {
            let faster = app.table.get::<Billing>(&place).await?;
            faster.ok_or_else(not_kept)
        }
        Err(error) => Err(error.into()),
    }
}

/// Another customer in place of one who is gone. Who asks at the same time makes the same one.
async fn another(
    app: &App,
    stripe: &StripeApi,
    user: &User,
    gone: &str,
) -> Result<Billing, AppError> {
    let (place, id) = (keys::billing(user.id), user.id.to_string());
    let customer = stripe.create_customer(&id, user.email.as_deref(), Some(gone)).await?;
    app.decide(|| async {
        let (ids, now) = ((app.env.id(), app.env.id()), app.env.now());
        let billing = app.table.get::<Billing>(&place).await?.ok_or_else(not_kept)?;
        if billing.customer != gone {
            return Ok(Decision::new(ids.0, now, ()));
        }
        let before = app.table.get::<Customer>(&keys::customer(gone)).await?;
        let customer = customer.clone();
        Ok::<_, AppError>(decide_replace_customer(ids, now, &billing, before, customer))
    })
    .await?;
    app.table.get::<Billing>(&place).await?.ok_or_else(not_kept)
}

fn not_kept() -> AppError {
    AppError::Unavailable("the customer was not kept".to_owned())
}
