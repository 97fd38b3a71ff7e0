//! `GET /openapi.json` and `GET /docs`

use std::sync::{Arc, OnceLock};

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;
use web::Routes;

const PAGE: &str = include_str!("page.html");
/// The page's script and style stand in it; it asks for the description and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The description and the page that shows it. A server of several functions gives all of theirs. It is
/// made when someone asks for it first.
pub fn docs(document: fn() -> OpenApi) -> Routes {
    let json: Arc<OnceLock<String>> = Arc::default();
    let made = move || document().to_json().unwrap_or_else(|_| "{}".to_owned());
    Routes::new()
        .undescribed("/openapi.json", move || std::future::ready(answer(json.get_or_init(made))))
        .undescribed("/docs", page)
}

fn answer(json: &str) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], json.to_owned()).into_response()
}

async fn page() -> impl IntoResponse {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let policy = HeaderValue::from_static(POLICY);
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], PAGE)
}
