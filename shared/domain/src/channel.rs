//! Channels, the chats behind them, and the tokens that link them.

mod confirm;
mod email;
mod hook;
mod register;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::SecretHash;
use crate::engine::timer::Owner;
use crate::ids::{BotId, ChannelId, TargetId, UserId};
use crate::time::Timestamp;

pub use confirm::{Confirmation, Confirmed, decide_confirm, decide_unusable};
pub use email::{
    EmailConfirmation, decide_add_email, decide_confirm_email, decide_resend, new_email,
};
pub use hook::{Hook, HookKind, decide_connect_hook};
pub use register::{NewChannel, decide_connect, decide_register, decide_renew};

/// A registration token for a chat lives this long.
pub const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// A token in a mail lives this long.
pub const MAILED_TOKEN_LIFE: Duration = Duration::from_hours(24);

/// A user has at most this many channels, pending ones included.
pub const CHANNELS_PER_USER: usize = 100;
/// The reason of a channel whose person sent `/stop`: only their own `/start` ends it.
pub const STOPPED: &str = "stopped by the person";

/// How a user is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel_type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelDetails {
    /// A chat with a bot; the chat is known once the channel is confirmed.
    Telegram {
        /// The bot.
        bot: BotId,
        /// The chat.
        chat_id: Option<i64>,
    },
    /// An e-mail address.
    Email {
        /// As the user wrote it.
        address: String,
    },
    /// An address of a service, to which messages are posted.
    #[serde(untagged)]
    Hook(Hook),
}

impl ChannelDetails {
    /// The name of [`Self::Telegram`] in the API.
    pub const TELEGRAM: &'static str = "TELEGRAM";
    /// The name of [`Self::Email`] in the API.
    pub const EMAIL: &'static str = "EMAIL";

    /// The kind's name in the API.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Telegram { .. } => Self::TELEGRAM,
            Self::Email { .. } => Self::EMAIL,
            Self::Hook(hook) => hook.kind.as_str(),
        }
    }

    /// The names of all kinds.
    pub fn kinds() -> Vec<&'static str> {
        let hooks = HookKind::ALL.iter().map(|kind| kind.as_str());
        [Self::TELEGRAM, Self::EMAIL].into_iter().chain(hooks).collect()
    }
}

/// Where a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelStatus {
    /// Not confirmed yet; it receives nothing.
    Pending,
    /// It receives.
    Active,
    /// The person or the service refuses our messages.
    Blocked,
    /// Its owner switched it off.
    Disabled,
}

/// A way to reach a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Whose channel.
    pub user_id: UserId,
    /// What the user calls it.
    pub name: String,
    /// How the user is reached.
    #[serde(flatten)]
    pub details: ChannelDetails,
    /// Where it stands.
    pub status: ChannelStatus,
    /// Why it is blocked, in the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A target that it is linked to on confirmation, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<TargetId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised when what is scheduled for it no longer counts.
    #[serde(default)]
    pub generation: u64,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Channel {
    /// The bot and chat of an active Telegram channel.
    pub fn chat(&self) -> Option<(&BotId, i64)> {
        match &self.details {
            ChannelDetails::Telegram { bot, chat_id } => chat_id.map(|chat_id| (bot, chat_id)),
            ChannelDetails::Email { .. } | ChannelDetails::Hook(_) => None,
        }
    }

    /// Whose timers are dropped when its generation is raised.
    pub const fn owner(&self) -> Owner {
        Owner { user_id: self.user_id, channel_id: self.id, generation: self.generation }
    }

    /// The link from its chat to it, for a Telegram channel that knows its chat.
    pub fn link(&self) -> Option<ChatLink> {
        self.chat().map(|(bot, chat_id)| ChatLink {
            bot: bot.clone(),
            chat_id,
            channel_id: self.id,
            user_id: self.user_id,
            claimed: false,
        })
    }

    /// What is left of a chat that has said stop when the channel goes; `None` for every other channel.
    pub fn stop(&self, now: Timestamp) -> Option<StoppedChat> {
        let stopped =
            self.status == ChannelStatus::Blocked && self.reason.as_deref() == Some(STOPPED);
        let (bot, chat_id) = self.chat().filter(|_| stopped)?;
        Some(StoppedChat { bot: bot.clone(), chat_id, kept_at: now })
    }

    /// The channel after a block by the person or the service; `None` when nothing changes.
    pub fn blocked(&self, reason: &str) -> Option<Self> {
        (self.status == ChannelStatus::Active).then(|| Self {
            status: ChannelStatus::Blocked,
            reason: Some(reason.to_owned()),
            ..self.clone()
        })
    }

    /// The channel after its person takes messages again; `None` when nothing changes.
    pub fn unblocked(&self) -> Option<Self> {
        (self.status == ChannelStatus::Blocked).then(|| Self {
            status: ChannelStatus::Active,
            reason: None,
            ..self.clone()
        })
    }
}

/// Which user's channel a chat is: what an update or a block is resolved by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLink {
    /// The bot.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The channel.
    pub channel_id: ChannelId,
    /// Whose channel.
    pub user_id: UserId,
    /// Whether nobody in the chat has shown that it is theirs: its user has named its number, no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claimed: bool,
}

/// That a chat has said stop, kept when the channel or link that knew it goes: whoever enters the chat
/// again does not make it receive. Only what the person does in the chat takes it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedChat {
    /// The bot.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// When what knew of the stop went.
    pub kept_at: Timestamp,
}

/// Links one channel to an existing user: single use, expiring, kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationToken {
    /// Hash of the token.
    pub hash: SecretHash,
    /// Whose channel it becomes.
    pub user_id: UserId,
    /// The pending channel it confirms.
    pub channel_id: ChannelId,
    /// A target that the channel is linked to on confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<TargetId>,
    /// The bot it is for; none for one that is mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// After this it is as good as unknown.
    pub expires_at: Timestamp,
    /// The channel's generation when it was made: a newer token makes this one void.
    #[serde(default)]
    pub generation: u64,
}
