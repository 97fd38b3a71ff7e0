//! `POST /api/webhooks/prodamus/{bot}`

use app::App;
use app::payment::{ReceiveError, receive as receive_word};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use payments::prodamus::SignatureError;
use runtime::metrics::Metric;
use runtime::problem::Problem;
use runtime::unit::{correlation, measure};
use web::{Refusal, body};

/// The header that Prodamus signs in (FACTS: Prodamus).
pub(crate) const SIGN: &str = "Sign";
/// The longest body, in bytes; Prodamus's are far shorter. What it says is kept, sealed, in one item.
const MAX_BODY: usize = 1 << 15;
/// What a word is answered that was taken.
const TAKEN: &str = "success";

/// A word of Prodamus about a payment
///
/// As `multipart/form-data`, `application/x-www-form-urlencoded` or JSON. A word that comes again does
/// nothing; one about an order that is not known is taken, and the admins are told.
#[utoipa::path(post, path = "/api/webhooks/prodamus/{bot}", tag = "webhooks",
    params(("bot" = String, Path, description = "The bot's id, or its slug in paths")),
    request_body(content = String, content_type = "multipart/form-data", description = "A word"),
    security(("prodamus_signature" = [])),
    responses(
        (status = 200, description = "Taken", body = String, content_type = "text/plain"),
        (status = 400, description = "The signature is wrong or missing, or the body is no word about a payment",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody pays through such a bot", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "It could not be taken: send it again", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn receive(
    State(app): State<App>,
    bot: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<&'static str, Refusal> {
    let Path(bot) = bot.map_err(|_| Refusal::not_found("webhook"))?;
    let (sign, content_type) =
        (text(&request, SIGN), text(&request, header::CONTENT_TYPE.as_str()));
    let body = body::read(request.into_body(), MAX_BODY).await?;
    let received = receive_word(&app, &bot, (&content_type, &body), &sign).await;
    let outcome = received.map_err(|error| refusal(error, &sign))?;
    let spent = app.spent();
    tracing::info!(
        unit = "payment",
        correlation = correlation().map(tracing::field::display),
        outcome = outcome.as_str(),
        millis = spent.millis,
        calls = spent.used.calls,
        read_units = spent.used.read,
        write_units = spent.used.write,
    );
    Ok(TAKEN)
}

/// A header's text; empty where there is none.
fn text(request: &Request, name: &str) -> String {
    let value = request.headers().get(name).and_then(|it| it.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn refusal(error: ReceiveError, sign: &str) -> Refusal {
    let code = match &error {
        ReceiveError::NoForm => return Refusal::not_found("webhook"),
        ReceiveError::Signature(SignatureError::Missing) => "WRONG_SIGNATURE",
        ReceiveError::Signature(SignatureError::Wrong) => {
            // Who shows none is a stranger; a wrong one is most often the form's, with another key.
            measure(Metric::WebhookFailures, 1);
            "WRONG_SIGNATURE"
        }
        ReceiveError::Body(_) if !sign.is_empty() => {
            measure(Metric::WebhookFailures, 1);
            "NO_WORD"
        }
        ReceiveError::Body(_) => "NO_WORD",
        ReceiveError::Word(_) => {
            measure(Metric::WebhookFailures, 1);
            "NO_WORD"
        }
        ReceiveError::App(_) => "",
    };
    match error {
        ReceiveError::App(error) => error.into(),
        error => Refusal::new(StatusCode::BAD_REQUEST, code, error.to_string()),
    }
}
