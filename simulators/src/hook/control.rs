//! The control API of a service, `/simulator/<service>/control`: what was posted as JSON, and mishaps.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, Hooks, Service};

type Place = (Hooks, Service);
type Told<T> = Result<Json<T>, JsonRejection>;

pub(super) fn router(hooks: Hooks, service: Service) -> Router {
    Router::new()
        .route("/posts", get(posts))
        .route("/gone", post(gone))
        .route("/secret", post(secret))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/reset", post(reset))
        .with_state((hooks, service))
}

fn ok() -> Response {
    Json(json!({ "ok": true })).into_response()
}

fn refused(problem: &JsonRejection) -> Response {
    (problem.status(), Json(json!({ "error": problem.body_text() }))).into_response()
}

/// What was posted, newest first.
async fn posts(State((hooks, service)): State<Place>) -> Json<Value> {
    let mut posts = hooks.posts(service);
    posts.reverse();
    Json(json!({ "service": service, "posts": posts }))
}

#[derive(Deserialize)]
struct Gone {
    address: String,
    gone: bool,
}

async fn gone(State((hooks, service)): State<Place>, told: Told<Gone>) -> Response {
    match told {
        Ok(Json(Gone { address, gone })) => {
            hooks.set_gone(service, &address, gone);
            ok()
        }
        Err(problem) => refused(&problem),
    }
}

#[derive(Deserialize)]
struct Secret {
    address: String,
    secret: String,
}

async fn secret(State((hooks, _)): State<Place>, told: Told<Secret>) -> Response {
    match told {
        Ok(Json(Secret { address, secret })) => {
            hooks.expect_secret(&address, &secret);
            ok()
        }
        Err(problem) => refused(&problem),
    }
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

async fn add_fault(State((hooks, service)): State<Place>, told: Told<Plan>) -> Response {
    match told {
        Ok(Json(Plan { fault, times })) => {
            hooks.inject(service, fault, times.min(10_000));
            ok()
        }
        Err(problem) => refused(&problem),
    }
}

async fn clear_faults(State((hooks, _)): State<Place>) -> Response {
    hooks.clear_faults();
    ok()
}

async fn reset(State((hooks, _)): State<Place>) -> Response {
    match hooks.reset() {
        Ok(()) => ok(),
        Err(problem) => {
            let problem = json!({ "error": format!("the log cannot be emptied: {problem}") });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(problem)).into_response()
        }
    }
}
