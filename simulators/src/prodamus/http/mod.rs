//! The simulator over HTTP: the forms, the pages, and the control API.

mod control;
mod pages;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::Prodamus;
use super::php::Array;

/// The longest body, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Everything: `/simulator/prodamus` and what is below it.
pub fn router(prodamus: Prodamus) -> Router {
    Router::new()
        .route("/simulator/prodamus/forms/{form}", any(form))
        .route("/simulator/prodamus/forms/{form}/", any(form))
        .with_state(prodamus.clone())
        .merge(pages::router(prodamus.clone()))
        .merge(control::router(prodamus))
}

/// A form. Like the real one it tells of what is wrong in words, and with 200.
async fn form(
    State(prodamus): State<Prodamus>,
    Path(form): Path<String>,
    request: Request,
) -> Response {
    if let Some(status) = prodamus.fault() {
        return StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let text = match parts.method.as_str() {
        "GET" => parts.uri.query().unwrap_or_default().as_bytes(),
        _ => body.as_ref(),
    };
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(text).into_owned().collect();
    let asked = Array::of(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let answer = prodamus.ask(&form, &asked).unwrap_or_else(str::to_owned);
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], answer).into_response()
}

impl Prodamus {
    fn fault(&self) -> Option<u16> {
        let none = self.look(|state| state.faults.is_empty());
        if none {
            return None;
        }
        self.change(|state| {
            let (status, times) = state.faults.front_mut()?;
            let status = *status;
            *times = times.saturating_sub(1);
            if *times == 0 {
                state.faults.pop_front();
            }
            Some(status)
        })
    }
}
