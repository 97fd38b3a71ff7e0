//! The control API, `/simulator/stripe/api`: what people and time do, as JSON.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::stripe::state::{Customer, Status, Subscription};
use crate::stripe::{Impossible, Stripe};

pub(super) fn router(stripe: Stripe) -> Router {
    let api = Router::new()
        .route("/state", get(state))
        .route("/customers/{id}/delete", post(delete_customer))
        .route("/checkouts/{id}/pay", post(pay))
        .route("/checkouts/{id}/fail", post(fail))
        .route("/subscriptions/{id}/renew", post(renew))
        .route("/subscriptions/{id}/status", post(status))
        .route("/subscriptions/{id}/refund", post(refund))
        .route("/events", get(events).post(send))
        .route("/events/release", post(release))
        .route("/events/delivery", post(delivery))
        .route("/faults", post(fault))
        .with_state(stripe);
    Router::new().nest("/simulator/stripe/api", api)
}

impl IntoResponse for Impossible {
    fn into_response(self) -> Response {
        (StatusCode::NOT_FOUND, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

type Reply = Result<Json<Value>, Impossible>;

fn ok() -> Json<Value> {
    Json(json!({ "ok": true }))
}

async fn state(State(stripe): State<Stripe>) -> Json<Value> {
    let (base, now) = (stripe.base().to_owned(), stripe.now());
    Json(stripe.look(|state| {
        let customers: Vec<Value> = state.customers.values().map(Customer::json).collect();
        let sessions: Vec<Value> = state.sessions.values().map(|it| it.json(&base, now)).collect();
        let subscriptions: Vec<Value> =
            state.subscriptions.values().map(Subscription::json).collect();
        json!({ "customers": customers, "checkouts": sessions, "subscriptions": subscriptions,
            "pending_events": state.pending.len(), "holding": state.holding })
    }))
}

async fn delete_customer(State(stripe): State<Stripe>, Path(id): Path<String>) -> Reply {
    stripe.delete_customer(&id).map(|()| ok())
}

async fn pay(State(stripe): State<Stripe>, Path(id): Path<String>) -> Reply {
    let (url, subscription) = stripe.pay(&id)?;
    Ok(Json(json!({ "url": url, "subscription": subscription })))
}

async fn fail(State(stripe): State<Stripe>, Path(id): Path<String>) -> Reply {
    stripe.fail(&id).map(|()| ok())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    paid: bool,
}

async fn renew(
    State(stripe): State<Stripe>,
    Path(id): Path<String>,
    Json(renewal): Json<Renewal>,
) -> Reply {
    stripe.renew(&id, renewal.paid).map(|()| ok())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Becomes {
    status: Status,
}

async fn status(
    State(stripe): State<Stripe>,
    Path(id): Path<String>,
    Json(becomes): Json<Becomes>,
) -> Reply {
    stripe.become_status(&id, becomes.status).map(|()| ok())
}

async fn refund(State(stripe): State<Stripe>, Path(id): Path<String>) -> Reply {
    stripe.refund(&id).map(|()| ok())
}

async fn events(State(stripe): State<Stripe>) -> Json<Value> {
    Json(json!({ "events": stripe.events() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    object: Value,
}

async fn send(State(stripe): State<Stripe>, Json(told): Json<Happening>) -> Json<Value> {
    stripe.happen(&told.kind, &told.object);
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    /// Events in the order in which they go; the same one may stand there twice.
    events: Vec<String>,
}

async fn release(State(stripe): State<Stripe>, Json(release): Json<Release>) -> Reply {
    stripe.release(&release.events).map(|()| ok())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    /// Whether events are kept back.
    hold: Option<bool>,
    /// How often each is posted.
    copies: Option<u32>,
}

async fn delivery(State(stripe): State<Stripe>, Json(delivery): Json<Delivery>) -> Json<Value> {
    if let Some(hold) = delivery.hold {
        stripe.hold(hold);
    }
    if let Some(copies) = delivery.copies {
        stripe.copies(copies);
    }
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    status: u16,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

async fn fault(State(stripe): State<Stripe>, Json(fault): Json<Fault>) -> Json<Value> {
    stripe.inject(fault.status, fault.times);
    ok()
}
