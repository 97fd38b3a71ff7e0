//! Whoever sends requests: a person's browser with its session, or a service with its key.

use std::time::Duration;

use bytes::Bytes;
use domain::time::Timestamp;
use http::{HeaderMap, Method, Request, StatusCode, header};
use runtime::http::{HttpClient, Transport};
use serde_json::Value;

use crate::system::Time;

/// While a request is under way the time may pass this far: handlers wait for moments only.
const MOMENTS: Duration = Duration::from_secs(2);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or null when that is not JSON.
    pub body: Value,
    /// Its body as it came.
    pub text: String,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn must_be(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The problem document's code.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A client over a real socket.
#[derive(Clone, Debug)]
pub struct Browser {
    pub(crate) client: HttpClient,
    pub(crate) base_url: String,
    pub(crate) time: Time,
    /// `name=value` of the session.
    pub cookie: Option<String>,
    /// An API key.
    pub key: Option<String>,
}

impl Browser {
    /// `GET`
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// `POST` of JSON.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// `POST` of nothing.
    pub async fn act(&mut self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], Bytes::new()).await
    }

    /// Any method with JSON.
    pub async fn json(&mut self, method: Method, path: &str, body: &Value) -> Answer {
        let json = [(header::CONTENT_TYPE, "application/json")];
        self.send(method, path, &json, Bytes::from(body.to_string())).await
    }

    /// Anything.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(header::HeaderName, &str)],
        body: Bytes,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(body).expect("a request");
        let until: Timestamp = self.time.clock_now() + MOMENTS;
        let sent = self.time.while_it_passes(until, self.client.send(request)).await;
        let response = sent.expect("an answer");
        self.keep_cookie(response.headers());
        let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Answer { status: response.status(), headers: response.headers().clone(), body, text }
    }

    fn keep_cookie(&mut self, headers: &HeaderMap) {
        let Some(set) = headers.get(header::SET_COOKIE) else { return };
        let pair = set.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
    }
}
