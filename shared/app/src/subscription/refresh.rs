//! A look at a user's subscriptions, from which their tier follows.

use domain::account::User;
use domain::engine::Timer;
use domain::engine::retry::JobError;
use domain::ids::UserId;
use domain::subscription::{Billing, decide_refresh};
use table::{TableError, keys};

use crate::App;
use crate::engine::settle::{Outcome, settle};

/// Fetches the subscriptions and writes what follows in the transaction that ends the timer. The
/// billing is read before they are fetched, and committed on its version: of two looks at once, the
/// one that fetched earlier begins anew.
pub(crate) async fn run_refresh(
    app: &App,
    timer: &Timer,
    user_id: UserId,
) -> Result<bool, JobError> {
    settle(app, timer, || look(app, user_id)).await
}

async fn look(app: &App, user_id: UserId) -> Result<Option<Outcome>, JobError> {
    let (user, billing) = (keys::user(user_id), keys::billing(user_id));
    let again = |error: TableError| JobError::Retry(error.to_string());
    let found = app.table.get_all(&[user.clone(), billing.clone()]).await.map_err(again)?;
    let user = found.peek::<User>(&user).map_err(again)?;
    let billing = found.peek::<Billing>(&billing).map_err(again)?;
    // Whoever has deleted their account is looked after no more.
    let (Some(user), Some(billing)) = (user, billing) else { return Ok(None) };
    let stripe = app.payments.stripe().map_err(|error| JobError::Retry(error.to_string()))?;
    let fetched = stripe.subscriptions(&billing.customer).await;
    // A refusal is tried again as well: a key that was changed at Stripe is soon changed here.
    let fetched = fetched.map_err(|error| JobError::Retry(error.to_string()))?;
    let (grace, now) = (app.payments.grace, app.env.now());
    let refreshed = decide_refresh(&user, &billing, fetched, (grace, app.env.id()), now);
    if refreshed.user.tier != user.tier {
        tracing::info!(user = %user_id, tier = ?refreshed.user.tier, "the tier has changed");
    }
    Ok(Some((refreshed.writes, refreshed.job.into_iter().collect())))
}
