//! A test message to a channel.

use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::{Decision, Write};
use domain::ids::{ChannelId, UserId};
use table::CommitError;

use super::deliver_test::{deliver_test, hook_test, mail_test};
use super::find_channel;
use super::hook::open_hook;
use crate::events::channels_job;
use crate::{App, AppError};

/// Sends a test message to an active channel. One that refuses it for good is blocked; one that did not
/// answer, or not well, stays as it is. An address that was blocked and takes it is active again.
///
/// Answers whether it arrived: of a mail, only what comes back is ever heard of.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when the channel is not active;
/// [`AppError::ChannelRefused`] and [`AppError::ChannelFailed`] with the reason;
/// [`AppError::Unavailable`].
pub async fn test_channel(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<bool, AppError> {
    let channel = find_channel(app, user_id, channel_id).await?;
    match deliver(app, &channel).await {
        Err(AppError::ChannelRefused { field, reason }) => {
            if let Some(blocked) = channel.blocked(&reason) {
                match app.commit(becomes(app, &channel, blocked)).await {
                    Err(CommitError::Table(error)) => return Err(error.into()),
                    // One that changed meanwhile finds out with its next message.
                    Ok(()) | Err(CommitError::Changed(_) | CommitError::Stale) => {}
                }
            }
            Err(AppError::ChannelRefused { field, reason })
        }
        Ok(()) => {
            // The message arrived, so whatever blocked the channel is over.
            if let Some(active) = channel.unblocked() {
                app.commit(becomes(app, &channel, active)).await?;
            }
            Ok(!matches!(channel.details, ChannelDetails::Email { .. }))
        }
        Err(error) => Err(error),
    }
}

/// The channel as it is from now on, and what is told of that.
fn becomes(app: &App, before: &Channel, after: Channel) -> Decision {
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    let mut decision = decision.write(Write::Replace(after.into()));
    let before = std::slice::from_ref(before);
    decision.jobs.extend(channels_job(app, before, &decision.writes));
    decision
}

async fn deliver(app: &App, channel: &Channel) -> Result<(), AppError> {
    let not_active = || AppError::Conflict {
        code: "CHANNEL_NOT_ACTIVE",
        message: "only an active channel can be tested".to_owned(),
    };
    // An address that was blocked is tried: that is how it comes back.
    let may = match channel.hook() {
        Some(_) => matches!(channel.status, ChannelStatus::Active | ChannelStatus::Blocked),
        None => channel.status == ChannelStatus::Active,
    };
    if !may {
        return Err(not_active());
    }
    match &channel.details {
        ChannelDetails::Telegram { bot, chat_id } => {
            let chat_id = chat_id.ok_or_else(not_active)?;
            deliver_test(app, bot, chat_id, "channel").await.map(drop)
        }
        ChannelDetails::Email { address } => {
            mail_test(app, (channel.user_id, channel.id), address, "channel").await
        }
        ChannelDetails::Hook(hook) => {
            let opened = open_hook(app, channel.id, hook).await?;
            hook_test(app, &opened, "channel").await
        }
    }
}
