//! A registration token is spent: a chat becomes a channel.

use crate::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink, RegistrationToken};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{BotId, ChannelId, DecisionId, JobId};
use crate::message::Notice;
use crate::time::Timestamp;
use crate::watch::{Target, WRITES_AT_MOST, rewire, rewrite};

/// Everything that a confirmation depends on, as it was read.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The token's record.
    pub token: RegistrationToken,
    /// The channel that waits for it.
    pub pending: Channel,
    /// The chat.
    pub chat_id: i64,
    /// What this chat is for this user already, and the channel, unless that is gone.
    pub linked: Option<(ChatLink, Option<Channel>)>,
    /// The user's targets with the pending channel, and the one that the token carries.
    pub targets: Vec<Target>,
}

/// What became of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The chat is this channel from now on.
    Connected(ChannelId),
    /// The chat was this channel before.
    AlreadyConnected(ChannelId),
    /// The token is used, expired or unknown.
    Unusable,
    /// Not done yet: a step of a change that does not fit one transaction. Decide again.
    More,
}

impl Confirmation {
    /// Whether the token still counts, for this bot.
    pub fn usable(&self, bot: &BotId, now: Timestamp) -> bool {
        self.token.bot.as_ref() == Some(bot)
            && self.token.expires_at > now
            && self.pending.status == ChannelStatus::Pending
            && self.pending.generation == self.token.generation
    }

    fn target(&self) -> Option<&Target> {
        let id = self.token.target_id?;
        self.targets.iter().find(|target| target.id == id)
    }
}

/// Spends the token: the pending channel becomes active with this chat, or, where the chat is a
/// channel of the user's already, that one takes its place. The target that the token carries
/// is linked, and the chat is told. An unusable token is answered as [`decide_unusable`] does.
pub fn decide_confirm(
    (id, job_id): (DecisionId, JobId),
    now: Timestamp,
    bot: &BotId,
    found: &Confirmation,
) -> Decision<Confirmed> {
    if !found.usable(bot, now) {
        return decide_unusable((id, job_id), now, bot, found.chat_id);
    }
    let decision = match &found.linked {
        Some((_, Some(existing))) => join(id, now, found, existing),
        Some((_, None)) | None => connect(id, now, bot, found),
    };
    let target_name = found.target().map(|target| target.name.clone());
    let notice = match (&decision.reply, target_name) {
        (Confirmed::More, _) => return decision,
        (Confirmed::AlreadyConnected(_), None) => Notice::ChannelAlreadyConnected,
        (_, target_name) => Notice::ChannelConnected { target_name },
    };
    decision.job(answer(job_id, now, bot, found.chat_id, notice))
}

/// The one answer to a token that is used, expired or unknown.
pub fn decide_unusable(
    (id, job_id): (DecisionId, JobId),
    now: Timestamp,
    bot: &BotId,
    chat_id: i64,
) -> Decision<Confirmed> {
    let job = answer(job_id, now, bot, chat_id, Notice::TokenUnusable);
    Decision::new(id, now, Confirmed::Unusable).job(job)
}

fn connect(
    id: DecisionId,
    now: Timestamp,
    bot: &BotId,
    found: &Confirmation,
) -> Decision<Confirmed> {
    let channel = Channel {
        details: ChannelDetails::Telegram { bot: bot.clone(), chat_id: Some(found.chat_id) },
        status: ChannelStatus::Active,
        target_id: None,
        ..found.pending.clone()
    };
    let link = ChatLink {
        bot: bot.clone(),
        chat_id: found.chat_id,
        channel_id: channel.id,
        user_id: channel.user_id,
        claimed: false,
    };
    let mut decision = Decision::new(id, now, Confirmed::Connected(channel.id))
        .write(Write::Remove(found.token.clone().into()));
    decision.writes.extend(found.target().map(|it| with(it, channel.id)).unwrap_or_default());
    // Absent when it was read: of two tokens for one chat the second finds the first's link.
    let link = if found.linked.is_some() {
        Write::Replace(link.into())
    } else {
        Write::Create(link.into())
    };
    decision.write(link).write(Write::Replace(channel.into()))
}

fn join(
    id: DecisionId,
    now: Timestamp,
    found: &Confirmation,
    existing: &Channel,
) -> Decision<Confirmed> {
    let (pending, carried) = (&found.pending, found.target());
    let others: Vec<Target> = found
        .targets
        .iter()
        .filter(|target| carried.is_none_or(|carried| carried.id != target.id))
        .cloned()
        .collect();
    let carried = in_place(carried, pending.id, existing.id);
    let (writes, all) =
        rewire(&others, pending.id, Some(existing.id), WRITES_AT_MOST - carried.len());
    let mut decision = Decision::new(id, now, Confirmed::More);
    decision.writes = writes;
    if !all {
        return decision;
    }
    decision.reply = Confirmed::AlreadyConnected(existing.id);
    decision.writes.extend(carried);
    // Written even when it is active: its removal meanwhile must not go unnoticed.
    let existing = existing.unblocked().unwrap_or_else(|| existing.clone());
    let claim = found.linked.iter().map(|(link, _)| link).find(|link| link.claimed);
    let shown =
        claim.map(|link| Write::Replace(ChatLink { claimed: false, ..link.clone() }.into()));
    decision.writes.extend(shown);
    decision
        .write(Write::Remove(found.token.clone().into()))
        .write(Write::Remove(pending.clone().into()))
        .write(Write::Replace(existing.into()))
}

/// The writes that link the channel to the target; none where it is linked or there is no room.
fn with(target: &Target, channel_id: ChannelId) -> Vec<Write> {
    let linked = target.linked(channel_id).unwrap_or_else(|_| target.clone());
    rewrite(Some(target), Some(&linked))
}

/// The writes that give the target `existing` in place of `pending`.
fn in_place(target: Option<&Target>, pending: ChannelId, existing: ChannelId) -> Vec<Write> {
    let Some(target) = target else { return Vec::new() };
    let rewired = target.rewired(pending, Some(existing));
    let linked = rewired.linked(existing).unwrap_or(rewired);
    rewrite(Some(target), Some(&linked))
}

/// A notice to a chat, now.
fn answer(id: JobId, now: Timestamp, bot: &BotId, chat_id: i64, notice: Notice) -> NewJob {
    let job = Job::Messages { bot: bot.clone(), chat_id, notices: vec![notice], callback: None };
    NewJob { id, job, due: now, owner: None }
}

#[cfg(test)]
mod tests;
