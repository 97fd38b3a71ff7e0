//! The API: what the requests of a client mean.

use serde_json::{Value, json};

use super::Stripe;
use super::form::Form;
use super::refusal::Refusal;
use super::state::{Answered, Customer, Portal, Session, Subscription};

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    /// What stands behind `/v1/`, in pieces.
    pub(super) path: Vec<&'a str>,
    pub(super) form: Form,
    /// Its `Idempotency-Key`.
    pub(super) key: Option<&'a str>,
    /// Its credentials.
    pub(super) bearer: Option<&'a str>,
}

type Reply = Result<Value, Refusal>;

impl Stripe {
    /// Answers a request: status and body.
    pub(super) fn call(&self, ask: &Ask<'_>) -> Result<(u16, Value), Refusal> {
        if ask.bearer != Some(self.0.options.secret_key.as_str()) {
            return Err(Refusal::key());
        }
        if let Some(status) = self.fault() {
            return Err(Refusal::fault(status));
        }
        let key = ask.key.filter(|_| ask.method == "POST");
        let request = format!("{} {}", ask.path.join("/"), ask.form.fingerprint());
        let before = key.and_then(|key| self.look(|state| state.answered.get(key).cloned()));
        if let Some(before) = before {
            if before.request != request {
                return Err(Refusal::idempotency());
            }
            return Ok((before.status, before.body));
        }
        let body = self.route(ask)?;
        if let Some(key) = key {
            let answered = Answered { request, status: 200, body: body.clone() };
            self.change(|state| state.answered.insert(key.to_owned(), answered));
        }
        Ok((200, body))
    }

    fn fault(&self) -> Option<u16> {
        self.quietly(|state| {
            let fault = state.faults.front_mut()?;
            let status = fault.status;
            fault.times = fault.times.saturating_sub(1);
            if fault.times == 0 {
                state.faults.pop_front();
            }
            Some(status)
        })
    }

    fn route(&self, ask: &Ask<'_>) -> Reply {
        match (ask.method, ask.path.as_slice()) {
            ("POST", ["customers"]) => self.create_customer(&ask.form),
            ("GET", ["customers", id]) => self.look(|state| {
                let customer = state.customers.get(*id).map(Customer::json);
                customer.ok_or_else(|| Refusal::missing(404, "customer", id))
            }),
            ("DELETE", ["customers", id]) => match self.delete_customer(id) {
                Ok(()) => Ok(json!({ "id": id, "object": "customer", "deleted": true })),
                Err(_) => Err(Refusal::missing(404, "customer", id)),
            },
            ("POST", ["checkout", "sessions"]) => self.create_session(&ask.form),
            ("GET", ["checkout", "sessions", id]) => {
                let (base, now) = (self.base().to_owned(), self.now());
                self.look(|state| {
                    let session = state.sessions.get(*id).map(|it| it.json(&base, now));
                    session.ok_or_else(|| Refusal::missing(404, "checkout.session", id))
                })
            }
            ("POST", ["checkout", "sessions", id, "expire"]) => self.expire_session(id, &ask.form),
            ("POST", ["billing_portal", "sessions"]) => self.create_portal(&ask.form),
            ("GET", ["subscriptions"]) => self.subscriptions(&ask.form),
            ("GET", ["subscriptions", id]) => self.look(|state| {
                let found = state.subscriptions.get(*id).map(Subscription::json);
                found.ok_or_else(|| Refusal::missing(404, "subscription", id))
            }),
            _ => Err(Refusal::missing(404, "path", &ask.path.join("/"))),
        }
    }

    fn create_customer(&self, form: &Form) -> Reply {
        form.only(&["email", "name", "metadata[]"])?;
        let (now, now_ms) = (self.now(), self.0.options.clock.now_ms());
        Ok(self.change(|state| {
            let id = state.id("cus");
            let email = form.get("email").map(str::to_owned);
            let metadata = form.map("metadata");
            let customer =
                Customer { id: id.clone(), email, metadata, created: now, deleted: false };
            let json = customer.json();
            state.customers.insert(id, customer);
            state.happen("customer.created", &json, now_ms);
            json
        }))
    }

    fn create_session(&self, form: &Form) -> Reply {
        form.only(&[
            "mode",
            "customer",
            "client_reference_id",
            "metadata[]",
            "subscription_data[]",
            "line_items[]",
            "success_url",
            "cancel_url",
        ])?;
        if form.need("mode")? != "subscription" {
            return Err(Refusal::parameter("parameter_invalid", "mode"));
        }
        let customer = form.need("customer")?.to_owned();
        if !self.look(|state| state.has_customer(&customer)) {
            return Err(Refusal::missing(400, "customer", &customer));
        }
        let price = form.need("line_items[0][price]")?.to_owned();
        if !price.starts_with("price_") {
            return Err(Refusal::missing(400, "price", &price));
        }
        form.need("line_items[0][quantity]")?;
        let (success_url, cancel_url) =
            (form.need_url("success_url")?, form.need_url("cancel_url")?);
        let (base, now) = (self.base().to_owned(), self.now());
        Ok(self.change(|state| {
            let session = Session {
                id: state.id("cs_test"),
                customer,
                client_reference_id: form.get("client_reference_id").map(str::to_owned),
                metadata: form.map("metadata"),
                subscription_metadata: form.map("subscription_data[metadata]"),
                price,
                success_url,
                cancel_url,
                created: now,
                complete: false,
                closed: false,
                subscription: None,
            };
            let json = session.json(&base, now);
            state.sessions.insert(session.id.clone(), session);
            json
        }))
    }

    fn expire_session(&self, id: &str, form: &Form) -> Reply {
        form.only(&[])?;
        let (base, now) = (self.base().to_owned(), self.now());
        self.change(|state| {
            let session = state.sessions.get_mut(id);
            let session = session.ok_or_else(|| Refusal::missing(404, "checkout.session", id))?;
            if session.status(now) != "open" {
                return Err(Refusal::not_open());
            }
            session.closed = true;
            Ok(session.json(&base, now))
        })
    }

    fn create_portal(&self, form: &Form) -> Reply {
        form.only(&["customer", "return_url"])?;
        let customer = form.need("customer")?.to_owned();
        if !self.look(|state| state.has_customer(&customer)) {
            return Err(Refusal::missing(400, "customer", &customer));
        }
        let return_url = form.need_url("return_url")?;
        let base = self.base().to_owned();
        Ok(self.change(|state| {
            let id = state.id("bps");
            let url = format!("{base}/simulator/stripe/portal/{id}");
            let json = json!({ "id": id, "object": "billing_portal.session",
                "customer": customer, "return_url": return_url, "url": url });
            state.portals.insert(id.clone(), Portal { id, customer, return_url });
            json
        }))
    }

    /// The latest first; without `status=all`, those that have ended are left out.
    fn subscriptions(&self, form: &Form) -> Reply {
        form.only(&["customer", "status", "limit"])?;
        let customer = form.get("customer");
        let limit = form.get("limit").map_or(Some(10), |it| it.parse::<usize>().ok());
        let limit = limit.filter(|it| (1..=100).contains(it));
        let limit =
            limit.ok_or_else(|| Refusal::parameter("parameter_invalid_integer", "limit"))?;
        let all = form.get("status") == Some("all");
        self.look(|state| {
            if let Some(id) = customer.filter(|id| !state.has_customer(id)) {
                return Err(Refusal::missing(400, "customer", id));
            }
            let mut found: Vec<_> = state
                .subscriptions
                .values()
                .filter(|it| customer.is_none_or(|id| it.customer == id))
                .filter(|it| all || it.status != super::Status::Canceled)
                .collect();
            found.sort_by(|a, b| b.id.cmp(&a.id));
            let has_more = found.len() > limit;
            let data: Vec<Value> = found.into_iter().take(limit).map(Subscription::json).collect();
            Ok(json!({ "object": "list", "url": "/v1/subscriptions", "has_more": has_more,
                "data": data }))
        })
    }
}
