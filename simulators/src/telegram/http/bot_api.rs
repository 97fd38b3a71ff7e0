//! `/bot<token>/<method>`

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::telegram::{Answer, Refusal, Request, Telegram};

/// What the real server takes of a request, files included.
const MAX_BODY_BYTES: usize = 50 << 20;

pub(super) fn router(telegram: Telegram) -> Router {
    Router::new()
        .route("/bot{token}/{method}", any(call))
        .route("/bot{token}", any(not_found))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(telegram)
}

async fn call(
    State(telegram): State<Telegram>,
    Path((token, method)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return refused(&Refusal::new(413, "Request Entity Too Large"));
    };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let query = query.as_deref();
    let request = Request { token: &token, method: &method, query, content_type, body: &body };
    answer(&telegram.respond(&request).await)
}

async fn not_found() -> Response {
    refused(&Refusal::not_found())
}

fn refused(refusal: &Refusal) -> Response {
    let body = refusal.to_json();
    answer(&Answer {
        status: refusal.error_code,
        body,
        retry_after: refusal.retry_after,
        lost: false,
        late_ms: 0,
    })
}

fn answer(answer: &Answer) -> Response {
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

/// A connection that breaks: the body promises more than it holds and then
/// fails, so the server has to cut the connection in the middle of the answer.
fn broken() -> Response {
    let cut = futures::stream::once(async {
        Err::<Bytes, _>(std::io::Error::other("the connection was lost"))
    });
    let mut response = Response::new(Body::from_stream(cut));
    response.headers_mut().insert(header::CONTENT_LENGTH, 2_u64.into());
    response
}
