//! Everything that the simulator knows.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A subscription's period.
pub(super) const PERIOD: i64 = 30 * 86_400;
/// A page can be paid on for a day.
pub(super) const CHECKOUT_LIFE: i64 = 86_400;

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own names")]
pub enum Status {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Canceled,
    Unpaid,
    Paused,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) email: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) created: i64,
    /// Whether it was deleted: it is still found, and said to be.
    #[serde(default)]
    pub(super) deleted: bool,
}

/// A page on which one pays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) client_reference_id: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) subscription_metadata: BTreeMap<String, String>,
    pub(super) price: String,
    pub(super) success_url: String,
    pub(super) cancel_url: String,
    pub(super) created: i64,
    pub(super) complete: bool,
    /// Whether it was closed before its time.
    #[serde(default)]
    pub(super) closed: bool,
    pub(super) subscription: Option<String>,
}

/// A page on which one cancels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Portal {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) return_url: String,
}

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) status: Status,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) price: String,
    pub(super) created: i64,
    pub(super) period_start: i64,
    pub(super) period_end: i64,
    pub(super) cancel_at_period_end: bool,
}

/// An event, with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its body, as it is posted.
    pub body: String,
    /// Each time it was posted.
    pub attempts: Vec<Attempt>,
}

/// A post of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in seconds.
    pub at: i64,
    /// `Stripe-Signature`.
    pub signature: String,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
}

/// A post that is still to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) event: String,
    pub(super) at_ms: i64,
    pub(super) tries: u32,
}

/// A request that was answered under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) request: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

/// A mishap for the next requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    /// What they are answered.
    pub(super) status: u16,
    /// How many of them.
    #[serde(default = "once")]
    pub(super) times: u32,
}

const fn once() -> u32 {
    1
}

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    started: i64,
    made: u64,
    pub(super) customers: BTreeMap<String, Customer>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) portals: BTreeMap<String, Portal>,
    pub(super) subscriptions: BTreeMap<String, Subscription>,
    pub(super) events: Vec<Event>,
    pub(super) pending: VecDeque<Pending>,
    /// Whether events are kept back.
    pub(super) holding: bool,
    /// How often each event is posted: one more for each copy.
    pub(super) copies: u32,
    pub(super) answered: BTreeMap<String, Answered>,
    #[serde(skip)]
    pub(super) faults: VecDeque<Fault>,
    #[serde(skip)]
    pub(super) under_way: usize,
}

impl State {
    pub(super) fn new(started: i64) -> Self {
        Self { started, copies: 1, ..Self::default() }
    }

    /// What a file has; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|it| it.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whole or not at all: a crash leaves no half of it behind.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension("new");
        fs::write(&draft, serde_json::to_vec(self)?)?;
        fs::rename(draft, path)
    }

    /// Whether somebody can pay as this customer.
    pub(super) fn has_customer(&self, id: &str) -> bool {
        self.customers.get(id).is_some_and(|it| !it.deleted)
    }

    /// A new id. Ids of different starts never meet, even when a file was lost.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:x}{:06}", self.started, self.made)
    }

    /// Something has happened to `object`: an event, to be posted unless events are held.
    pub(super) fn happen(&mut self, kind: &str, object: &Value, now_ms: i64) {
        let id = self.id("evt");
        let body = json!({
            "id": id, "object": "event", "api_version": "2026-10-28",
            "created": now_ms.div_euclid(1_000), "type": kind, "livemode": false,
            "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
            "data": { "object": object },
        });
        self.events.push(Event {
            id: id.clone(),
            kind: kind.to_owned(),
            body: body.to_string(),
            attempts: Vec::new(),
        });
        if !self.holding {
            self.post(&id, self.copies, now_ms);
        }
    }

    /// An event is to be posted so many times.
    pub(super) fn post(&mut self, event: &str, copies: u32, at_ms: i64) {
        for _ in 0..copies.max(1) {
            self.pending.push_back(Pending { event: event.to_owned(), at_ms, tries: 0 });
        }
    }
}

impl Customer {
    pub(super) fn json(&self) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id, "object": "customer", "email": self.email, "metadata": self.metadata,
            "created": self.created, "livemode": false,
        })
    }
}

impl Session {
    pub(super) fn status(&self, now: i64) -> &'static str {
        if self.complete {
            "complete"
        } else if self.closed || now >= self.created + CHECKOUT_LIFE {
            "expired"
        } else {
            "open"
        }
    }

    pub(super) fn json(&self, base: &str, now: i64) -> Value {
        let status = self.status(now);
        let url =
            (status == "open").then(|| format!("{base}/simulator/stripe/checkout/{}", self.id));
        json!({
            "id": self.id, "object": "checkout.session", "mode": "subscription", "status": status,
            "payment_status": if self.complete { "paid" } else { "unpaid" }, "url": url,
            "customer": self.customer, "client_reference_id": self.client_reference_id,
            "metadata": self.metadata, "subscription": self.subscription,
            "success_url": self.success_url, "cancel_url": self.cancel_url,
            "created": self.created, "expires_at": self.created + CHECKOUT_LIFE,
            "livemode": false,
        })
    }
}

impl Subscription {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "subscription", "customer": self.customer,
            "status": self.status, "metadata": self.metadata, "created": self.created,
            "cancel_at_period_end": self.cancel_at_period_end, "livemode": false,
            "items": { "object": "list", "data": [{
                "id": format!("si_{}", self.id), "object": "subscription_item", "quantity": 1,
                "price": { "id": self.price, "object": "price" },
                "current_period_start": self.period_start,
                "current_period_end": self.period_end,
            }] },
        })
    }
}
