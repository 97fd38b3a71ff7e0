//! A transport in memory: answers from a list, remembers what was asked. A clock beside it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::time::Timestamp;
use futures::future::{BoxFuture, ready};
use http::{Request, Response};
use runtime::Clock;
use runtime::http::{Transport, TransportError};
use serde_json::Value;

/// One answer of the stub.
pub(crate) type Answer = Result<Response<Bytes>, TransportError>;

/// What was asked: the path and the body, as a text where it is no JSON.
pub(crate) type Asked = (String, Value);

#[derive(Debug, Default)]
pub(crate) struct Stub {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

impl Stub {
    /// A stub that gives these answers, one after the other.
    pub(crate) fn answering(answers: Vec<Answer>) -> Self {
        Self { answers: Mutex::new(answers.into()), asked: Mutex::default() }
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Stub {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let text = || String::from_utf8_lossy(request.body()).into_owned();
        let body = serde_json::from_slice(request.body()).unwrap_or_else(|_| text().into());
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((request.uri().path().to_owned(), body));
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(ready(
            answer.unwrap_or_else(|| Err(TransportError::NotSent("no more answers".into()))),
        ))
    }
}

/// A clock that has moved on by the same time whenever it is read, as if each request had taken that long.
#[derive(Debug)]
pub(crate) struct Steps {
    each: Duration,
    now: Mutex<Timestamp>,
}

impl Steps {
    /// A clock with steps of so many seconds.
    pub(crate) fn of(seconds: u64) -> Self {
        let each = Duration::from_secs(seconds);
        Self { each, now: Mutex::new(Timestamp::from_millis(0)) }
    }
}

impl Clock for Steps {
    fn now(&self) -> Timestamp {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + self.each;
        *now
    }

    fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}

/// An answer with this status and body.
#[expect(clippy::unnecessary_wraps, reason = "stands in lists next to errors")]
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}
