//! Company links: chats that receive what a company has to say to its own.

mod bind;
mod leave;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::SecretHash;
use crate::channel::{ChannelStatus, STOPPED, StoppedChat};
use crate::ids::{BotId, CompanyId, LinkId, UserId};
use crate::time::Timestamp;

pub use bind::{Binding, Bound, BoundBy, Holder, decide_bind, decide_unbind};
pub use leave::decide_leave;

/// A link's token lives this long.
pub const LINK_TOKEN_LIFE: Duration = Duration::from_mins(15);
/// A company has at most this many links, pending ones included.
pub const LINKS_PER_COMPANY: usize = 10_000;
/// A name of a link has at most this many characters.
pub const LINK_PREFIX: &str = "link_";

/// What a link may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Something needs someone's attention.
    Alerts,
    /// What was, by the day or the week.
    Reports,
    /// What devices do.
    DeviceEvents,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alerts, Self::Reports, Self::DeviceEvents];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Reports => "reports",
            Self::DeviceEvents => "device_events",
        }
    }

    /// What stands above words that have no title.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Alerts => "Alert",
            Self::Reports => "Report",
            Self::DeviceEvents => "Device event",
        }
    }

    /// What stands above a part about it.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Alerts => "Alerts",
            Self::Reports => "Reports",
            Self::DeviceEvents => "Device events",
        }
    }

    /// The category of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }
}

/// What a link wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptIns {
    /// [`Category::Alerts`].
    #[serde(rename = "opted_in_alerts")]
    pub alerts: bool,
    /// [`Category::Reports`].
    #[serde(rename = "opted_in_reports")]
    pub reports: bool,
    /// [`Category::DeviceEvents`].
    #[serde(rename = "opted_in_device_events")]
    pub device_events: bool,
}

impl Default for OptIns {
    /// Who links a chat wants to hear when something is wrong; the rest is asked for.
    fn default() -> Self {
        Self { alerts: true, reports: false, device_events: false }
    }
}

impl OptIns {
    /// Whether it wants to be told.
    pub const fn wants(self, category: Category) -> bool {
        match category {
            Category::Alerts => self.alerts,
            Category::Reports => self.reports,
            Category::DeviceEvents => self.device_events,
        }
    }
}

/// A chat that receives what a company says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramLink {
    /// Its id.
    pub id: LinkId,
    /// Whose messages it receives.
    pub company_id: CompanyId,
    /// Whose chat it is, if it is one person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Who made it, while they belong to the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The bot: the one that is asked for first, then the one that the chat was linked through.
    pub bot: BotId,
    /// The chat, once it is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<i64>,
    /// Where it stands: only an active link receives.
    pub status: ChannelStatus,
    /// Why it is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it wants to be told.
    #[serde(flatten)]
    pub opt_ins: OptIns,
    /// Hash of the token that links a chat, until one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretHash>,
    /// When that token expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires_at: Option<Timestamp>,
    /// When a chat was linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl TelegramLink {
    /// Whether it is told of this, through this bot if one is asked for.
    pub fn wants(&self, category: Category, bot: Option<&BotId>) -> bool {
        let through = bot.is_none_or(|bot| self.bot == *bot);
        self.status == ChannelStatus::Active && self.opt_ins.wants(category) && through
    }

    /// The one person who reads what it is told: it is their chat, or waits to be. A group, whose number
    /// is negative, is the company's.
    pub fn reader(&self) -> Option<UserId> {
        self.user_id.filter(|_| self.chat_id.is_none_or(|chat_id| chat_id > 0))
    }

    /// The link after its chat refuses messages; `None` when nothing changes.
    pub fn blocked(&self, reason: &str) -> Option<Self> {
        (self.status == ChannelStatus::Active).then(|| Self {
            status: ChannelStatus::Blocked,
            reason: Some(reason.to_owned()),
            ..self.clone()
        })
    }

    /// The link after its chat takes messages again; `None` when nothing changes.
    pub fn unblocked(&self) -> Option<Self> {
        (self.status == ChannelStatus::Blocked).then(|| Self {
            status: ChannelStatus::Active,
            reason: None,
            ..self.clone()
        })
    }

    /// What is left of a chat that has said stop when the link goes; `None` for every other link.
    pub fn stop(&self, now: Timestamp) -> Option<StoppedChat> {
        let stopped =
            self.status == ChannelStatus::Blocked && self.reason.as_deref() == Some(STOPPED);
        let chat_id = self.chat_id.filter(|_| stopped)?;
        Some(StoppedChat { bot: self.bot.clone(), chat_id, kept_at: now })
    }

    /// Which link the chat is in its company.
    pub fn in_company(&self) -> Option<CompanyChat> {
        let (company_id, link_id) = (self.company_id, self.id);
        self.chat_id.map(|chat_id| CompanyChat { company_id, chat_id, link_id })
    }

    /// Which link the chat is with its bot.
    pub fn in_chat(&self) -> Option<ChatCompany> {
        let (company_id, link_id) = (self.company_id, self.id);
        let bot = self.bot.clone();
        self.chat_id.map(|chat_id| ChatCompany { bot, chat_id, company_id, link_id })
    }
}

/// Which link a chat is in a company: one at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyChat {
    /// The company.
    pub company_id: CompanyId,
    /// The chat.
    pub chat_id: i64,
    /// The link.
    pub link_id: LinkId,
}

/// Which companies' link a chat is: what an update or a block is resolved by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatCompany {
    /// The bot.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The company.
    pub company_id: CompanyId,
    /// The link.
    pub link_id: LinkId,
}

/// Links a chat: single use, expiring, kept as a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkToken {
    /// Hash of the token.
    pub hash: SecretHash,
    /// The link's company.
    pub company_id: CompanyId,
    /// The link.
    pub link_id: LinkId,
    /// After this it is as good as unknown.
    pub expires_at: Timestamp,
}
