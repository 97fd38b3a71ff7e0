//! Which bot is meant.

use domain::account::SecretHash;
use domain::bot::{Bot, BotName, BotSlug, BotStatus, DefaultBot};
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId};
use domain::slug::Slug;
use runtime::config;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use table::{TableError, keys};
use uuid::Uuid;

use crate::{App, AppError};

/// What is not there where there is no bot.
pub(crate) const BOT: &str = "bot";

/// A bot as far as it is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBot {
    /// Its id.
    pub id: BotId,
    /// Its username in Telegram, without the at sign.
    pub username: String,
    /// Whose it is; the platform's is nobody's.
    pub company_id: Option<CompanyId>,
    /// Whether it takes and sends messages.
    pub active: bool,
    /// The chat that it writes to when none is named.
    pub default_chat: Option<i64>,
}

impl From<&config::Bot> for KnownBot {
    fn from(bot: &config::Bot) -> Self {
        Self {
            id: bot.id.clone(),
            username: bot.username.clone(),
            company_id: None,
            active: true,
            default_chat: None,
        }
    }
}

impl From<Bot> for KnownBot {
    fn from(bot: Bot) -> Self {
        Self {
            id: bot.id,
            username: bot.username,
            company_id: Some(bot.company_id),
            active: bot.status == BotStatus::Active,
            default_chat: bot.default_chat,
        }
    }
}

/// A bot whose webhook is called.
#[derive(Clone, Debug)]
pub struct WebhookBot {
    /// The bot.
    pub bot: KnownBot,
    secret: SecretHash,
}

impl WebhookBot {
    /// Whether this is the webhook's secret; in constant time, so that a stranger does not find it
    /// out letter by letter.
    pub fn is_secret(&self, shown: &str) -> bool {
        SecretHash::of(shown).0.as_bytes().ct_eq(self.secret.0.as_bytes()).into()
    }
}

/// The bot of this id, active or not.
pub async fn find_bot(app: &App, id: &BotId) -> Result<Option<KnownBot>, TableError> {
    if let Some(bot) = app.bots.bot(id) {
        return Ok(Some(bot.into()));
    }
    Ok(app.table.get::<Bot>(&keys::bot(id)).await?.map(KnownBot::from))
}

/// The bot that a webhook's path names: by its id, or by its slug if it was the first of the
/// deployment to have that. One that is inactive is as good as unknown.
pub async fn bot_of_path(app: &App, name: &str) -> Result<Option<WebhookBot>, TableError> {
    let id = BotId(name.to_owned());
    if let Some(bot) = app.bots.bot(&id) {
        let secret = SecretHash::of(bot.webhook_secret.expose_secret());
        return Ok(Some(WebhookBot { bot: bot.into(), secret }));
    }
    let Some(id) = bot_named(app, name).await? else { return Ok(None) };
    let bot = app.table.get::<Bot>(&keys::bot(&id)).await?;
    let active = bot.filter(|bot| bot.status == BotStatus::Active);
    Ok(active.map(|bot| WebhookBot { secret: bot.webhook_secret.clone(), bot: bot.into() }))
}

/// The id of the company's bot that a path or an operator names: its id, or its slug if it was the first
/// of the deployment to have that.
pub async fn bot_named(app: &App, name: &str) -> Result<Option<BotId>, TableError> {
    match (Uuid::try_parse(name), Slug::parse(name)) {
        // As it stands in the key, however it was written.
        (Ok(id), _) => Ok(Some(BotId(id.to_string()))),
        (_, Ok(slug)) => {
            let named = app.table.get::<BotName>(&keys::bot_name(&slug)).await?;
            Ok(named.map(|it| it.bot))
        }
        _ => Ok(None),
    }
}

/// The bot that a company means: its own of this slug or id, or the platform's as `default`. Where
/// none is named, the company's default bot, or else the platform's.
///
/// # Errors
/// [`AppError::NotFound`], also for a bot of another company.
pub async fn companys_bot(
    app: &App,
    company_id: CompanyId,
    named: Option<&str>,
) -> Result<KnownBot, AppError> {
    let not_found = || AppError::NotFound(BOT);
    let id = match named {
        None => default_bot(app, company_id).await?.unwrap_or_else(BotId::default_bot),
        Some(name) => by_name(app, company_id, name).await?.ok_or_else(not_found)?,
    };
    let bot = find_bot(app, &id).await?.ok_or_else(not_found)?;
    match bot.company_id {
        Some(of) if of != company_id => Err(not_found()),
        _ => Ok(bot),
    }
}

/// [`companys_bot`], for something that is to begin now: a bot that takes no messages is a fault of the
/// request's `field`, and so is one that there is not.
///
/// # Errors
/// [`AppError::Invalid`].
pub async fn active_bot(
    app: &App,
    company_id: CompanyId,
    named: Option<&str>,
    field: &'static str,
) -> Result<KnownBot, AppError> {
    let faulty = |message| AppError::Invalid(vec![FieldError::new(field, message)]);
    match companys_bot(app, company_id, named).await {
        Ok(bot) if bot.active => Ok(bot),
        Ok(_) => Err(faulty("is switched off")),
        Err(AppError::NotFound(_)) => Err(faulty("is no bot of yours")),
        Err(error) => Err(error),
    }
}

async fn default_bot(app: &App, company_id: CompanyId) -> Result<Option<BotId>, TableError> {
    let default = app.table.get::<DefaultBot>(&keys::default_bot(company_id)).await?;
    Ok(default.map(|it| it.bot))
}

async fn by_name(
    app: &App,
    company_id: CompanyId,
    name: &str,
) -> Result<Option<BotId>, TableError> {
    let id = BotId(name.to_owned());
    if app.bots.bot(&id).is_some() {
        return Ok(Some(id));
    }
    if let Ok(id) = Uuid::try_parse(name) {
        return Ok(Some(BotId(id.to_string())));
    }
    let Ok(slug) = Slug::parse(name) else { return Ok(None) };
    let found = app.table.get::<BotSlug>(&keys::bot_slug(company_id, &slug)).await?;
    Ok(found.map(|it| it.bot))
}
