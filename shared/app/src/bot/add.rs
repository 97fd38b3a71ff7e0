//! A company adds a bot by its token.

use channels::telegram::{BotIdentity, BotToken, TelegramError};
use domain::account::SecretHash;
use domain::bot::{
    BOTS_PER_COMPANY, Bot, BotName, BotSecrets, BotSlug, NewBot, TelegramBot, decide_add,
};
use domain::engine::Decision;
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId};
use domain::seal::Sealed;
use domain::slug::Slug;
use secrecy::ExposeSecret;
use table::keys;
use uuid::Uuid;

use super::list::slugs;
use crate::answer::{self, Keep};
use crate::{App, AppError};

/// What a bot is called of whose name nothing is left.
const FALLBACK: &str = "bot";

/// A bot that an admin wants to add.
pub struct AddBot {
    /// Whose it becomes.
    pub company_id: CompanyId,
    /// Its token, as `BotFather` gave it.
    pub token: String,
    /// What the company calls it; made of its username when absent.
    pub slug: Option<String>,
    /// The chat that it writes to when none is named.
    pub default_chat: Option<i64>,
    /// Whether the company speaks through it where no bot is named.
    pub is_default: bool,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<(Bot, bool)>>,
}

/// Asks Telegram whose token it is, and adds the bot. The token is kept sealed, with a new secret for
/// the bot's webhook. Answers the bot, and whether it is its company's default.
///
/// # Errors
/// [`AppError::Invalid`] for a token that is none or that Telegram does not know, and for the slug;
/// [`AppError::Taken`] for a slug of another bot of the company, and for a bot that is here already;
/// [`AppError::Quota`], [`AppError::Unavailable`], [`AppError::Repeated`].
pub async fn add_bot(app: &App, command: AddBot) -> Result<(Bot, bool), AppError> {
    let AddBot { company_id, token, slug, default_chat, is_default, keep } = command;
    let (token, wanted) = check(app, &token, slug.as_deref())?;
    let me = identify(app, &token).await?;
    let telegram_id = telegram_id(&token);
    if app.bots.bots.iter().any(|bot| is_of(bot.token.expose_secret(), telegram_id)) {
        return Err(AppError::Taken { fields: vec!["token"] });
    }
    let id = BotId(app.env.id::<Uuid>().to_string());
    let (secrets, webhook_secret) = seal(app, &id, &token, app.env.secret()).await?;
    let now = app.env.now();
    let along = |added: &(Bot, bool)| answer::writes(keep.as_ref(), added, now);
    let decide = || async {
        let slug = match &wanted {
            Some(slug) => slug.clone(),
            None => free_slug(app, company_id, &me.username).await?,
        };
        let named = free(app, company_id, &slug, telegram_id).await?;
        let new = NewBot {
            id: id.clone(),
            company_id,
            slug,
            telegram_id,
            username: me.username.clone(),
            secrets: secrets.clone(),
            webhook_secret: webhook_secret.clone(),
            default_chat,
            is_default,
        };
        let Decision { id, decided_at, writes, jobs, reply } =
            decide_add(app.env.id(), app.env.now(), new, named);
        Ok(Decision { id, decided_at, writes, jobs, reply: (reply, is_default) })
    };
    app.decide_along(along, decide).await
}

/// All faulty fields at once.
fn check(app: &App, token: &str, slug: Option<&str>) -> Result<(BotToken, Option<Slug>), AppError> {
    let mut errors = Vec::new();
    let token = BotToken::parse(token)
        .map_err(|error| errors.push(FieldError::new("token", error.to_string())));
    let slug = slug.map(|slug| checked_slug(app, slug)).transpose();
    let slug = slug.map_err(|message| errors.push(FieldError::new("slug", message)));
    match (token, slug) {
        (Ok(token), Ok(slug)) => Ok((token, slug)),
        _ => Err(AppError::Invalid(errors)),
    }
}

/// A slug that cannot be taken for the platform's bot, nor for an id.
fn checked_slug(app: &App, slug: &str) -> Result<Slug, String> {
    let slug = Slug::parse(slug).map_err(|error| error.to_string())?;
    if app.bots.bot(&BotId(slug.to_string())).is_some() {
        return Err("is the platform's own bot".to_owned());
    }
    if Uuid::try_parse(slug.as_str()).is_ok() {
        return Err("must not look like an id".to_owned());
    }
    Ok(slug)
}

/// Asks Telegram who a token's bot is.
pub(super) async fn identify(app: &App, token: &BotToken) -> Result<BotIdentity, AppError> {
    app.telegram.get_me(token).await.map_err(|error| match error {
        TelegramError::Unauthorized(_) => {
            AppError::Invalid(vec![FieldError::new("token", "Telegram does not know it")])
        }
        other => AppError::Unavailable(format!("Telegram: {other}")),
    })
}

/// The bot's id in Telegram: the beginning of its token.
pub(super) fn telegram_id(token: &BotToken) -> u64 {
    token.bot_id().parse().unwrap_or_default()
}

fn is_of(token: &str, telegram_id: u64) -> bool {
    BotToken::parse(token).is_ok_and(|token| self::telegram_id(&token) == telegram_id)
}

/// Seals a bot's token with its webhook's secret; and that secret's hash.
pub(super) async fn seal(
    app: &App,
    id: &BotId,
    token: &BotToken,
    webhook_secret: String,
) -> Result<(Sealed, SecretHash), AppError> {
    let hash = SecretHash::of(&webhook_secret);
    let secrets = BotSecrets { token: token.expose().to_owned(), webhook_secret };
    let text = serde_json::to_string(&secrets)
        .map_err(|error| AppError::Unavailable(format!("a bot's secrets: {error}")))?;
    Ok((app.sealer.seal(&Bot::about(id), &text).await?, hash))
}

/// The slug of a bot that nobody named, with a number behind it where the company has it already.
async fn free_slug(app: &App, company_id: CompanyId, username: &str) -> Result<Slug, AppError> {
    let taken = slugs(app, company_id).await?;
    let is_free = |slug: &Slug| {
        checked_slug(app, slug.as_str()).is_ok() && !taken.iter().any(|it| it.slug == *slug)
    };
    let first = Slug::of_name(username, FALLBACK);
    let numbered = (2..).map(|n| first.numbered(n));
    let mut all = std::iter::once(first.clone()).chain(numbered).take(2 * BOTS_PER_COMPANY);
    all.find(is_free).ok_or(AppError::Taken { fields: vec!["slug"] })
}

/// Whether the slug may stand for the bot in paths, too: no bot of the deployment had it before.
async fn free(
    app: &App,
    company_id: CompanyId,
    slug: &Slug,
    telegram_id: u64,
) -> Result<bool, AppError> {
    let taken = slugs(app, company_id).await?;
    if taken.len() >= BOTS_PER_COMPANY {
        let message = format!("a company has at most {BOTS_PER_COMPANY} bots");
        return Err(AppError::Quota { message });
    }
    let mut fields = Vec::new();
    if taken.iter().any(|it: &BotSlug| it.slug == *slug) {
        fields.push("slug");
    }
    let (in_telegram, name) = (keys::telegram_bot(telegram_id), keys::bot_name(slug));
    let mut found = app.table.get_all(&[in_telegram.clone(), name.clone()]).await?;
    if found.take::<TelegramBot>(&in_telegram)?.is_some() {
        fields.push("token");
    }
    if !fields.is_empty() {
        return Err(AppError::Taken { fields });
    }
    Ok(found.take::<BotName>(&name)?.is_none())
}
