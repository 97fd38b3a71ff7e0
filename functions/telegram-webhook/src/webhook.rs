//! A call of a bot's webhook: the right secret.

use app::App;
use app::bot::{KnownBot, bot_of_path};
use axum::http::{HeaderMap, StatusCode};
use runtime::metrics::Metric;
use runtime::unit::measure;
use web::Refusal;

/// The header in which Telegram shows the secret (FACTS: Telegram, setWebhook).
pub(crate) const SECRET: &str = "X-Telegram-Bot-Api-Secret-Token";
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
