//! Updates of a real bot, asked for with `getUpdates` and fed to the webhook's own handler, so that
//! a bot works from a laptop without a tunnel.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::bot::UPDATES;
use channels::telegram::{BotToken, GetUpdates, TelegramApi};
use runtime::http::HttpClient;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::StartError;
use super::direct::Direct;
use super::server::WEBHOOK;
use super::stop::Stop;

/// Telegram holds a request for so many seconds while nothing happens.
const HELD: u32 = 25;
/// A request takes at most this.
const LIMIT: Duration = Duration::from_secs(40);
/// The pause after a failure doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Asks, feeds, and confirms what was taken.
pub(super) struct Poller {
    app: App,
    api: TelegramApi,
    token: BotToken,
    site: Direct,
    stop: Stop,
}

impl Poller {
    pub(super) fn new(
        app: App,
        token: BotToken,
        site: Direct,
        stop: Stop,
    ) -> Result<Self, StartError> {
        let client =
            HttpClient::new(LIMIT).map_err(|error| StartError::Client(error.to_string()))?;
        let api = TelegramApi::new(Arc::new(client), app.bots.api_url.clone());
        Ok(Self { app, api, token, site, stop })
    }

    /// Until it is time to end. What is not confirmed, Telegram gives again at the next start.
    pub(super) async fn run(mut self) {
        let (mut offset, mut pause) = (0, FIRST_PAUSE);
        while !self.stop.is_set() {
            let poll = GetUpdates { offset, timeout: HELD, allowed_updates: &UPDATES };
            let asked = tokio::select! {
                asked = self.api.get_updates(&self.token, poll) => asked,
                () = self.stop.wait() => return,
            };
            match asked {
                Ok(updates) => {
                    pause = FIRST_PAUSE;
                    for update in updates {
                        let Some(id) = update.get("update_id").and_then(Value::as_i64) else {
                            continue;
                        };
                        if !self.feed(&update).await {
                            return;
                        }
                        offset = id + 1;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "Telegram gives no updates");
                    self.rest(&mut pause).await;
                }
            }
        }
    }

    /// Posts an update until the webhook has taken it. `false` when it is time to end.
    async fn feed(&mut self, update: &Value) -> bool {
        let secret = self.app.bots.bots.first().map(|bot| bot.webhook_secret.clone());
        let mut pause = FIRST_PAUSE;
        while !self.stop.is_set() {
            let secret = secret.as_ref().map(ExposeSecret::expose_secret);
            let body = update.to_string().into_bytes();
            match self.site.post_update(WEBHOOK, secret, body).await {
                Ok(answer) if (200..300).contains(&answer.status) => return true,
                Ok(answer) => tracing::warn!(status = answer.status, "an update was not taken"),
                Err(error) => tracing::warn!(%error, "an update was not taken"),
            }
            self.rest(&mut pause).await;
        }
        false
    }

    async fn rest(&mut self, pause: &mut Duration) {
        tokio::select! {
            () = self.app.env.clock.sleep(*pause) => {}
            () = self.stop.wait() => {}
        }
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }
}
