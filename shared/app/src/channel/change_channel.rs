//! Another name, and switching a channel off and on.

use domain::channel::{Channel, ChannelStatus};
use domain::engine::{Decision, Write};
use domain::ids::{ChannelId, UserId};

use super::{checked_name, find_channel};
use crate::events::channels_job;
use crate::update::Chat;
use crate::{App, AppError};

/// What is to be different. What is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangeChannel<'a> {
    /// What the user calls it.
    pub name: Option<&'a str>,
    /// Whether it receives: an active channel is switched off, one that was switched off receives again.
    pub enabled: Option<bool>,
}

/// Changes a channel.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::NotFound`]; [`AppError::Conflict`] for one that was never active, is
/// blocked, or is a chat that has said `/stop` meanwhile.
pub async fn change_channel(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
    change: ChangeChannel<'_>,
) -> Result<Channel, AppError> {
    let name = change.name.map(checked_name).transpose()?;
    app.decide(|| async {
        let channel = find_channel(app, user_id, channel_id).await?;
        let mut changed = channel.clone();
        if let Some(name) = &name {
            changed.name.clone_from(name);
        }
        if let Some(enabled) = change.enabled {
            changed.status = switched(app, &channel, enabled).await?;
        }
        let write = (changed != channel).then(|| Write::Replace(changed.clone().into()));
        let mut decision = Decision::new(app.env.id(), app.env.now(), changed);
        decision.writes.extend(write);
        decision.jobs.extend(channels_job(app, &[channel], &decision.writes));
        Ok::<_, AppError>(decision)
    })
    .await
}

async fn switched(app: &App, channel: &Channel, enabled: bool) -> Result<ChannelStatus, AppError> {
    let refused = |message: &str| AppError::Conflict {
        code: "INVALID_CHANNEL_STATE",
        message: message.to_owned(),
    };
    match (channel.status, enabled) {
        (ChannelStatus::Active, false) => Ok(ChannelStatus::Disabled),
        (ChannelStatus::Disabled, true) => {
            let stopped = match channel.chat() {
                Some((bot, chat)) => Chat::read(app, bot, chat).await?.receivers().have_stopped(),
                None => false,
            };
            if stopped {
                return Err(refused("whoever is in this chat has said /stop"));
            }
            Ok(ChannelStatus::Active)
        }
        (ChannelStatus::Active | ChannelStatus::Disabled, _) => Ok(channel.status),
        (ChannelStatus::Pending, _) => Err(refused("the channel is not confirmed")),
        (ChannelStatus::Blocked, _) => Err(refused("the channel is blocked: test it first")),
    }
}
