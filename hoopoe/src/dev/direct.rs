//! Requests inside the process: to a router as if over HTTP, without a socket.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt;
use runtime::http::{Transport, TransportError};
use simulators::courier::EventSender;
use simulators::telegram::{Posting, WebhookAnswer, WebhookSender};
use tower::ServiceExt;

/// What Telegram puts its webhook's secret in (FACTS: Telegram, setWebhook).
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// A router that is called like a function.
#[derive(Clone, Debug)]
pub(super) struct Direct(pub(super) Router);

impl Direct {
    pub(super) async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let Ok(response) = self.0.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }

    /// Posts an update to a webhook's path.
    pub(super) async fn post_update(
        &self,
        path: &str,
        secret: Option<&str>,
        update: Vec<u8>,
    ) -> Result<WebhookAnswer, String> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = secret {
            request = request.header(SECRET, secret);
        }
        let request = request.body(Bytes::from(update)).map_err(|error| error.to_string())?;
        let response = self.call(request).await?;
        let retry_after = response.headers().get(header::RETRY_AFTER);
        Ok(WebhookAnswer {
            status: response.status().as_u16(),
            retry_after: retry_after.and_then(|value| value.to_str().ok()?.parse().ok()),
        })
    }
}

/// Our calls to a simulator.
impl Transport for Direct {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move { self.call(request).await.map_err(TransportError::Unknown) })
    }
}

/// The mail box's news to us.
impl EventSender for Direct {
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting {
        let this = self.clone();
        let path = url::Url::parse(url).map(|url| url.path().to_owned());
        let request = path.map_err(|error| error.to_string()).and_then(|path| {
            Request::post(path)
                .header(header::CONTENT_TYPE, "application/json")
                .header("courier-signature", signature)
                .body(Bytes::from(body))
                .map_err(|error| error.to_string())
        });
        Box::pin(async move {
            let response = this.call(request?).await?;
            Ok(WebhookAnswer { status: response.status().as_u16(), retry_after: None })
        })
    }
}

/// A simulator's updates to us.
impl WebhookSender for Direct {
    fn post(&self, url: &str, secret: Option<&str>, body: Vec<u8>) -> Posting {
        let (this, secret) = (self.clone(), secret.map(str::to_owned));
        let path = url::Url::parse(url).map(|url| url.path().to_owned());
        Box::pin(async move {
            let path = path.map_err(|error| error.to_string())?;
            this.post_update(&path, secret.as_deref(), body).await
        })
    }
}
