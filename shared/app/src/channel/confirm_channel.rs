//! `/start confirm_<token>`: the chat that sends it becomes the channel that waits for it.

use domain::account::SecretHash;
use domain::channel::{
    Channel, ChatLink, Confirmation, Confirmed, RegistrationToken, decide_confirm, decide_unusable,
};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, TargetId, UserId};
use domain::watch::Target;
use table::keys;

use crate::events::channels_job;
use crate::update::Chat;
use crate::{App, AppError, menu};

/// What the token's payload may begin with.
const PREFIX: &str = "confirm_";

/// A chat that shows a token.
#[derive(Clone)]
pub struct ConfirmChannel {
    /// The bot that was written to.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The token as it came, with `confirm_` before it or without.
    pub token: String,
    /// What is written in the same transaction, whatever becomes of the token: that the update was
    /// handled. When one of these fails, the answer is [`AppError::Repeated`].
    pub extra_writes: Vec<Write>,
}

/// Spends a registration token and tells the chat what became of it.
///
/// The channel becomes active with this chat; where the chat is one of the user's channels
/// already, that one is used again and the pending one goes. The target that the token carries
/// is linked. Used, expired and unknown tokens get one and the same answer. A stop that outlived the chat's
/// channels no longer counts.
///
/// # Errors
/// [`AppError::Repeated`], or the table does not answer; then nothing was changed.
pub async fn confirm_channel(app: &App, command: ConfirmChannel) -> Result<Confirmed, AppError> {
    loop {
        let along = |reply: &Confirmed| match reply {
            Confirmed::More => Vec::new(),
            _ => command.extra_writes.clone(),
        };
        match app.decide_along(along, || decide(app, &command)).await? {
            // What was written is a step of the same change; the token is still unspent.
            Confirmed::More => {}
            done => return Ok(done),
        }
    }
}

async fn decide(app: &App, command: &ConfirmChannel) -> Result<Decision<Confirmed>, AppError> {
    let ConfirmChannel { bot, chat_id, token, .. } = command;
    let found = find(app, bot, *chat_id, token).await?;
    let (ids, now) = ((app.env.id(), app.env.id()), app.env.now());
    let Some(found) = found else { return Ok(decide_unusable(ids, now, bot, *chat_id)) };
    let mut decision = decide_confirm(ids, now, bot, &found);
    let user_id = found.token.user_id;
    let linked = found.linked.and_then(|(_, channel)| channel);
    let before: Vec<Channel> = linked.into_iter().chain([found.pending]).collect();
    decision.jobs.extend(channels_job(app, &before, &decision.writes));
    if matches!(decision.reply, Confirmed::Connected(_) | Confirmed::AlreadyConnected(_)) {
        decision.writes.extend(Chat::unstop(app, bot, *chat_id).await?);
        decision.jobs.extend(menu::of_chat(app, (bot, *chat_id), user_id).await?);
    }
    Ok(decision)
}

/// Reads what the confirmation depends on; `None` without a token or its channel.
async fn find(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    token: &str,
) -> Result<Option<Confirmation>, AppError> {
    let token = token.strip_prefix(PREFIX).unwrap_or(token);
    let key = keys::registration_token(&SecretHash::of(token));
    let Some(token) = app.table.get::<RegistrationToken>(&key).await? else { return Ok(None) };
    let key = keys::channel(token.user_id, token.channel_id);
    let Some(pending) = app.table.get::<Channel>(&key).await? else { return Ok(None) };
    let mut found = Confirmation { chat_id, linked: None, targets: Vec::new(), token, pending };
    if found.usable(bot, app.env.now()) {
        let user_id = found.token.user_id;
        found.linked = linked(app, bot, chat_id, user_id).await?;
        found.targets = match &found.linked {
            Some((_, Some(_))) => targets(app, &found).await?,
            _ => carried(app, user_id, found.token.target_id).await?,
        };
    }
    Ok(Some(found))
}

async fn linked(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    user_id: UserId,
) -> Result<Option<(ChatLink, Option<Channel>)>, AppError> {
    let key = keys::chat_link(bot, chat_id, user_id);
    let Some(link) = app.table.get::<ChatLink>(&key).await? else { return Ok(None) };
    let channel = app.table.get(&keys::channel(user_id, link.channel_id)).await?;
    Ok(Some((link, channel)))
}

async fn carried(
    app: &App,
    user_id: UserId,
    target_id: Option<TargetId>,
) -> Result<Vec<Target>, AppError> {
    let Some(id) = target_id else { return Ok(Vec::new()) };
    Ok(app.table.get(&keys::target(user_id, id)).await?.into_iter().collect())
}

/// The targets that have the pending channel, and the one that the token carries.
async fn targets(app: &App, found: &Confirmation) -> Result<Vec<Target>, AppError> {
    let Confirmation { token, pending, .. } = found;
    let partition = keys::user(token.user_id).pk;
    let mut targets: Vec<Target> = app.table.query_all(&partition, keys::TARGETS).await?;
    targets.retain(|it| it.channels.contains(&pending.id) || Some(it.id) == token.target_id);
    Ok(targets)
}
