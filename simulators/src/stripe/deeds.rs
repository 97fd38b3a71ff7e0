//! What people and time do: pay, fail to, cancel, and let a period end.

use serde_json::{Value, json};

use super::state::{PERIOD, Session, State, Status, Subscription};
use super::{Event, Impossible, Stripe};

impl Stripe {
    /// Someone pays on a page; answers where they are sent, and their subscription.
    ///
    /// # Errors
    /// [`Impossible::NoOpenCheckout`].
    pub fn pay(&self, session: &str) -> Result<(String, String), Impossible> {
        let (now, now_ms) = (self.now(), self.0.options.clock.now_ms());
        let base = self.base().to_owned();
        self.change(|state| {
            let may = |it: &&Session| it.status(now) == "open" && state.has_customer(&it.customer);
            let open = state.sessions.get(session).filter(may).cloned();
            let mut open = open.ok_or(Impossible::NoOpenCheckout)?;
            let id = state.id("sub");
            let mut subscription = Subscription {
                id: id.clone(),
                customer: open.customer.clone(),
                status: Status::Incomplete,
                metadata: open.subscription_metadata.clone(),
                price: open.price.clone(),
                created: now,
                period_start: now,
                period_end: now + PERIOD,
                cancel_at_period_end: false,
            };
            state.happen("customer.subscription.created", &subscription.json(), now_ms);
            subscription.status = Status::Active;
            let invoice = invoice(state, &subscription, "paid");
            state.happen("invoice.paid", &invoice, now_ms);
            state.happen("customer.subscription.updated", &subscription.json(), now_ms);
            state.subscriptions.insert(id.clone(), subscription);
            open.complete = true;
            open.subscription = Some(id.clone());
            let url = open.success_url.replace("{CHECKOUT_SESSION_ID}", &open.id);
            state.happen("checkout.session.completed", &open.json(&base, now), now_ms);
            state.sessions.insert(open.id.clone(), open);
            Ok((url, id))
        })
    }

    /// Someone deletes a customer in the dashboard: their subscriptions end, and nobody can pay for them
    /// any more. Whether Stripe closes their pages is not documented; here they stay open.
    ///
    /// # Errors
    /// [`Impossible::NoCustomer`].
    pub fn delete_customer(&self, customer: &str) -> Result<(), Impossible> {
        let now_ms = self.0.options.clock.now_ms();
        self.change(|state| {
            let found = state.customers.get_mut(customer).filter(|it| !it.deleted);
            let found = found.ok_or(Impossible::NoCustomer)?;
            let last = found.json();
            found.deleted = true;
            let theirs = state.subscriptions.values_mut().filter(|it| it.customer == customer);
            let mut ended = Vec::new();
            for it in theirs.filter(|it| it.status != Status::Canceled) {
                it.status = Status::Canceled;
                ended.push(it.json());
            }
            for subscription in ended {
                state.happen("customer.subscription.deleted", &subscription, now_ms);
            }
            state.happen("customer.deleted", &last, now_ms);
            Ok(())
        })
    }

    /// Someone's card is refused: the page stays open.
    ///
    /// # Errors
    /// [`Impossible::NoOpenCheckout`].
    pub fn fail(&self, session: &str) -> Result<(), Impossible> {
        let (now, now_ms) = (self.now(), self.0.options.clock.now_ms());
        self.change(|state| {
            let open = state.sessions.get(session).filter(|it| it.status(now) == "open");
            let customer = open.ok_or(Impossible::NoOpenCheckout)?.customer.clone();
            let id = state.id("pi");
            let intent = json!({ "id": id, "object": "payment_intent", "customer": customer,
                "status": "requires_payment_method",
                "last_payment_error": { "code": "card_declined" } });
            state.happen("payment_intent.payment_failed", &intent, now_ms);
            Ok(())
        })
    }

    /// A period ends: the next is paid, or its payment fails.
    ///
    /// # Errors
    /// [`Impossible::NoSubscription`].
    pub fn renew(&self, subscription: &str, paid: bool) -> Result<(), Impossible> {
        let (status, bill, kind) = if paid {
            (Status::Active, "paid", "invoice.paid")
        } else {
            (Status::PastDue, "open", "invoice.payment_failed")
        };
        self.amend(subscription, |state, it, now_ms| {
            it.status = status;
            (it.period_start, it.period_end) = (it.period_end, it.period_end + PERIOD);
            let invoice = invoice(state, it, bill);
            state.happen(kind, &invoice, now_ms);
            state.happen("customer.subscription.updated", &it.json(), now_ms);
        })
    }

    /// A subscription comes to stand so.
    ///
    /// # Errors
    /// [`Impossible::NoSubscription`].
    pub fn become_status(&self, subscription: &str, status: Status) -> Result<(), Impossible> {
        self.amend(subscription, |state, it, now_ms| {
            it.status = status;
            let kind = if status == Status::Canceled { "deleted" } else { "updated" };
            state.happen(&format!("customer.subscription.{kind}"), &it.json(), now_ms);
        })
    }

    /// Someone cancels: at once, or at the end of the period; `None` takes it back.
    ///
    /// # Errors
    /// [`Impossible::NoSubscription`].
    pub fn cancel(&self, subscription: &str, at_once: Option<bool>) -> Result<(), Impossible> {
        if at_once == Some(true) {
            return self.become_status(subscription, Status::Canceled);
        }
        self.amend(subscription, |state, it, now_ms| {
            it.cancel_at_period_end = at_once.is_some();
            state.happen("customer.subscription.updated", &it.json(), now_ms);
        })
    }

    /// The last payment is given back; the subscription goes on.
    ///
    /// # Errors
    /// [`Impossible::NoSubscription`].
    pub fn refund(&self, subscription: &str) -> Result<(), Impossible> {
        self.amend(subscription, |state, it, now_ms| {
            let id = state.id("ch");
            let charge = json!({ "id": id, "object": "charge", "customer": it.customer,
                "refunded": true });
            state.happen("charge.refunded", &charge, now_ms);
        })
    }

    /// Anything else that Stripe may tell.
    pub fn happen(&self, kind: &str, object: &Value) {
        let now_ms = self.0.options.clock.now_ms();
        self.change(|state| state.happen(kind, object, now_ms));
    }

    /// Keeps events back from now on, or no more. Those kept back stay so until they are released.
    pub fn hold(&self, hold: bool) {
        self.change(|state| state.holding = hold);
    }

    /// Posts each event so many times from now on.
    pub fn copies(&self, copies: u32) {
        self.change(|state| state.copies = copies);
    }

    /// Posts these events in this order, whether they were posted before or not.
    ///
    /// # Errors
    /// [`Impossible::NoEvent`], and then none is posted.
    pub fn release(&self, events: &[String]) -> Result<(), Impossible> {
        let now_ms = self.0.options.clock.now_ms();
        self.change(|state| {
            if events.iter().any(|id| !state.events.iter().any(|it| it.id == *id)) {
                return Err(Impossible::NoEvent);
            }
            for id in events {
                state.post(id, 1, now_ms);
            }
            Ok(())
        })
    }

    /// Answers the next requests to the API with this status.
    pub fn inject(&self, status: u16, times: u32) {
        self.change(|state| state.faults.push_back(super::state::Fault { status, times }));
    }

    /// All events, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.look(|state| state.events.clone())
    }

    /// Whether no event is on its way.
    pub fn idle(&self) -> bool {
        let nowhere = self.0.options.webhook.is_none();
        nowhere || self.look(|state| state.pending.is_empty() && state.under_way == 0)
    }

    fn amend(
        &self,
        subscription: &str,
        amend: impl FnOnce(&mut State, &mut Subscription, i64),
    ) -> Result<(), Impossible> {
        let now_ms = self.0.options.clock.now_ms();
        self.change(|state| {
            let found = state.subscriptions.get(subscription).cloned();
            let mut found = found.ok_or(Impossible::NoSubscription)?;
            amend(state, &mut found, now_ms);
            state.subscriptions.insert(found.id.clone(), found);
            Ok(())
        })
    }
}

/// An invoice in the newer shape: its subscription stands under `parent`.
fn invoice(state: &mut State, subscription: &Subscription, status: &str) -> Value {
    let id = state.id("in");
    json!({
        "id": id, "object": "invoice", "customer": subscription.customer, "status": status,
        "parent": { "type": "subscription_details", "subscription_details": {
            "subscription": subscription.id, "metadata": subscription.metadata,
        } },
    })
}
