//! `POST /api/webhooks/courier`

use app::App;
use app::mail::take_news;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use channels::courier::{Webhook, signature};
use runtime::metrics::Metric;
use runtime::problem::Problem;
use runtime::unit::{correlation, measure};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Refusal, body};

/// The webhook was taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CourierTaken)]
pub(crate) struct Taken {
    /// Always `true`.
    ok: bool,
}

/// News of a mail
///
/// `message:updated` is written to the mail's delivery; an address that a mail came back from is
/// blocked. Everything else is taken and left.
#[utoipa::path(post, path = "/api/webhooks/courier", tag = "webhooks",
    request_body(content = serde_json::Value, description = "An event of Courier's"),
    security(("courier_signature" = [])),
    responses(
        (status = 200, description = "Taken", body = Taken),
        (status = 403, description = "The signature is missing, wrong, or too old", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "No secret is configured to know Courier by", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The table does not answer: send it again", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn receive(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Taken>, Refusal> {
    let secret = app.mailer.webhook_secret.as_ref();
    let secret = secret.ok_or_else(|| Refusal::not_found("webhook"))?;
    let shown = request.headers().get(signature::HEADER).and_then(|it| it.to_str().ok());
    let shown = shown.unwrap_or_default().to_owned();
    let body = body::read(request.into_body(), body::MAX_WEBHOOK).await?;
    signature::verify(&shown, &body, secret.expose_secret(), app.env.now()).map_err(|error| {
        if !shown.is_empty() {
            measure(Metric::WebhookFailures, 1);
        }
        Refusal::new(StatusCode::FORBIDDEN, "WRONG_SIGNATURE", error.to_string())
    })?;
    let outcome = match Webhook::parse(&body) {
        Ok(Webhook::Mail(news)) => take_news(&app, news).await?.as_str(),
        Ok(Webhook::Other) => "ignored",
        // Courier would send it again, and it would be no better then.
        Err(error) => {
            measure(Metric::WebhookFailures, 1);
            tracing::warn!(%error, "a webhook of Courier's cannot be read; it is dropped");
            "unreadable"
        }
    };
    let spent = app.spent();
    tracing::info!(
        unit = "mail_news",
        correlation = correlation().map(display),
        outcome,
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    Ok(Json(Taken { ok: true }))
}
