//! An admin makes an invite.

use channels::telegram::deep_link;
use domain::account::{SecretHash, User};
use domain::field_error::FieldError;
use domain::ids::{CompanyId, InviteId};
use domain::invite::{
    INVITE_LIFE, INVITE_PAGES, OnboardingInvite, decide_invite, decide_renew_invite,
};
use domain::watch::{TargetError, TargetWish};

use super::find_invite;
use crate::answer::{self, Keep};
use crate::bot::{KnownBot, active_bot};
use crate::target::account;
use crate::{App, AppError};

/// An invite that an admin wants.
#[derive(Debug)]
pub struct CreateInvite {
    /// The admin: the target becomes theirs.
    pub admin: User,
    /// What the target is called.
    pub target_name: Option<String>,
    /// What it watches at first; the person can add pages in the chat.
    pub page_urls: Option<Vec<String>>,
    /// The bot that it is opened with; the company's default when absent.
    pub bot: Option<String>,
    /// Whether the answer is kept for an `Idempotency-Key`. It must not hold the token: whoever repeats
    /// the request gets a new one ([`renew_invite`]).
    pub keep: Option<Keep<OnboardingInvite>>,
}

/// An invite with its token, which is known only here and to whoever asked.
#[derive(Clone)]
pub struct ShownInvite {
    /// The invite.
    pub invite: OnboardingInvite,
    /// The token.
    pub token: String,
    /// The link that opens the bot with it.
    pub url: String,
}

/// Makes an invite and its token.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Quota`] when the admin's plan has no room for
/// the target already; [`AppError::Repeated`] for a key that was used.
pub async fn create_invite(app: &App, command: CreateInvite) -> Result<ShownInvite, AppError> {
    let CreateInvite { admin, target_name, page_urls, bot, keep } = command;
    let page_urls = page_urls.filter(|urls| !urls.is_empty());
    let wish = check(target_name.as_deref(), page_urls.as_deref())?;
    let bot = active_bot(app, admin.company_id, bot.as_deref(), "bot").await?;
    must_have_room(app, &admin, wish.pages.as_ref().map_or(0, Vec::len)).await?;
    let (token, now) = (app.env.secret(), app.env.now());
    let url = link(app, &bot, &token)?;
    let bot = bot.id;
    let invite = OnboardingInvite {
        id: app.env.id(),
        company_id: admin.company_id,
        admin_id: admin.id,
        bot,
        hash: SecretHash::of(&token),
        target_name: wish.name.unwrap_or_default(),
        pages: wish.pages.unwrap_or_default(),
        created_at: now,
        expires_at: now + INVITE_LIFE,
        revoked_at: None,
        used: None,
        version: 0,
    };
    let along = |invite: &OnboardingInvite| answer::writes(keep.as_ref(), invite, now);
    let decide = || async { Ok(decide_invite(app.env.id(), app.env.now(), invite.clone())) };
    let invite = app.decide_along(along, decide).await?;
    Ok(ShownInvite { invite, token, url })
}

/// Makes a new token for an open invite; the one before is void.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when the invite is used or over.
pub async fn renew_invite(
    app: &App,
    company_id: CompanyId,
    id: InviteId,
) -> Result<ShownInvite, AppError> {
    let token = app.env.secret();
    let hash = SecretHash::of(&token);
    let decide = || async {
        let invite = find_invite(app, company_id, id).await?;
        Ok::<_, AppError>(decide_renew_invite(app.env.id(), app.env.now(), &invite, hash.clone())?)
    };
    let invite = app.decide(decide).await?;
    let bot = active_bot(app, company_id, Some(invite.bot.as_str()), "bot").await?;
    let url = link(app, &bot, &token)?;
    Ok(ShownInvite { invite, token, url })
}

fn check(target_name: Option<&str>, page_urls: Option<&[String]>) -> Result<TargetWish, AppError> {
    let mut errors = Vec::new();
    let wish = TargetWish::check(target_name, page_urls, false).unwrap_or_else(|faults| {
        let renamed = |fault: FieldError| match fault.field.as_str() {
            "name" => FieldError::new("target_name", fault.message),
            _ => fault,
        };
        errors.extend(faults.into_iter().map(renamed));
        TargetWish::default()
    });
    if target_name.is_none() {
        errors.insert(0, FieldError::new("target_name", "is required"));
    }
    if wish.pages.as_ref().is_some_and(|pages| pages.len() > INVITE_PAGES) {
        let message = format!("must have at most {INVITE_PAGES} URLs");
        errors.push(FieldError::new("page_urls", message));
    }
    if errors.is_empty() { Ok(wish) } else { Err(AppError::Invalid(errors)) }
}

/// Tells the admin now what the person would be told when they open the link.
async fn must_have_room(app: &App, admin: &User, pages: usize) -> Result<(), AppError> {
    let (_, (existing, quota)) = account(app, admin.id).await?;
    if existing.targets >= quota.targets {
        return Err(TargetError::TooManyTargets(quota.targets).into());
    }
    if existing.pages + pages > quota.pages {
        return Err(TargetError::TooManyPages(quota.pages).into());
    }
    Ok(())
}

fn link(app: &App, bot: &KnownBot, token: &str) -> Result<String, AppError> {
    deep_link(&app.bots.link_url, &bot.username, &format!("invite_{token}"))
        .map_err(|error| AppError::Unavailable(format!("the bot {}: {error}", bot.id)))
}
