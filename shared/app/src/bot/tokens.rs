//! Tokens of bots, opened once and remembered for a moment: a page of messages needs one many times.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use channels::telegram::BotToken;
use domain::bot::{Bot, BotSecrets, BotStatus};
use domain::engine::decision::BotState;
use domain::ids::BotId;
use domain::time::Timestamp;
use runtime::seal::SealError;
use secrecy::{ExposeSecret, SecretString};
use table::{TableError, keys};
use thiserror::Error;

use crate::App;

/// A token is looked at again after this: a bot that was switched off elsewhere sends so long.
const REMEMBERED: Duration = Duration::from_secs(10);
/// So many are remembered.
const AT_MOST: usize = 1_024;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoToken {
    /// There is no such bot.
    #[error("there is no bot {0}")]
    NoBot(BotId),
    /// An admin switched it off.
    #[error("the bot is switched off")]
    Off,
    /// Telegram refused its token: what it is to say waits until it has another one.
    #[error("the bot is stopped")]
    Stopped,
    /// What stands for its token is none.
    #[error("the bot's token cannot be read: {0}")]
    Unreadable(&'static str),
    /// It could not be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The token that a bot sends with now.
#[derive(Clone, Debug)]
pub struct CurrentToken {
    /// The token.
    pub token: BotToken,
    /// The version of the bot that it was read from: a newer one may have another token. The platform's
    /// bots, which the configuration names, have none.
    pub version: Option<u64>,
}

/// The tokens that a process remembers. Clones share them.
#[derive(Clone, Default)]
pub struct Tokens(Arc<Mutex<HashMap<BotId, Remembered>>>);

#[derive(Clone)]
struct Remembered {
    token: BotToken,
    /// The bot's version: another one may have another token.
    version: u64,
    read_at: Timestamp,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    fn of(&self, id: &BotId, now: Timestamp) -> Option<CurrentToken> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tokens.get(id).filter(|it| now.since(it.read_at) < REMEMBERED)?;
        Some(CurrentToken { token: known.token.clone(), version: Some(known.version) })
    }

    /// Forgets a bot's token.
    pub(crate) fn forget(&self, id: &BotId) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.remove(id);
    }

    fn remember(&self, id: &BotId, remembered: Remembered) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= AT_MOST {
            tokens.clear();
        }
        tokens.insert(id.clone(), remembered);
    }
}

/// The token that a bot sends with. A company's bot must be active.
///
/// # Errors
/// [`NoToken`]; [`NoToken::Sealed`] and [`NoToken::Table`] may pass.
pub async fn token(app: &App, id: &BotId) -> Result<CurrentToken, NoToken> {
    if let Some(bot) = app.bots.bot(id) {
        let token = BotToken::parse(bot.token.expose_secret())
            .map_err(|_| NoToken::Unreadable("it has not the form of one"))?;
        return Ok(CurrentToken { token, version: None });
    }
    let now = app.env.now();
    if let Some(token) = app.tokens.of(id, now) {
        return Ok(token);
    }
    let (bot_key, state_key) = (keys::bot(id), keys::bot_state(id));
    let mut found = app.table.get_all(&[bot_key.clone(), state_key.clone()]).await?;
    let bot = found.take::<Bot>(&bot_key)?.ok_or_else(|| NoToken::NoBot(id.clone()))?;
    let state = found.take::<BotState>(&state_key)?;
    if bot.status == BotStatus::Inactive {
        return Err(NoToken::Off);
    }
    if state.is_some_and(|state| state.stopped.is_some()) {
        return Err(NoToken::Stopped);
    }
    let token = open(app, &bot).await?;
    let remembered = Remembered { token: token.clone(), version: bot.version, read_at: now };
    app.tokens.remember(id, remembered);
    Ok(CurrentToken { token, version: Some(bot.version) })
}

/// What an operator needs of a bot to speak to Telegram for it.
#[derive(Debug)]
pub struct Credentials {
    /// Its id.
    pub id: BotId,
    /// Its username in Telegram.
    pub username: String,
    /// Its token.
    pub token: BotToken,
    /// What Telegram is to show with each update.
    pub webhook_secret: SecretString,
}

/// The credentials of a company's bot, active or not.
///
/// # Errors
/// [`NoToken`].
pub async fn credentials(app: &App, id: &BotId) -> Result<Credentials, NoToken> {
    let found = app.table.get::<Bot>(&keys::bot(id)).await?;
    let bot = found.ok_or_else(|| NoToken::NoBot(id.clone()))?;
    let (token, secrets) = (open(app, &bot).await?, secrets(app, &bot).await?);
    let webhook_secret = secrets.webhook_secret.into();
    Ok(Credentials { id: bot.id, username: bot.username, token, webhook_secret })
}

/// Opens a bot's token, whether it is active or not.
pub(super) async fn open(app: &App, bot: &Bot) -> Result<BotToken, NoToken> {
    let secrets = secrets(app, bot).await?;
    BotToken::parse(&secrets.token)
        .map_err(|_| NoToken::Unreadable("what was sealed has not the form of one"))
}

/// Opens what is sealed of a bot.
pub(super) async fn secrets(app: &App, bot: &Bot) -> Result<BotSecrets, NoToken> {
    let opened = app.sealer.open(&Bot::about(&bot.id), &bot.secrets).await?;
    serde_json::from_str(opened.expose_secret())
        .map_err(|_| NoToken::Unreadable("what was sealed is not what a bot has"))
}
