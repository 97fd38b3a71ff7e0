//! A link that waits for the chat that shows its token.

use channels::telegram::{deep_link, group_deep_link};
use domain::account::{Role, SecretHash, User};
use domain::channel::ChannelStatus;
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{BotId, CompanyId, LinkId, UserId};
use domain::link::{
    LINK_PREFIX, LINK_TOKEN_LIFE, LINKS_PER_COMPANY, LinkToken, OptIns, TelegramLink,
};
use domain::time::Timestamp;
use table::keys;

use super::find_link;
use crate::answer::{self, Keep};
use crate::bot::{active_bot, find_bot};
use crate::{App, AppError};

/// A chat that someone wants to link.
#[derive(Debug)]
pub struct CreateLink {
    /// Whose messages it is to receive.
    pub company_id: CompanyId,
    /// Who asks.
    pub created_by: UserId,
    /// Whose chat it will be, if it is one person's.
    pub user_id: Option<UserId>,
    /// The bot's slug or id; the company's default bot when absent, or else the platform's.
    pub bot: Option<String>,
    /// What it wants to be told.
    pub opt_ins: OptIns,
    /// Whether the answer is kept for an `Idempotency-Key`. It must not hold the token: whoever repeats
    /// the request gets a new one ([`renew_link`]).
    pub keep: Option<Keep<TelegramLink>>,
}

/// A link with its token, which is known only here and to whoever asked.
#[derive(Clone)]
pub struct LinkMade {
    /// The link.
    pub link: TelegramLink,
    /// The token.
    pub token: String,
    /// Opens the bot with it.
    pub url: String,
    /// Lets the person choose a group, which the bot joins with it.
    pub group_url: String,
}

/// Makes a pending link and its token.
///
/// # Errors
/// [`AppError::Invalid`] for a bot that there is not or that is switched off, [`AppError::Quota`],
/// [`AppError::Repeated`] for a key that was used.
pub async fn create_link(app: &App, command: CreateLink) -> Result<LinkMade, AppError> {
    let CreateLink { company_id, created_by, user_id, bot, opt_ins, keep } = command;
    let bot = active_bot(app, company_id, bot.as_deref(), "bot").await?;
    must_have_room(app, company_id).await?;
    let (token, id, now): (_, LinkId, _) = (app.env.secret(), app.env.id(), app.env.now());
    let [url, group_url] = urls(app, &bot.username, &token)?;
    let hash = SecretHash::of(&token);
    let along = |link: &TelegramLink| answer::writes(keep.as_ref(), link, now);
    let decide = || async {
        let now = app.env.now();
        let pending = TelegramLink {
            id,
            company_id,
            user_id,
            created_by: Some(created_by),
            bot: bot.id.clone(),
            chat_id: None,
            status: ChannelStatus::Pending,
            reason: None,
            opt_ins,
            token: None,
            token_expires_at: None,
            linked_at: None,
            created_at: now,
            version: 0,
        };
        let (waiting, token) = awaiting(pending, &hash, now);
        Ok::<_, AppError>(
            Decision::new(app.env.id(), now, waiting.clone())
                .write(Write::Create(waiting.into()))
                .write(Write::Create(token.into())),
        )
    };
    let link = app.decide_along(along, decide).await?;
    Ok(LinkMade { link, token, url, group_url })
}

/// A company's links are bounded: each alert reads them all. Those that race for the last place may all
/// get it.
async fn must_have_room(app: &App, company_id: CompanyId) -> Result<(), AppError> {
    let pk = keys::company(company_id).pk;
    let all: Vec<TelegramLink> = app.table.query_all(&pk, keys::COMPANY_LINKS).await?;
    if all.len() < LINKS_PER_COMPANY {
        return Ok(());
    }
    Err(AppError::Quota { message: format!("a company has at most {LINKS_PER_COMPANY} links") })
}

/// Gives a link a new token; the one before is void. A link that has a chat keeps it until the token is
/// shown in another one.
///
/// # Errors
/// [`AppError::NotFound`], also when its bot is gone.
pub async fn renew_link(
    app: &App,
    company_id: CompanyId,
    id: LinkId,
) -> Result<LinkMade, AppError> {
    let token = app.env.secret();
    let hash = SecretHash::of(&token);
    let link = app
        .decide(|| async {
            let now = app.env.now();
            let link = find_link(app, company_id, id).await?;
            let (waiting, token) = awaiting(link, &hash, now);
            Ok::<_, AppError>(
                Decision::new(app.env.id(), now, waiting.clone())
                    .write(Write::Replace(waiting.into()))
                    .write(Write::Create(token.into())),
            )
        })
        .await?;
    let username = username(app, &link.bot).await?;
    let [url, group_url] = urls(app, &username, &token)?;
    Ok(LinkMade { link, token, url, group_url })
}

/// Whose chat a link will be: the asker's own, or for an admin anyone's of the company.
///
/// # Errors
/// [`AppError::Forbidden`] for a member who names someone else; [`AppError::Invalid`] for nobody of the
/// company.
pub async fn link_owner(app: &App, who: &User, named: Option<UserId>) -> Result<UserId, AppError> {
    let Some(id) = named.filter(|id| *id != who.id) else { return Ok(who.id) };
    if who.role != Role::Admin {
        return Err(AppError::Forbidden);
    }
    let user = app.table.get::<User>(&keys::user(id)).await?;
    let theirs = user.filter(|user| user.company_id == who.company_id);
    theirs.map(|user| user.id).ok_or_else(|| {
        let message = "is nobody of your company";
        AppError::Invalid(vec![FieldError::new("user_id", message)])
    })
}

async fn username(app: &App, bot: &BotId) -> Result<String, AppError> {
    let bot = find_bot(app, bot).await?;
    Ok(bot.ok_or(AppError::NotFound("bot"))?.username)
}

/// The link while it waits for this token.
fn awaiting(link: TelegramLink, hash: &SecretHash, now: Timestamp) -> (TelegramLink, LinkToken) {
    let expires_at = now + LINK_TOKEN_LIFE;
    let (company_id, link_id) = (link.company_id, link.id);
    let token = LinkToken { hash: hash.clone(), company_id, link_id, expires_at };
    let waiting =
        TelegramLink { token: Some(hash.clone()), token_expires_at: Some(expires_at), ..link };
    (waiting, token)
}

fn urls(app: &App, username: &str, token: &str) -> Result<[String; 2], AppError> {
    let (base, payload) = (&app.bots.link_url, format!("{LINK_PREFIX}{token}"));
    let url = deep_link(base, username, &payload);
    let urls = url.and_then(|url| Ok([url, group_deep_link(base, username, &payload)?]));
    urls.map_err(|error| AppError::Unavailable(format!("the bot @{username} {error}")))
}
