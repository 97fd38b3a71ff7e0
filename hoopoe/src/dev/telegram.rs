//! Telegram: the simulator inside, one outside, or the real one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::bot::{AT_ONCE, COMMANDS, UPDATES};
use channels::telegram::{BotToken, SetWebhook, TelegramApi, TelegramError};
use runtime::clock::Clock;
use runtime::http::HttpClient;
use simulators::telegram::{
    BotAccount, HttpSender, Options, Sleep, Telegram, UnknownTokens, WebhookSender,
};

use super::StartError;
use super::direct::Direct;
use super::server::WEBHOOK;

/// The simulator's bot.
pub const SIMULATED_TOKEN: &str = "7000000001:hoopoe-dev";
/// Its name.
pub const SIMULATED_BOT: &str = "hoopoe_dev_bot";
/// Where the real one is.
pub const REAL: &str = "https://api.telegram.org";
/// A send takes at most this (ENGINE 14).
const CALL: Duration = Duration::from_secs(8);
/// How long a webhook may take to answer.
const WEBHOOK_ANSWER: Duration = Duration::from_secs(30);
/// Messages that the simulator keeps to show.
const KEEP: usize = 10_000;

/// Who plays Telegram.
#[derive(Clone, Debug)]
pub enum Peer {
    /// The simulator, inside this process.
    Simulator(Wire),
    /// A Bot API at an address, which posts updates to our webhook.
    Webhook {
        /// Its base URL.
        api_url: String,
        /// The bot.
        token: String,
    },
    /// A Bot API at an address, which we ask for updates: no tunnel is needed.
    Polling {
        /// Its base URL.
        api_url: String,
        /// The bot.
        token: String,
    },
}

/// How the simulator inside is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// As Telegram is: over HTTP.
    Http,
    /// Without a socket, so that virtual time sees all that happens.
    Direct,
}

impl Peer {
    /// The bot's token.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Simulator(_) => SIMULATED_TOKEN,
            Self::Webhook { token, .. } | Self::Polling { token, .. } => token,
        }
    }

    /// Where the Bot API is, and what deep links begin with.
    pub(super) fn urls(&self, base_url: &str) -> (String, String) {
        match self {
            Self::Simulator(_) => (base_url.to_owned(), format!("{base_url}/simulator/t.me")),
            Self::Webhook { api_url, .. } | Self::Polling { api_url, .. } => {
                let link_url = if api_url == REAL {
                    "https://t.me".to_owned()
                } else {
                    format!("{api_url}/simulator/t.me")
                };
                (api_url.clone(), link_url)
            }
        }
    }
}

/// The simulator's time is ours.
#[derive(Debug)]
pub(super) struct OurTime(pub(super) Arc<dyn Clock>);

impl simulators::telegram::Clock for OurTime {
    fn now_ms(&self) -> i64 {
        self.0.now().as_millis()
    }

    fn sleep_ms(&self, ms: u64) -> Sleep {
        self.0.sleep(Duration::from_millis(ms))
    }
}

/// The simulator inside, with its chats as its log has them.
pub(super) fn simulator(
    clock: Arc<dyn Clock>,
    log: Option<PathBuf>,
    link_base: String,
) -> Result<Telegram, StartError> {
    let bot = BotAccount::from_token(SIMULATED_TOKEN, Some(SIMULATED_BOT));
    let telegram = Telegram::open(Options {
        bots: bot.into_iter().collect(),
        log,
        unknown_tokens: UnknownTokens::Refuse,
        link_base,
        keep_messages: KEEP,
        allow_local_webhooks: true,
        ..Options::new(Arc::new(OurTime(clock)))
    })?;
    Ok(telegram)
}

/// The Bot API as the peer wants to be called.
pub(super) fn api(
    peer: &Peer,
    url: &str,
    simulator: Option<&Telegram>,
) -> Result<TelegramApi, StartError> {
    if let (Peer::Simulator(Wire::Direct), Some(simulator)) = (peer, simulator) {
        let inside = Direct(simulators::telegram::router(simulator.clone()));
        return Ok(TelegramApi::new(Arc::new(inside), url));
    }
    let client = HttpClient::new(CALL).map_err(|error| StartError::Client(error.to_string()))?;
    Ok(TelegramApi::new(Arc::new(client), url))
}

/// How the simulator inside posts updates.
pub(super) fn sender(wire: Wire, site: Direct) -> Result<Arc<dyn WebhookSender>, StartError> {
    match wire {
        Wire::Direct => Ok(Arc::new(site)),
        Wire::Http => match HttpSender::with_timeout(WEBHOOK_ANSWER) {
            Ok(sender) => Ok(Arc::new(sender)),
            Err(error) => Err(StartError::Client(error.to_string())),
        },
    }
}

/// Checks a token and reads what it must have.
pub(super) fn token(text: &str) -> Result<BotToken, StartError> {
    BotToken::parse(text).map_err(|error| StartError::Token(error.to_string()))
}

/// Tells Telegram where updates go, and what the menu shows.
pub(super) async fn connect(app: &App, peer: &Peer, base_url: &str) -> Result<(), StartError> {
    let token = token(peer.token())?;
    let refused =
        |error: TelegramError| StartError::Telegram(app.bots.api_url.clone(), error.to_string());
    match peer {
        Peer::Polling { .. } => app.telegram.delete_webhook(&token).await.map_err(refused)?,
        Peer::Simulator(_) | Peer::Webhook { .. } => {
            use secrecy::ExposeSecret;
            let secret = app.bots.bots.first().map(|bot| bot.webhook_secret.expose_secret());
            let webhook = SetWebhook {
                url: &format!("{base_url}{WEBHOOK}"),
                secret: secret.unwrap_or_default(),
                allowed_updates: &UPDATES,
                max_connections: AT_ONCE,
            };
            app.telegram.set_webhook(&token, webhook).await.map_err(refused)?;
        }
    }
    // A menu that could not be set is no reason not to start.
    if let Err(error) = app.telegram.set_my_commands(&token, &COMMANDS).await {
        tracing::warn!(%error, "the bot's menu of commands could not be set");
    }
    Ok(())
}
