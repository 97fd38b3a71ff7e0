//! The services over HTTP, each with its page and its control API.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::{Answer, Hooks, Request, Service, control};

const HTML: &str = include_str!("../../page/hook/index.html");
const STYLE: &str = include_str!("../../page/hook/style.css");
const SCRIPT: &str = include_str!("../../page/hook/script.js");

pub(super) fn router(hooks: &Hooks) -> Router {
    let mut router = Router::new();
    for service in Service::ALL {
        let take = async move |State(hooks), path, headers, body| {
            take(&hooks, service, path, &headers, &body)
        };
        let own = Router::new()
            .route("/", get(page))
            .route("/{*address}", post(take))
            .with_state(hooks.clone())
            .nest("/control", control::router(hooks.clone(), service));
        router = router.nest(&format!("/simulator/{}", service.name()), own);
    }
    router
}

/// One document with its style and script inside, nothing fetched from anywhere.
async fn page() -> impl IntoResponse {
    let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    ([(header::CACHE_CONTROL, "no-store")], Html(page))
}

fn take(
    hooks: &Hooks,
    service: Service,
    Path(address): Path<String>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let signed = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| headers.get(name).and_then(|value| value.to_str().ok()));
    response(hooks.post(&Request { service, address: &address, signed, body }))
}

fn response(answer: Answer) -> Response {
    if answer.lost {
        return broken();
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A connection that breaks in the middle of its answer.
fn broken() -> Response {
    let cut = futures::stream::once(async {
        Err::<Bytes, _>(std::io::Error::other("the connection was lost"))
    });
    let mut response = Response::new(Body::from_stream(cut));
    response.headers_mut().insert(header::CONTENT_LENGTH, 2_u64.into());
    response
}
