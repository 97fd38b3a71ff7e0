//! A call of a bot's webhook: the right secret, and a body of bounded length.

use app::App;
use app::bot::{KnownBot, bot_of_path};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use runtime::metrics::Metric;
use runtime::unit::measure;
use web::Refusal;

/// The header in which Telegram shows the secret (FACTS: Telegram, setWebhook).
pub(crate) const SECRET: &str = "X-Telegram-Bot-Api-Secret-Token";
/// The longest body, in bytes; Telegram's are far shorter.
const MAX_BODY: usize = 1 << 20;

/// The bot that is called: 404 for one that is not there or switched off, 403 without its secret.
pub(crate) async fn bot(app: &App, name: &str, headers: &HeaderMap) -> Result<KnownBot, Refusal> {
    let found = bot_of_path(app, name).await?;
    let found = found.ok_or_else(|| Refusal::not_found("bot"))?;
    let shown = headers.get(SECRET).and_then(|shown| shown.to_str().ok()).unwrap_or_default();
    if found.is_secret(shown) {
        return Ok(found.bot);
    }
    // Who shows none is a stranger; who shows a wrong one is most often Telegram, with the secret of
    // an earlier registration.
    if !shown.is_empty() {
        measure(Metric::WebhookFailures, 1);
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "WRONG_SECRET", "this is not the webhook's secret"))
}

/// The whole body.
pub(crate) async fn body(request: Request) -> Result<Bytes, Refusal> {
    match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BODY_TOO_LARGE",
            format!("an update has at most {MAX_BODY} bytes"),
        )),
        Err(_) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "BODY_INCOMPLETE",
            "the body ended before it was complete",
        )),
    }
}
