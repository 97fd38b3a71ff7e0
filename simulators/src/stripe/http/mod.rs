//! The simulator over HTTP: the API, the pages, and the control API.

mod control;
mod pages;

use axum::Json;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::Stripe;
use super::api::Ask;
use super::form::Form;

/// The longest body, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Everything: `/v1`, `/simulator/stripe` and what is below it.
pub fn router(stripe: Stripe) -> Router {
    Router::new()
        .route("/v1/{*path}", any(api))
        .with_state(stripe.clone())
        .merge(pages::router(stripe.clone()))
        .merge(control::router(stripe))
}

async fn api(State(stripe): State<Stripe>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let header = |name: HeaderName| parts.headers.get(name).and_then(|it| it.to_str().ok());
    let path = parts.uri.path().trim_start_matches("/v1/").trim_end_matches('/');
    let form = match parts.method.as_str() {
        "GET" => Form::read(parts.uri.query().unwrap_or_default().as_bytes()),
        _ => Form::read(&body),
    };
    let ask = Ask {
        method: parts.method.as_str(),
        path: path.split('/').collect(),
        form,
        key: header(HeaderName::from_static("idempotency-key")),
        bearer: header(header::AUTHORIZATION).and_then(|it| it.strip_prefix("Bearer ")),
    };
    match stripe.call(&ask) {
        Ok((status, body)) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), Json(body)).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}
