//! Outgoing HTTP as one exchange, with errors that say whether the request left.

mod guarded;
pub mod roots;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use futures::future::BoxFuture;
use thiserror::Error;

use roots::Roots;

pub use guarded::{GuardedClient, Lookup, Networks, NotPublic, SystemLookup, is_public};

/// Sends one request and gives the whole answer.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `request`; its URI is absolute.
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>>;
}

/// Why there is no answer. The variant decides whether the request may be sent again unmarked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// The request did not leave: no connection, no TLS.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request did not leave: its address is not one that may be reached.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The request was written; nobody knows whether it was taken: time-out, reset.
    #[error("unknown: {0}")]
    Unknown(String),
}

/// The process's HTTP client: one pool, rustls, time-outs.
#[derive(Clone, Debug)]
pub struct HttpClient(reqwest::Client);

impl HttpClient {
    /// A client whose requests take at most `limit` in all, unless a request says otherwise. It
    /// trusts whom the system trusts.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(limit: Duration) -> Result<Self, TransportError> {
        Self::trusting(Roots::System, limit)
    }

    /// The same with a choice of whom to trust.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(clippy::disallowed_methods, reason = "the one place that builds the process's client")]
    pub fn trusting(roots: Roots, limit: Duration) -> Result<Self, TransportError> {
        roots
            .trusted_by(reqwest::Client::builder())
            .timeout(limit)
            .connect_timeout(Duration::from_secs(3))
            // Thawed sockets make sends of unknown fate.
            .pool_idle_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map(Self)
            .map_err(|error| TransportError::NotSent(error.without_url().to_string()))
    }
}

impl Transport for HttpClient {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let answer = self.0.execute(request).await.map_err(failed)?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.clone_from(answer.headers());
            }
            let body = answer.bytes().await.map_err(failed)?;
            response.body(body).map_err(|error| TransportError::Unknown(error.to_string()))
        })
    }
}

/// The URL is left out: it may hold a bot's token.
fn failed(error: reqwest::Error) -> TransportError {
    let not_sent = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    if not_sent { TransportError::NotSent(text) } else { TransportError::Unknown(text) }
}
