//! Our own requests to a running `hoopoe dev`: JSON in, JSON out.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use runtime::http::{HttpClient, Transport, TransportError};
use serde_json::Value;

/// A request takes at most this.
const LIMIT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `null` when the body is not JSON.
    pub(crate) body: Value,
    /// The session's cookie, if one was set: `name=value`.
    pub(crate) cookie: Option<String>,
}

pub(crate) fn client() -> Result<HttpClient, TransportError> {
    HttpClient::new(LIMIT)
}

/// Sends JSON, or nothing, and reads the answer as JSON.
pub(crate) async fn call(
    client: &HttpClient,
    method: Method,
    url: &str,
    headers: &[(header::HeaderName, String)],
    body: Option<&Value>,
) -> Result<Answer, TransportError> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let bytes = match body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Bytes::from(body.to_string())
        }
        None => Bytes::new(),
    };
    let request =
        request.body(bytes).map_err(|error| TransportError::NotSent(error.to_string()))?;
    let response = client.send(request).await?;
    let cookie = response.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
    let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    Ok(Answer { status: response.status(), body, cookie })
}
