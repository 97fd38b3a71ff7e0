//! The control API, `/simulator/courier/api`: the mail box as JSON, and mishaps.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Courier, Fault, Status};

pub(super) fn router(courier: Courier) -> Router {
    Router::new()
        .route("/mails", get(mails))
        .route("/calls", get(calls))
        .route("/mails/{id}/open", post(open))
        .route("/mails/{id}/return", post(come_back))
        .route("/bouncing", post(bouncing))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/reset", post(reset))
        .with_state(courier)
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
}

/// The mails, newest first; `?to=` for those of one address.
async fn mails(State(courier): State<Courier>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let mut mails = match wanted.to {
        Some(address) => courier.mails_to(&address),
        None => courier.mails(),
    };
    mails.reverse();
    Json(json!({ "mails": mails }))
}

/// Its reader looks at it.
async fn open(State(courier): State<Courier>, Path(id): Path<String>) -> Response {
    told(courier.happen(&id, Status::Opened, None))
}

/// It comes back.
async fn come_back(State(courier): State<Courier>, Path(id): Path<String>) -> Response {
    told(courier.happen(&id, Status::Undeliverable, Some("BOUNCED")))
}

fn told(known: bool) -> Response {
    let status = if known { StatusCode::OK } else { StatusCode::NOT_FOUND };
    (status, Json(json!({ "ok": known }))).into_response()
}

#[derive(Deserialize)]
struct Bouncing {
    address: String,
    bounces: bool,
}

async fn bouncing(
    State(courier): State<Courier>,
    told: Result<Json<Bouncing>, JsonRejection>,
) -> Response {
    match told {
        Ok(Json(Bouncing { address, bounces })) => {
            courier.set_bouncing(&address, bounces);
            Json(json!({ "ok": true })).into_response()
        }
        Err(problem) => {
            (problem.status(), Json(json!({ "error": problem.body_text() }))).into_response()
        }
    }
}

async fn calls(State(courier): State<Courier>) -> Json<Value> {
    Json(json!({ "calls": courier.calls() }))
}

#[derive(Deserialize)]
struct Plan {
    fault: Fault,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

async fn add_fault(
    State(courier): State<Courier>,
    plan: Result<Json<Plan>, JsonRejection>,
) -> Response {
    match plan {
        Ok(Json(Plan { fault, times })) => {
            courier.inject(fault, times.min(10_000));
            Json(json!({ "ok": true })).into_response()
        }
        Err(problem) => {
            (problem.status(), Json(json!({ "error": problem.body_text() }))).into_response()
        }
    }
}

async fn clear_faults(State(courier): State<Courier>) -> Json<Value> {
    courier.clear_faults();
    Json(json!({ "ok": true }))
}

async fn reset(State(courier): State<Courier>) -> Response {
    match courier.reset() {
        Ok(()) => Json(json!({ "ok": true })).into_response(),
        Err(problem) => {
            let problem = json!({ "error": format!("the log cannot be emptied: {problem}") });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(problem)).into_response()
        }
    }
}
