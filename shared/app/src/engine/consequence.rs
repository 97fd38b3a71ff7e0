//! What follows from an outcome for others: the bot waits, the channel is blocked, the chat has moved,
//! the bot is stopped.

use domain::channel::{Channel, ChannelDetails, ChatLink};
use domain::engine::decision::BotState;
use domain::engine::delivery::Consequence;
use domain::engine::{Decision, Write};
use domain::ids::{BotId, ChannelId, UserId};
use table::{CommitError, TableError, keys};

use crate::App;
use crate::engine::slots;
use crate::engine::work::To;
use crate::events::channels_job;

/// Carries it out. A failure is the run's: it is tried again with the delivery.
pub(super) async fn carry_out(
    app: &App,
    bot: Option<&BotId>,
    to: &To,
    consequence: Consequence,
) -> Result<(), TableError> {
    match consequence {
        Consequence::None => Ok(()),
        Consequence::Throttle(until) => match bot {
            Some(bot) => slots::throttle(app, bot, until).await,
            None => Ok(()),
        },
        Consequence::Block(reason) => match to {
            To::Channel(user_id, channel_id) => {
                change(app, *user_id, *channel_id, |channel| {
                    let blocked = channel.blocked(&reason)?;
                    Some(vec![Write::Replace(blocked.into())])
                })
                .await
            }
            To::Chat(..) | To::Mail(_) => Ok(()),
        },
        Consequence::Migrate(chat_id) => match to {
            To::Channel(user_id, channel_id) => {
                change(app, *user_id, *channel_id, |channel| migrate(channel, chat_id)).await
            }
            To::Chat(..) | To::Mail(_) => Ok(()),
        },
        Consequence::StopBot(reason) => match bot {
            Some(bot) => stop(app, bot, reason).await,
            None => Ok(()),
        },
    }
}

async fn change(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
    decide: impl Fn(&Channel) -> Option<Vec<Write>>,
) -> Result<(), TableError> {
    let key = keys::channel(user_id, channel_id);
    // A channel that changed meanwhile is read again; three collisions in a row are not met.
    for _ in 0..3 {
        let Some(channel) = app.table.get::<Channel>(&key).await? else { return Ok(()) };
        let Some(writes) = decide(&channel) else { return Ok(()) };
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        decision.writes = writes;
        decision.jobs.extend(channels_job(app, &[channel], &decision.writes));
        match app.commit(decision).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Changed(_) | CommitError::Stale) => {}
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Ok(())
}

/// The channel and its link under the chat's new id.
fn migrate(channel: &Channel, chat_id: i64) -> Option<Vec<Write>> {
    let (bot, old) = channel.chat()?;
    if old == chat_id {
        return None;
    }
    let link = |chat_id| ChatLink {
        bot: bot.clone(),
        chat_id,
        channel_id: channel.id,
        user_id: channel.user_id,
    };
    let moved = Channel {
        details: ChannelDetails::Telegram { bot: bot.clone(), chat_id: Some(chat_id) },
        ..channel.clone()
    };
    Some(vec![
        Write::Replace(moved.into()),
        Write::Remove(link(old).into()),
        Write::Put(link(chat_id).into()),
    ])
}

async fn stop(app: &App, bot: &BotId, reason: String) -> Result<(), TableError> {
    tracing::error!(%bot, reason, "the bot's token is refused: its jobs wait until it returns");
    let now = app.env.now();
    let state = BotState { bot: bot.clone(), stopped: Some(reason), changed_at: now };
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Put(state.into()));
    match app.commit(decision).await {
        Ok(()) | Err(CommitError::Changed(_) | CommitError::Stale) => Ok(()),
        Err(CommitError::Table(error)) => Err(error),
    }
}
