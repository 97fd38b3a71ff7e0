//! Channels that are one address of a service, to which messages are posted.

use serde::{Deserialize, Serialize};

use crate::account::SecretHash;
use crate::channel::{Channel, ChannelDetails, ChannelStatus};
use crate::engine::{Decision, Write};
use crate::ids::{ChannelId, DecisionId, UserId};
use crate::seal::Sealed;
use crate::time::Timestamp;

macro_rules! hook_kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// A service that takes messages at an address. `docs/adding-a-channel.md` shows how to add one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum HookKind {
            $($(#[$doc])* #[serde(rename = $text)] $name),*
        }

        impl HookKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind's name in the API and in the table.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),*
                }
            }
        }
    };
}

hook_kinds! {
    /// An incoming webhook of a Discord channel.
    Discord = "DISCORD",
    /// An incoming webhook of a Slack channel.
    Slack = "SLACK",
    /// Someone's own server, which is told by signed JSON.
    Webhook = "WEBHOOK",
}

/// An address that messages are posted to. Whoever knows it may post there: it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// The service.
    #[serde(rename = "channel_type")]
    pub kind: HookKind,
    /// The address.
    pub url: Sealed,
    /// Its beginning, which tells one address from another and gives none away.
    pub shown: String,
    /// Its hash: the same address is one channel of a user.
    pub digest: SecretHash,
    /// What messages are signed with, for services that know who posts by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Sealed>,
}

impl Hook {
    /// What the address of a channel is sealed about.
    pub fn about_url(channel_id: ChannelId) -> String {
        format!("channel/{channel_id}/url")
    }

    /// What the secret of a channel is sealed about.
    pub fn about_secret(channel_id: ChannelId) -> String {
        format!("channel/{channel_id}/secret")
    }
}

impl Channel {
    /// The address that it is, if it is one.
    pub const fn hook(&self) -> Option<&Hook> {
        match &self.details {
            ChannelDetails::Hook(hook) => Some(hook),
            ChannelDetails::Telegram { .. } | ChannelDetails::Email { .. } => None,
        }
    }
}

/// An active channel of an address that took a test message.
pub fn decide_connect_hook(
    id: DecisionId,
    now: Timestamp,
    (channel_id, user_id): (ChannelId, UserId),
    name: String,
    hook: Hook,
) -> Decision<Channel> {
    let channel = Channel {
        id: channel_id,
        user_id,
        name,
        details: ChannelDetails::Hook(hook),
        status: ChannelStatus::Active,
        reason: None,
        target_id: None,
        created_at: now,
        generation: 0,
        version: 0,
    };
    let create = Write::Create(channel.clone().into());
    Decision::new(id, now, channel).write(create)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_hook_is_stored_under_its_kind_and_read_back() -> Result<(), serde_json::Error> {
        for kind in HookKind::ALL {
            let hook = Hook {
                kind: *kind,
                url: Sealed::new("sealed"),
                shown: "https://e.com/…".to_owned(),
                digest: SecretHash::of("https://e.com/x"),
                secret: None,
            };
            let ids = (Uuid::max().into(), Uuid::nil().into());
            let now = Timestamp::from_millis(0);
            let made = decide_connect_hook(Uuid::nil().into(), now, ids, "Mine".to_owned(), hook);
            let stored = serde_json::to_value(&made.reply)?;
            assert_eq!(stored["channel_type"], kind.as_str());
            assert_eq!(serde_json::from_value::<Channel>(stored)?, made.reply);
        }
        Ok(())
    }
}
