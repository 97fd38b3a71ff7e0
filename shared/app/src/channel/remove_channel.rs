//! A channel is given up.

use domain::channel::{Channel, ChatLink};
use domain::engine::Write;
use domain::ids::{ChannelId, UserId};
use domain::invite::ChatPerson;
use domain::watch::{Target, decide_remove_channel};
use table::keys;

use super::find_channel;
use crate::target::depart;
use crate::{App, AppError, menu};

/// Removes a channel from its targets, from those that its user is a guest of, then itself with its chat's link. Many targets take
/// several transactions; whoever repeats it after a failure goes on where it stopped. Tokens
/// that wait for it are void without it. That its chat has said stop is remembered, and
/// an admin's chat loses the menu of admins.
///
/// # Errors
/// [`AppError::NotFound`], also the second time.
pub async fn remove_channel(
    app: &App,
    user_id: UserId,
    channel_id: ChannelId,
) -> Result<(), AppError> {
    let step = || async {
        // The channel is read first: who links it to a target meanwhile changes it.
        let channel = find_channel(app, user_id, channel_id).await?;
        if let Some(decision) = depart(app, &channel).await? {
            return Ok(decision);
        }
        let pk = keys::user(user_id).pk;
        let targets: Vec<Target> = app.table.query_all(&pk, keys::TARGETS).await?;
        let gone = (&channel, link(app, &channel).await?);
        let mut decision = decide_remove_channel(app.env.id(), app.env.now(), gone, &targets);
        if decision.reply
            && let Some(chat) = channel.link()
        {
            decision.jobs.extend(menu::of_chat(app, (&chat.bot, chat.chat_id), user_id).await?);
            decision.writes.extend(person(app, &chat).await?.map(|it| Write::Remove(it.into())));
        }
        Ok::<_, AppError>(decision)
    };
    while !app.decide(step).await? {}
    Ok(())
}

/// Whom the chat was onboarded as, if it was this channel's user: the chat's number stands nowhere for their
/// sake when the channel is gone.
async fn person(app: &App, chat: &ChatLink) -> Result<Option<ChatPerson>, AppError> {
    let person = app.table.get::<ChatPerson>(&keys::chat_person(&chat.bot, chat.chat_id)).await?;
    Ok(person.filter(|person| person.user_id == chat.user_id))
}

/// The link of the channel's chat, if it leads to this channel.
async fn link(app: &App, channel: &Channel) -> Result<Option<ChatLink>, AppError> {
    let Some(link) = channel.link() else { return Ok(None) };
    let key = keys::chat_link(&link.bot, link.chat_id, link.user_id);
    let found = app.table.get::<ChatLink>(&key).await?;
    Ok(found.filter(|found| found.channel_id == channel.id))
}
