//! A name for each request: in its log lines, in its answer, and handed on by whoever calls us.

use app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

/// The header, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const LONGEST: usize = 128;

/// Gives the request an id, its caller's if it brought a plain one, and logs the answer once.
pub async fn name_request(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| app.env.id::<Uuid>().to_string());
    let span = tracing::info_span!("request", id, method = %request.method());
    let (began, path) = (app.env.now(), request.uri().path().to_owned());
    let mut response = next.run(request).instrument(span.clone()).await;
    let millis = app.env.now().since(began).as_millis();
    span.in_scope(|| tracing::info!(path, status = response.status().as_u16(), millis));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID).or_else(|| headers.get(CORRELATION_ID))?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (!id.is_empty() && id.len() <= LONGEST && id.bytes().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_is_taken_over() {
        let of = |id: &'static str| {
            given(&HeaderMap::from_iter([(CORRELATION_ID, HeaderValue::from_static(id))]))
        };
        assert_eq!(of("a-1._B"), Some("a-1._B".to_owned()));
        assert_eq!(of("a b"), None);
        assert_eq!(of(""), None);
    }
}
