//! `/start invite_<token>`: whoever sends it is onboarded.

use domain::account::{Company, SecretHash, User};
use domain::channel::{Channel, ChatLink};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, UserId};
use domain::invite::{
    ChatPerson, InviteToken, OnboardingInvite, Person, RedeemIds, Redeemed, Redemption,
    decide_redeem, decide_refuse,
};
use table::keys;

use crate::events::channels_job;
use crate::target::account;
use crate::update::Chat;
use crate::{App, AppError};

/// A chat that shows an invite's token.
#[derive(Clone)]
pub struct RedeemInvite {
    /// The bot that was written to.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The token, without `invite_` before it.
    pub token: String,
    /// What is written in the same transaction, whatever becomes of the token: that the update was
    /// handled. When one of these fails, the answer is [`AppError::Repeated`].
    pub extra_writes: Vec<Write>,
}

/// Spends an invite and tells the chat what became of it: target, user, channel and their links are one
/// transaction. Used, revoked, expired and unknown tokens get one and the same answer.
///
/// # Errors
/// [`AppError::Repeated`], or the table does not answer; then nothing was changed.
pub async fn redeem_invite(app: &App, command: RedeemInvite) -> Result<Redeemed, AppError> {
    let ids = RedeemIds {
        decision: app.env.id(),
        job: app.env.id(),
        target: app.env.id(),
        user: app.env.id(),
        channel: app.env.id(),
    };
    app.decide_along(|_| command.extra_writes.clone(), || decide(app, ids, &command)).await
}

async fn decide(
    app: &App,
    ids: RedeemIds,
    command: &RedeemInvite,
) -> Result<Decision<Redeemed>, AppError> {
    let RedeemInvite { bot, chat_id, token, .. } = command;
    let (ids, now) =
        (RedeemIds { decision: app.env.id(), job: app.env.id(), ..ids }, app.env.now());
    let chat = (bot, *chat_id);
    let Some(found) = find(app, chat, token).await? else {
        return Ok(decide_refuse((ids.decision, ids.job), now, chat));
    };
    let mut decision = decide_redeem(ids, now, chat, &found);
    if matches!(decision.reply, Redeemed::Onboarded(_)) {
        decision.writes.extend(Chat::unstop(app, bot, *chat_id).await?);
    }
    let before: Vec<Channel> = match found.person {
        Person::Known(channel) => vec![channel],
        Person::New(_) => Vec::new(),
    };
    decision.jobs.extend(channels_job(app, &before, &decision.writes));
    Ok(decision)
}

/// Reads what the redemption depends on; `None` without a token, its invite, or whoever made it.
async fn find(
    app: &App,
    (bot, chat_id): (&BotId, i64),
    token: &str,
) -> Result<Option<Redemption>, AppError> {
    let key = keys::invite_token(&SecretHash::of(token));
    let Some(token) = app.table.get::<InviteToken>(&key).await? else { return Ok(None) };
    let key = keys::invite(token.company_id, token.invite_id);
    let Some(invite) = app.table.get::<OnboardingInvite>(&key).await? else { return Ok(None) };
    let company = app.table.get::<Company>(&keys::company(invite.company_id)).await?;
    let admin = app.table.get::<User>(&keys::user(invite.admin_id)).await?;
    let Some((company, _)) = company.zip(admin) else { return Ok(None) };
    // Read again with what they have: the record guards their quota.
    let (admin, amounts) = account(app, invite.admin_id).await?;
    let person = person(app, bot, chat_id, admin.id).await?;
    Ok(Some(Redemption { invite, token, admin, company, amounts, person }))
}

/// Whom the chat belongs to: the admin, if it is theirs, or whoever connected it first.
async fn person(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    admin_id: UserId,
) -> Result<Person, AppError> {
    let pk = keys::chat(bot, chat_id);
    let links: Vec<ChatLink> = app.table.query_all(&pk, keys::CHAT_LINKS).await?;
    let of_link = |link: &ChatLink| keys::channel(link.user_id, link.channel_id);
    // Whoever has only named the chat's number is not the person in it.
    let places: Vec<_> = links.iter().filter(|link| !link.claimed).map(of_link).collect();
    let mut found = app.table.get_all(&places).await?;
    let mut known: Option<Channel> = None;
    for key in &places {
        let Some(channel) = found.take::<Channel>(key)? else { continue };
        if known.is_none() || channel.user_id == admin_id {
            known = Some(channel);
        }
    }
    match known {
        Some(channel) => Ok(Person::Known(channel)),
        None => {
            Ok(Person::New(app.table.get::<ChatPerson>(&keys::chat_person(bot, chat_id)).await?))
        }
    }
}
