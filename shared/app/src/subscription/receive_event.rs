//! An event of Stripe's, whose signature is right.
//!
//! What it says of the subscription is not used: events come late, doubled and out of order. It
//! becomes a job that fetches the subscription; the event's id and the job are one transaction.

use domain::account::User;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::UserId;
use domain::subscription::{Billing, Customer, SeenEvent};
use payments::stripe::StripeEvent;
use table::{CommitError, keys};

use crate::{App, AppError};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The subscription will be looked at.
    Taken,
    /// It was taken before.
    Repeated,
    /// It is about nothing, or nobody, of ours.
    Ignored,
}

impl Received {
    /// The name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Repeated => "repeated",
            Self::Ignored => "ignored",
        }
    }
}

/// Takes an event, once.
///
/// # Errors
/// [`AppError::Unavailable`]: Stripe sends it again.
pub async fn receive_event(app: &App, event: &StripeEvent) -> Result<Received, AppError> {
    if !event.is_relevant() {
        return Ok(Received::Ignored);
    }
    let Some((user_id, link)) = whose(app, event).await? else {
        tracing::warn!(event = event.id, kind = event.kind, "an event is about no user of ours");
        return Ok(Received::Ignored);
    };
    let now = app.env.now();
    let seen = SeenEvent { id: event.id.clone(), seen_at: now };
    let job = Job::RefreshSubscription { user_id };
    let mut decision = Decision::new(app.env.id(), now, ())
        .write(Write::Create(seen.into()))
        .job(NewJob { id: app.env.id(), job, due: now, owner: None });
    decision.writes.extend(link);
    match app.commit(decision).await {
        Ok(()) => Ok(Received::Taken),
        Err(CommitError::Changed(failed)) if failed.contains(&0) => Ok(Received::Repeated),
        Err(error) => Err(error.into()),
    }
}

/// The user that an event is about, by their customer or, where that was never kept, by what we
/// told Stripe of them; then with the writes that keep it.
async fn whose(app: &App, event: &StripeEvent) -> Result<Option<(UserId, Vec<Write>)>, AppError> {
    let Some(customer) = &event.customer else { return Ok(None) };
    if let Some(known) = app.table.get::<Customer>(&keys::customer(customer)).await? {
        return Ok(Some((known.user_id, Vec::new())));
    }
    let Some(user_id) = event.user.as_ref().and_then(|user| user.parse::<UserId>().ok()) else {
        return Ok(None);
    };
    let (user, billing) = (keys::user(user_id), keys::billing(user_id));
    let found = app.table.get_all(&[user.clone(), billing.clone()]).await?;
    let other = found.peek::<Billing>(&billing)?.is_some_and(|it| it.customer != *customer);
    if other || found.peek::<User>(&user)?.is_none() {
        return Ok(None);
    }
    let mut writes = vec![Write::Put(Customer { customer: customer.clone(), user_id }.into())];
    if found.peek::<Billing>(&billing)?.is_none() {
        writes.push(Write::Create(Billing::new(user_id, customer.clone()).into()));
    }
    Ok(Some((user_id, writes)))
}
