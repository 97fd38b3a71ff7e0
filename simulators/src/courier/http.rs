//! The simulator over HTTP: `POST send`, the mail box page, the control API.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::{Answer, Courier, Request, control};

const HTML: &str = include_str!("../../page/courier/index.html");
const STYLE: &str = include_str!("../../page/courier/style.css");
const SCRIPT: &str = include_str!("../../page/courier/script.js");

pub(super) fn router(courier: Courier) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/send", post(send))
        .with_state(courier.clone())
        .nest("/api", control::router(courier))
}

/// One document with its style and script inside, nothing fetched from anywhere.
async fn page() -> impl IntoResponse {
    let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    ([(header::CACHE_CONTROL, "no-store")], Html(page))
}

async fn send(State(courier): State<Courier>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let answer = courier.send(&Request {
        authorization: header("authorization"),
        idempotency_key: header("idempotency-key"),
        body: &body,
    });
    response(&answer)
}

fn response(answer: &Answer) -> Response {
    if answer.lost {
        return broken();
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(&answer.body)).into_response();
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
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
