//! A channel that waits for its confirmation, and the token that confirms it.

use crate::account::SecretHash;
use crate::channel::{
    Channel, ChannelDetails, ChannelStatus, ChatLink, RegistrationToken, TOKEN_LIFE,
};
use crate::engine::{Decision, Write};
use crate::ids::{BotId, ChannelId, DecisionId, TargetId, UserId};
use crate::time::Timestamp;

/// What a channel is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChannel {
    /// Its id.
    pub id: ChannelId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the user calls it.
    pub name: String,
    /// The bot it is with.
    pub bot: BotId,
}

impl NewChannel {
    fn telegram(self, now: Timestamp, chat_id: Option<i64>) -> Channel {
        Channel {
            id: self.id,
            user_id: self.user_id,
            name: self.name,
            details: ChannelDetails::Telegram { bot: self.bot, chat_id },
            status: if chat_id.is_some() { ChannelStatus::Active } else { ChannelStatus::Pending },
            reason: None,
            target_id: None,
            created_at: now,
            generation: 0,
            version: 0,
        }
    }
}

/// A pending channel with its first token. On confirmation it is linked to the target.
pub fn decide_register(
    id: DecisionId,
    now: Timestamp,
    new: NewChannel,
    target_id: Option<TargetId>,
    token: SecretHash,
) -> Decision<Channel> {
    let channel = Channel { target_id, ..new.telegram(now, None) };
    let token = registration_token(&channel, now, token);
    let create = Write::Create(channel.clone().into());
    Decision::new(id, now, channel).write(create).write(Write::Create(token.into()))
}

/// A new token for a pending channel; the ones before are void. `None` when the channel waits for none.
pub fn decide_renew(
    id: DecisionId,
    now: Timestamp,
    channel: &Channel,
    token: SecretHash,
) -> Option<Decision<Channel>> {
    if channel.status != ChannelStatus::Pending {
        return None;
    }
    let channel = Channel { generation: channel.generation + 1, ..channel.clone() };
    let token = registration_token(&channel, now, token);
    let replace = Write::Replace(channel.clone().into());
    Some(Decision::new(id, now, channel).write(replace).write(Write::Create(token.into())))
}

/// An active channel with a chat that took a test message, and the link that resolves it. The link
/// is created: the chat may be a channel of the user's only once.
pub fn decide_connect(
    id: DecisionId,
    now: Timestamp,
    new: NewChannel,
    chat_id: i64,
    dangling: Option<&ChatLink>,
) -> Decision<Channel> {
    let channel = new.telegram(now, Some(chat_id));
    let link = channel.link().map(|link| ChatLink { claimed: true, ..link });
    let link = link.map(|link| match dangling {
        Some(_) => Write::Replace(link.into()),
        None => Write::Create(link.into()),
    });
    let create = Write::Create(channel.clone().into());
    let mut decision = Decision::new(id, now, channel).write(create);
    decision.writes.extend(link);
    decision
}

fn registration_token(channel: &Channel, now: Timestamp, hash: SecretHash) -> RegistrationToken {
    let bot = match &channel.details {
        ChannelDetails::Telegram { bot, .. } => Some(bot.clone()),
        ChannelDetails::Email { .. } | ChannelDetails::Hook(_) => None,
    };
    RegistrationToken {
        hash,
        user_id: channel.user_id,
        channel_id: channel.id,
        target_id: channel.target_id,
        bot,
        created_at: now,
        expires_at: now + TOKEN_LIFE,
        generation: channel.generation,
    }
}
