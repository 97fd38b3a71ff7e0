//! Path B: a channel that waits for the chat that shows its token.

use channels::telegram::deep_link;
use domain::account::SecretHash;
use domain::channel::{Channel, ChannelDetails, NewChannel, decide_register, decide_renew};
use domain::ids::{ChannelId, CompanyId, TargetId, UserId};

use super::{BOT_FIELD, find_channel, must_have_room, name_or_default};
use crate::answer::{self, Keep};
use crate::bot::{active_bot, find_bot};
use crate::target::find_target;
use crate::{App, AppError};

/// A channel that a user wants to confirm from their chat.
#[derive(Debug)]
pub struct RegisterChannel {
    /// Whose it becomes.
    pub user_id: UserId,
    /// Their company.
    pub company_id: CompanyId,
    /// The bot's slug or id; the company's default bot when absent, or else the platform's.
    pub bot: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// A target that it is linked to on confirmation.
    pub target_id: Option<TargetId>,
    /// Whether the answer is kept for an `Idempotency-Key`. It must not hold the token: whoever repeats
    /// the request gets a new one ([`renew_token`]).
    pub keep: Option<Keep<Channel>>,
}

/// A pending channel with its token, which is known only here and to whoever asked.
#[derive(Clone)]
pub struct Registered {
    /// The channel.
    pub channel: Channel,
    /// The token.
    pub token: String,
    /// The link that opens the bot with it.
    pub url: String,
}

/// Makes a pending channel and its registration token.
///
/// # Errors
/// [`AppError::Invalid`], also for the bot, [`AppError::NotFound`] for the target, [`AppError::Quota`],
/// [`AppError::Repeated`] for a key that was used.
pub async fn register_channel(app: &App, command: RegisterChannel) -> Result<Registered, AppError> {
    let RegisterChannel { user_id, company_id, bot, name, target_id, keep } = command;
    let name = name_or_default(name.as_deref())?;
    if let Some(target_id) = target_id {
        find_target(app, user_id, target_id).await?;
    }
    let bot = active_bot(app, company_id, bot.as_deref(), BOT_FIELD).await?;
    must_have_room(app, user_id).await?;
    let (token, id, now): (_, ChannelId, _) = (app.env.secret(), app.env.id(), app.env.now());
    let url = link(app, &bot.username, &token)?;
    let hash = SecretHash::of(&token);
    let along = |channel: &Channel| answer::writes(keep.as_ref(), channel, now);
    let decide = || async {
        let new = NewChannel { id, user_id, name: name.clone(), bot: bot.id.clone() };
        Ok(decide_register(app.env.id(), app.env.now(), new, target_id, hash.clone()))
    };
    let channel = app.decide_along(along, decide).await?;
    Ok(Registered { channel, token, url })
}

/// Makes a new token for a pending channel; the ones before are void.
///
/// # Errors
/// [`AppError::NotFound`], also when its bot is gone; [`AppError::Conflict`] when the channel is
/// confirmed.
pub async fn renew_token(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<Registered, AppError> {
    let token = app.env.secret();
    let hash = SecretHash::of(&token);
    let decide = || async {
        let channel = find_channel(app, user_id, channel_id).await?;
        if !matches!(channel.details, ChannelDetails::Telegram { .. }) {
            return Err(AppError::NotFound("chat"));
        }
        decide_renew(app.env.id(), app.env.now(), &channel, hash.clone()).ok_or_else(|| {
            AppError::Conflict {
                code: "CHANNEL_NOT_PENDING",
                message: "the channel is confirmed already".to_owned(),
            }
        })
    };
    let channel = app.decide(decide).await?;
    let ChannelDetails::Telegram { bot, .. } = &channel.details else {
        return Err(AppError::NotFound("chat"));
    };
    let bot = find_bot(app, bot).await?.ok_or(AppError::NotFound("bot"))?;
    let url = link(app, &bot.username, &token)?;
    Ok(Registered { channel, token, url })
}

fn link(app: &App, username: &str, token: &str) -> Result<String, AppError> {
    deep_link(&app.bots.link_url, username, &format!("confirm_{token}"))
        .map_err(|error| AppError::Unavailable(format!("the bot @{username} {error}")))
}
