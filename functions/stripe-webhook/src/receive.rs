//! `POST /api/webhooks/stripe`

use app::App;
use app::subscription::receive_event;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use payments::stripe::{StripeEvent, verify};
use runtime::metrics::Metric;
use runtime::problem::Problem;
use runtime::unit::{correlation, measure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Refusal, body};

/// The header that Stripe signs in (FACTS: Stripe).
pub(crate) const SIGNATURE: &str = "Stripe-Signature";
/// The event was taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = EventTaken)]
pub(crate) struct Taken {
    /// Always `true`.
    received: bool,
}

/// An event of Stripe's
///
/// Kinds that say nothing of subscriptions are taken, too. An event that comes again does nothing.
#[utoipa::path(post, path = "/api/webhooks/stripe", tag = "webhooks",
    request_body(content = serde_json::Value, description = "An event"),
    security(("stripe_signature" = [])),
    responses(
        (status = 200, description = "Taken", body = Taken),
        (status = 400, description = "The signature is wrong, missing or over five minutes old, or the body is no event",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No events of Stripe's are taken here", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "It could not be taken: send it again", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn receive(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Taken>, Refusal> {
    let secret = app.payments.webhook_secret().ok_or_else(|| Refusal::not_found("webhook"))?;
    let header = request.headers().get(SIGNATURE).and_then(|it| it.to_str().ok());
    let header = header.unwrap_or_default().to_owned();
    // Byte for byte: that is what was signed.
    let body = body::read(request.into_body(), body::MAX_WEBHOOK).await?;
    if let Err(error) = verify(&header, &body, secret, app.env.now()) {
        // Who shows none is a stranger; a wrong one is most often Stripe's, with another secret.
        if !header.is_empty() {
            measure(Metric::WebhookFailures, 1);
        }
        return Err(refused("WRONG_SIGNATURE", &error.to_string()));
    }
    let event =
        StripeEvent::parse(&body).map_err(|error| refused("NO_EVENT", &error.to_string()))?;
    let received = receive_event(&app, &event).await?;
    let spent = app.spent();
    tracing::info!(
        unit = "event",
        correlation = correlation().map(tracing::field::display),
        event = event.id,
        kind = event.kind,
        outcome = received.as_str(),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    Ok(Json(Taken { received: true }))
}

fn refused(code: &str, detail: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, code, detail)
}
