//! Delivery of updates to webhooks: one of a chat at a time, in order, again and
//! again until the receiver says 2xx or the update is too old.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::Telegram;
use super::journal::{Record, Webhook};
use super::queue::{AfterFailure, Pending};
use super::state::Bot;

/// What a webhook answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, in seconds.
    pub retry_after: Option<u64>,
}

/// A post under way.
pub type Posting = Pin<Box<dyn Future<Output = Result<WebhookAnswer, String>> + Send>>;

/// How updates get to a webhook: over HTTP, or straight into the process.
pub trait WebhookSender: Send + Sync {
    /// Posts the JSON `body` to `url`, with `secret` as the header
    /// `X-Telegram-Bot-Api-Secret-Token`.
    fn post(&self, url: &str, secret: Option<&str>, body: Vec<u8>) -> Posting;
}

/// Posts over HTTP.
#[derive(Clone)]
pub struct HttpSender {
    client: reqwest::Client,
}

impl fmt::Debug for HttpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSender").finish_non_exhaustive()
    }
}

impl HttpSender {
    /// Posts with a client of its own that waits so long for an answer.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(
        clippy::disallowed_methods,
        reason = "Telegram's own side of the connection, not one of ours"
    )]
    pub fn with_timeout(timeout: std::time::Duration) -> Result<Self, reqwest::Error> {
        Ok(Self::new(reqwest::Client::builder().timeout(timeout).build()?))
    }

    /// Posts with this client; its time-out is how long a webhook may take.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl WebhookSender for HttpSender {
    fn post(&self, url: &str, secret: Option<&str>, body: Vec<u8>) -> Posting {
        let mut request =
            self.client.post(url).header("content-type", "application/json").body(body);
        if let Some(secret) = secret {
            request = request.header("x-telegram-bot-api-secret-token", secret);
        }
        Box::pin(async move {
            let response = request.send().await.map_err(|error| describe(&error))?;
            let header =
                response.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let retry_after = header.and_then(|value| value.parse().ok());
            Ok(WebhookAnswer { status: response.status().as_u16(), retry_after })
        })
    }
}

/// Courier's webhooks go the same way, under another header.
impl crate::courier::EventSender for HttpSender {
    fn post(&self, url: &str, signature: &str, body: Vec<u8>) -> Posting {
        let request = self.client.post(url).header("content-type", "application/json");
        let request = request.header("courier-signature", signature).body(body);
        Box::pin(async move {
            let response = request.send().await.map_err(|error| describe(&error))?;
            Ok(WebhookAnswer { status: response.status().as_u16(), retry_after: None })
        })
    }
}

/// As `getWebhookInfo` words it.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "Read timeout expired".to_owned()
    } else if error.is_connect() {
        "Connection refused".to_owned()
    } else {
        "Connection reset by peer".to_owned()
    }
}

/// An update on its way. Dropped before it landed, it is tried again.
struct Flight {
    telegram: Telegram,
    bot_id: i64,
    webhook: Webhook,
    update: Pending,
    landed: bool,
}

impl Drop for Flight {
    fn drop(&mut self) {
        if !self.landed {
            let chat_id = self.update.chat_id;
            self.telegram.with(|state| state.bot(self.bot_id).queue.abandoned(chat_id));
        }
    }
}

impl Bot {
    /// May another update set out?
    pub(super) fn has_room(&self) -> bool {
        self.webhook
            .as_ref()
            .is_some_and(|webhook| self.queue.in_flight() < webhook.max_connections)
    }
}

impl Telegram {
    /// Delivers updates for as long as it is polled.
    pub async fn run_webhooks(&self, sender: Arc<dyn WebhookSender>) {
        let mut flights = FuturesUnordered::new();
        let mut news = self.shared.updates.subscribe();
        loop {
            news.borrow_and_update();
            while let Some(flight) = self.depart() {
                flights.push(fly(flight, Arc::clone(&sender)));
            }
            let clock = &self.shared.options.clock;
            let wait =
                self.next_departure_ms().map(|at| u64::try_from(at - clock.now_ms()).unwrap_or(0));
            let rest = async {
                match wait {
                    Some(ms) => clock.sleep_ms(ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(()) = flights.next() => {}
                _ = news.changed() => {}
                () = rest => {}
            }
        }
    }

    fn depart(&self) -> Option<Flight> {
        let now = self.now_ms();
        self.with(|state| {
            let bots = state.bots.values_mut().filter(|bot| bot.has_room());
            bots.into_iter().find_map(|bot| {
                let webhook = bot.webhook.clone()?;
                let update = bot.queue.depart(now)?;
                let bot_id = bot.account.id;
                Some(Flight { telegram: self.clone(), bot_id, webhook, update, landed: false })
            })
        })
    }

    fn land(&self, flight: &mut Flight, answer: Result<WebhookAnswer, String>) {
        flight.landed = true;
        let now = self.now_ms();
        let Flight { bot_id, ref update, .. } = *flight;
        let (error, retry_after) = match answer {
            Ok(WebhookAnswer { status: 200..=299, .. }) => (None, None),
            Ok(WebhookAnswer { status, retry_after }) => {
                let reason = http::StatusCode::from_u16(status)
                    .ok()
                    .and_then(|status| status.canonical_reason());
                let text = format!(
                    "Wrong response from the webhook: {status} {}",
                    reason.unwrap_or_default()
                );
                (Some(text.trim_end().to_owned()), retry_after)
            }
            Err(error) => (Some(error), None),
        };
        self.with(|state| {
            let bot = state.bot(bot_id);
            let is_over = match error {
                None => {
                    bot.queue.landed(update.chat_id);
                    true
                }
                Some(error) => {
                    bot.last_error = Some((now, error));
                    let after =
                        bot.queue.failed(update.update_id, update.chat_id, now, retry_after);
                    after == AfterFailure::Expired
                }
            };
            if is_over {
                state.commit(vec![Record::Done { bot_id, update_ids: vec![update.update_id] }]);
            }
        });
    }
}

async fn fly(mut flight: Flight, sender: Arc<dyn WebhookSender>) {
    let body = flight.update.to_json().to_string().into_bytes();
    let answer = sender.post(&flight.webhook.url, flight.webhook.secret.as_deref(), body).await;
    let telegram = flight.telegram.clone();
    telegram.land(&mut flight, answer);
}
