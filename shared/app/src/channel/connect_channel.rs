//! Path A: the chat is known; a test message decides.

use domain::channel::{Channel, ChatLink, NewChannel, decide_connect};
use domain::engine::{Decision, Write};
use domain::ids::{BotId, ChannelId, CompanyId, UserId};
use table::keys;

use super::deliver_test::deliver_test;
use super::{BOT_FIELD, must_have_room, name_or_default};
use crate::answer::{self, Keep};
use crate::bot::active_bot;
use crate::events::channels_job;
use crate::update::Chat;
use crate::{App, AppError};

/// The request's field with the chat.
const FIELD: &str = "details.chat_id";

/// A chat that a user says is theirs.
#[derive(Debug)]
pub struct ConnectChannel {
    /// Whose it becomes.
    pub user_id: UserId,
    /// Their company.
    pub company_id: CompanyId,
    /// The bot's slug or id; the company's default bot when absent, or else the platform's.
    pub bot: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// The chat.
    pub chat_id: i64,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Connected>>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connected {
    /// It is a new channel.
    New(Channel),
    /// It was a channel of the user's already, which is used again.
    Known(Channel),
}

impl Connected {
    /// The channel.
    pub const fn channel(&self) -> &Channel {
        match self {
            Self::New(channel) | Self::Known(channel) => channel,
        }
    }
}

/// Sends a test message to the chat; when it arrived, the chat is an active channel. Nothing is
/// written otherwise.
///
/// # Errors
/// [`AppError::ChannelRefused`] or [`AppError::ChannelFailed`] with Telegram's reason; [`AppError::Unavailable`] when it is not
/// known whether the message arrived; [`AppError::Conflict`] while the bot is stopped;
/// [`AppError::Invalid`], [`AppError::Quota`], [`AppError::TooMany`], [`AppError::Repeated`].
pub async fn connect_channel(app: &App, command: ConnectChannel) -> Result<Connected, AppError> {
    let ConnectChannel { user_id, company_id, bot, name, chat_id, keep } = command;
    let name = name_or_default(name.as_deref())?;
    let bot = active_bot(app, company_id, bot.as_deref(), BOT_FIELD).await?.id;
    must_have_room(app, user_id).await?;
    not_stopped(app, &bot, chat_id).await?;
    let chat_id = deliver_test(app, &bot, chat_id, FIELD).await?;
    let (id, now): (ChannelId, _) = (app.env.id(), app.env.now());
    let along = |reply: &Connected| answer::writes(keep.as_ref(), reply, now);
    let decide = || async {
        let new = NewChannel { id, user_id, name: name.clone(), bot: bot.clone() };
        decide(app, new, chat_id).await
    };
    app.decide_along(along, decide).await
}

/// A stop is the person's to end, whether the channel that it silenced is still there or not.
async fn not_stopped(app: &App, bot: &BotId, chat_id: i64) -> Result<(), AppError> {
    if Chat::read(app, bot, chat_id).await?.receivers().have_stopped() {
        let reason = "whoever is in this chat has said /stop: only /start there ends that";
        return Err(AppError::ChannelRefused { field: FIELD, reason: reason.to_owned() });
    }
    Ok(())
}

async fn decide(app: &App, new: NewChannel, chat_id: i64) -> Result<Decision<Connected>, AppError> {
    // Asked again: the chat may have another id than it was asked for by, or an answer to the test message.
    not_stopped(app, &new.bot, chat_id).await?;
    let link = keys::chat_link(&new.bot, chat_id, new.user_id);
    let link = app.table.get::<ChatLink>(&link).await?;
    let known = match &link {
        Some(link) => app.table.get(&keys::channel(link.user_id, link.channel_id)).await?,
        None => None,
    };
    let (id, now) = (app.env.id(), app.env.now());
    let Some(known): Option<Channel> = known else {
        let made = decide_connect(id, now, new, chat_id, link.as_ref());
        let mut decision = Decision::new(id, now, Connected::New(made.reply));
        decision.writes = made.writes;
        decision.jobs.extend(channels_job(app, &[], &decision.writes));
        return Ok(decision);
    };
    // The message has just arrived, so whatever blocked the channel is over.
    let (before, unblocked) = (known.clone(), known.unblocked());
    let write = unblocked.clone().map(|channel| Write::Replace(channel.into()));
    let mut decision = Decision::new(id, now, Connected::Known(unblocked.unwrap_or(known)));
    decision.writes.extend(write);
    decision.jobs.extend(channels_job(app, &[before], &decision.writes));
    Ok(decision)
}
