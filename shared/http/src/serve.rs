//! The layers around every router: trailing slashes, request ids, panics, and problem
//! documents for what no route answers.

use std::any::Any;

use app::App;
use axum::Router;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use runtime::problem::Problem;
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::normalize_path::NormalizePathLayer;

use crate::refusal::Refusal;
use crate::request_id::name_request;

/// A router that can be served: the routes with everything around them.
///
/// Call it once, on all routes that one listener serves: a finished router answers every path
/// and cannot be merged with another.
pub fn finish(routes: Router<App>, app: App) -> Router {
    let routes = routes
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(app.clone())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::map_response(harden))
        .layer(middleware::from_fn_with_state(app, name_request));
    // Layers of a router run after routing; the path must be rewritten before.
    Router::new().fallback_service(NormalizePathLayer::trim_trailing_slash().layer(routes))
}

async fn no_route() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "NO_SUCH_ROUTE", "there is nothing at this path")
}

/// axum adds `Allow`.
async fn no_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "this path does not have this method",
    )
}

/// The panic's text stays inside: it may hold anything.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<axum::body::Body> {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL").into_response()
}

/// Answers are for their caller alone, and are what they say they are.
async fn harden(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
