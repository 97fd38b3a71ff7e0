//! The bots of a system, and where they are spoken to.

use std::sync::Arc;
use std::time::Duration;

use app::bot::{Credentials, bot_named, credentials};
use channels::telegram::{BotToken, TelegramApi, TelegramError};
use domain::ids::BotId;
use runtime::config::{Bot, Environment, Secret, Source, Telegram};
use runtime::http::HttpClient;

use super::{CommandError, System};
use crate::cli::Place;
use crate::dev::{SIMULATED_BOT, SIMULATED_TOKEN, Settings, StartError, state};

/// A call takes at most this.
const CALL: Duration = Duration::from_secs(20);

/// The bots, and the Bot API.
#[derive(Debug)]
pub(crate) struct Bots {
    pub(crate) api: TelegramApi,
    pub(crate) config: Telegram,
    /// Where Telegram reaches Hoopoe, as far as this is known.
    pub(crate) base_url: Option<String>,
}

impl Bots {
    /// Those of the environment, a secret or variables, when it names any; else the simulated one of
    /// the `hoopoe dev` that runs on the local state.
    pub(crate) async fn open(place: &Place) -> Result<Self, CommandError> {
        let named = System::is_on_aws()
            || Secret::name(&Environment).is_some()
            || Environment.get("TELEGRAM_BOT_TOKEN").is_some();
        let (config, base_url) = if named {
            let secret = app::aws::bot_of_environment().await;
            let secret = secret.map_err(|error| CommandError::Aws(error.to_string()))?;
            let config = Telegram::of(&Environment, Some(secret)).map_err(StartError::from)?;
            (config, Environment.get("SITE_URL"))
        } else {
            simulated(place)?
        };
        let client =
            HttpClient::new(CALL).map_err(|error| StartError::Client(error.to_string()))?;
        let api = TelegramApi::new(Arc::new(client), config.api_url.clone());
        Ok(Self { api, config, base_url })
    }

    /// The platform's bot, or a company's by its id or by the slug in its webhook's path.
    pub(crate) async fn pick(
        &self,
        place: &Place,
        name: &str,
    ) -> Result<Credentials, CommandError> {
        if let Some(bot) = self.config.bot(&BotId(name.to_owned())) {
            return Ok(Credentials {
                id: bot.id.clone(),
                username: bot.username.clone(),
                token: token(bot)?,
                webhook_secret: bot.webhook_secret.clone(),
            });
        }
        let System { app, .. } = System::open(place).await?;
        let id = bot_named(&app, name).await?;
        let id = id.ok_or_else(|| CommandError::NoBot(name.to_owned()))?;
        Ok(credentials(&app, &id).await?)
    }

    /// Telegram's no, with the address that said so.
    pub(crate) fn refused(&self, error: &TelegramError) -> CommandError {
        StartError::Telegram(self.config.api_url.clone(), error.to_string()).into()
    }
}

/// The bot's token, if it has a token's form.
pub(crate) fn token(bot: &Bot) -> Result<BotToken, CommandError> {
    use secrecy::ExposeSecret;
    let token = BotToken::parse(bot.token.expose_secret());
    token.map_err(|error| StartError::Token(error.to_string()).into())
}

/// The bot of the simulator inside a running `hoopoe dev`, or of one at `TELEGRAM_API_URL`.
fn simulated(place: &Place) -> Result<(Telegram, Option<String>), CommandError> {
    let running = state::running(&place.state);
    let api_url = Environment.get("TELEGRAM_API_URL").or_else(|| running.clone());
    let api_url = api_url.ok_or_else(|| CommandError::NoDev(place.state.clone()))?;
    let secret =
        state::read_secret(&place.state, state::WEBHOOK_SECRET).map_err(StartError::from)?;
    let settings = Settings::environment()
        .set("TELEGRAM_API_URL", api_url)
        .set("TELEGRAM_BOT_TOKEN", SIMULATED_TOKEN)
        .set("TELEGRAM_BOT_USERNAME", SIMULATED_BOT)
        .default_to("TELEGRAM_WEBHOOK_SECRET", secret.unwrap_or_else(|| "none".to_owned()));
    let config = Telegram::read(&settings).map_err(StartError::from)?;
    Ok((config, Environment.get("SITE_URL").or(running)))
}
