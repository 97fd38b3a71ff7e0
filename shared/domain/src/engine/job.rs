//! Jobs: units of work that run later. Tagged, versioned, ids only.

mod scenario;

use serde::{Deserialize, Serialize};

use crate::account::Erasure;
use crate::contact::Language;
use crate::engine::delivery::UnknownPolicy;
use crate::event::About;
use crate::ids::{AlertId, BotId, ChannelId, CompanyId, TargetId, TaskId, TaskRunId, UserId};
use crate::mail::{Mail, MailNews};
use crate::message::Notice;
use crate::slug::Slug;
use crate::time::Timestamp;
use crate::url::{OfferId, PageId};

pub use scenario::{AccessChange, Words};

/// Which of the two queues a job goes on.
///
/// People who wait for an answer go ahead of bulk; bulk never starves (`docs/engine.md`, rate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Someone waits for it: replies, confirmations.
    People,
    /// Fan-outs.
    Bulk,
}

impl Lane {
    /// Both lanes, people first.
    pub const ALL: [Self; 2] = [Self::People, Self::Bulk];

    /// The lane's name in logs and queue names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Bulk => "bulk",
        }
    }
}

/// What a timer asks for when it is due.
///
/// Stored with its tag; a new meaning gets a new tag, so that timers written by
/// an older version still run after an upgrade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// One page of an offer's watchers: at most [`PAGE_RECIPIENTS`] recipients.
    OfferFanout {
        /// The offer.
        offer_id: OfferId,
        /// The page whose watchers hear of it.
        page_id: PageId,
        /// Which revision of the offer they hear of.
        revision: u32,
        /// Where the page begins: after this watcher; absent for the first.
        after: Option<String>,
        /// Whether the page's first scrape found it: only those hear who want all of that.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        baseline: bool,
    },
    /// The end of a page's first scrape, and one page of the watchers that hear of it.
    BaselineFanout {
        /// The page.
        page_id: PageId,
        /// Where the page begins: after this watcher; absent for the first.
        after: Option<String>,
    },
    /// Messages of the end of a page's first scrape whose own services, or stopped bots, made them wait, set
    /// apart so that their page goes on.
    BaselineApart {
        /// The page.
        page_id: PageId,
        /// Who: each with the target whose watch it is for.
        to: Vec<(UserId, ChannelId, TargetId)>,
    },
    /// One page of a company's links: those that want to hear of an alert do.
    AlertFanout {
        /// The company.
        company_id: CompanyId,
        /// The alert.
        alert_id: AlertId,
        /// Where the page begins: after this link; absent for the first.
        after: Option<String>,
    },
    /// Messages of an offer whose own services made them wait, set apart so that their page goes on.
    OfferApart {
        /// The offer.
        offer_id: OfferId,
        /// The page whose watchers hear of it.
        page_id: PageId,
        /// Which revision of the offer they hear of.
        revision: u32,
        /// Who: each with the target whose watch it is for.
        to: Vec<(UserId, ChannelId, TargetId)>,
    },
    /// What was gathered for a channel.
    Digest {
        /// Whose channel.
        user_id: UserId,
        /// The channel.
        channel_id: ChannelId,
        /// Which of its digests.
        due: Timestamp,
    },
    /// Messages of one decision to one chat, sent in order.
    Messages {
        /// The bot that sends.
        bot: BotId,
        /// The chat that receives.
        chat_id: i64,
        /// What is said, in order.
        notices: Vec<Notice>,
        /// A button press to acknowledge first (Telegram's callback query id).
        callback: Option<String>,
    },
    /// The heartbeat: ends by writing its next timer.
    Heartbeat,
    /// An update of a bot that could not be handled when it came.
    KeptUpdate {
        /// The bot that received it.
        bot: BotId,
        /// The chat whose later updates wait behind it.
        chat_id: i64,
        /// Telegram's number of it.
        update_id: i64,
    },
    /// News of a mail that is not known yet.
    MailNews {
        /// What was told.
        news: MailNews,
    },
    /// A mail about an account or a channel.
    SendMail {
        /// Which.
        mail: Mail,
    },
    /// What is left of an account or a company that is gone is taken away.
    Erase {
        /// Whose.
        erasure: Erasure,
        /// Whether it is the second look.
        again: bool,
    },
    /// Events that could not be published when they happened, or that a decision calls for.
    PublishEvents {
        /// What they are about.
        about: About,
    },
    /// A bot sends again: what waited for it returns.
    ResumeBot {
        /// The bot.
        bot: BotId,
    },
    /// The time of a scheduled task has come. Which of its timers counts, the task says.
    ScheduledTask {
        /// Whose task.
        company_id: CompanyId,
        /// Which.
        slug: Slug,
    },
    /// The message of a run of a scheduled task.
    TaskRun {
        /// The bot that sends.
        bot: BotId,
        /// The task.
        task_id: TaskId,
        /// Its run.
        run_id: TaskRunId,
    },
    /// The time of a contact's next step has come. Which of its timers counts, the contact says.
    ScenarioStep {
        /// The bot that sends.
        bot: BotId,
        /// The contact's chat.
        chat_id: i64,
        /// The scenario.
        scenario: Slug,
    },
    /// Words of a scenario that a contact has asked for.
    ScenarioWords {
        /// The bot that sends.
        bot: BotId,
        /// The contact's chat.
        chat_id: i64,
        /// The scenario.
        scenario: Slug,
        /// Which words.
        words: Words,
    },
    /// A contact's way into a scenario's private group is opened or closed.
    GroupAccess {
        /// The bot, an administrator of the group.
        bot: BotId,
        /// The contact's chat, and their id as a person.
        chat_id: i64,
        /// The scenario.
        scenario: Slug,
        /// The group.
        group: i64,
        /// What is done.
        change: AccessChange,
    },
    /// One page of a broadcast. Which contacts it is for, the broadcast says.
    BroadcastPage {
        /// The bot that sends.
        bot: BotId,
        /// The broadcast.
        broadcast: Slug,
        /// Whether the page was begun before, by another job.
        again: bool,
    },
    /// What a contact wrote is for the bot's admins: their chats are looked up, and each gets a job of its own.
    ForwardReply {
        /// The bot that they wrote to.
        bot: BotId,
        /// The contact's chat.
        chat_id: i64,
        /// The message there.
        message_id: i64,
        /// Who wrote, and what, for where it cannot be forwarded.
        said: String,
        /// What the button says that they pressed: `said` is who then, and the message is the button's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pressed: Option<String>,
        /// Whether it is the first that is too much: the admins are told so in its place.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        too_many: bool,
    },
    /// What a contact wrote goes to the chat of an admin.
    ShowReply {
        /// The bot.
        bot: BotId,
        /// The admin's chat.
        chat_id: i64,
        /// The contact's chat.
        contact: i64,
        /// The message there.
        message_id: i64,
        /// Who wrote, and what, for where it cannot be forwarded.
        said: String,
        /// Whether it is only told of, since they have pressed a button and written nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pressed: bool,
    },
    /// An admin's answer goes to the contact whose message it answers.
    AnswerReply {
        /// The bot.
        bot: BotId,
        /// The contact's chat.
        chat_id: i64,
        /// The admin's chat.
        from_chat: i64,
        /// The message there.
        message_id: i64,
        /// What the admin is told in when it does not arrive.
        #[serde(default)]
        language: Language,
    },
    /// One page of the contacts of a scenario that was edited: when their next steps are due is decided again.
    RetimeScenario {
        /// The bot.
        bot: BotId,
        /// The scenario.
        scenario: Slug,
        /// Which of the partitions of the bot's contacts.
        shard: u8,
        /// Where the page begins: after this contact; absent for the first.
        after: Option<String>,
    },
    /// The menu of commands in a private chat: with those of admins, or without.
    AdminMenu {
        /// The bot.
        bot: BotId,
        /// The chat.
        chat_id: i64,
    },
    /// A stored photo is gone: the bot's admins are told.
    PhotoGone {
        /// The bot.
        bot: BotId,
        /// The photo's key.
        object: String,
    },
    /// A look at what a user pays for, from which their tier follows.
    RefreshSubscription {
        /// Whose subscriptions.
        user_id: UserId,
    },
}

/// What is set apart from a page is at most this many jobs.
pub const APART_AT_MOST: usize = 20;

/// A page of a fan-out has at most this many recipients.
pub const PAGE_RECIPIENTS: usize = 100;

impl Job {
    /// The queue it goes on.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::OfferFanout { .. }
            | Self::OfferApart { .. }
            | Self::AlertFanout { .. }
            | Self::BaselineFanout { .. }
            | Self::BaselineApart { .. }
            | Self::Digest { .. }
            | Self::ResumeBot { .. }
            | Self::PublishEvents { .. }
            | Self::RetimeScenario { .. }
            | Self::BroadcastPage { .. }
            | Self::AdminMenu { .. }
            | Self::PhotoGone { .. }
            | Self::MailNews { .. } => Lane::Bulk,
            Self::Messages { .. }
            | Self::KeptUpdate { .. }
            | Self::SendMail { .. }
            | Self::Erase { .. }
            | Self::Heartbeat
            | Self::ScheduledTask { .. }
            | Self::TaskRun { .. }
            | Self::ScenarioStep { .. }
            | Self::ScenarioWords { .. }
            | Self::GroupAccess { .. }
            | Self::ForwardReply { .. }
            | Self::ShowReply { .. }
            | Self::AnswerReply { .. }
            | Self::RefreshSubscription { .. } => Lane::People,
        }
    }

    /// The job's name in logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OfferFanout { .. } => "offer_fanout",
            Self::AlertFanout { .. } => "alert_fanout",
            Self::OfferApart { .. } => "offer_apart",
            Self::BaselineFanout { .. } => "baseline_fanout",
            Self::BaselineApart { .. } => "baseline_apart",
            Self::Digest { .. } => "digest",
            Self::Messages { .. } => "messages",
            Self::KeptUpdate { .. } => "kept_update",
            Self::Heartbeat => "heartbeat",
            Self::SendMail { .. } => "send_mail",
            Self::MailNews { .. } => "mail_news",
            Self::Erase { .. } => "erase",
            Self::PublishEvents { .. } => "publish_events",
            Self::ResumeBot { .. } => "resume_bot",
            Self::ScheduledTask { .. } => "scheduled_task",
            Self::TaskRun { .. } => "task_run",
            Self::ScenarioStep { .. } => "scenario_step",
            Self::ScenarioWords { .. } => "scenario_words",
            Self::GroupAccess { .. } => "group_access",
            Self::ForwardReply { .. } => "forward_reply",
            Self::ShowReply { .. } => "show_reply",
            Self::AnswerReply { .. } => "answer_reply",
            Self::RetimeScenario { .. } => "retime_scenario",
            Self::BroadcastPage { .. } => "broadcast_page",
            Self::AdminMenu { .. } => "admin_menu",
            Self::PhotoGone { .. } => "photo_gone",
            Self::RefreshSubscription { .. } => "refresh_subscription",
        }
    }

    /// Whether all of it waits while its bot is stopped. Nobody need be spoken to for events, nor for a run
    /// to begin, nor to erase, and mails go through no bot. An alert goes through several: those that are stopped are
    /// left out. News goes to channels of many kinds: only what is for a stopped bot's chats waits.
    pub const fn waits_for_bot(&self) -> bool {
        !matches!(
            self,
            Self::AlertFanout { .. }
                | Self::OfferFanout { .. }
                | Self::OfferApart { .. }
                | Self::BaselineFanout { .. }
                | Self::BaselineApart { .. }
                | Self::Digest { .. }
                | Self::ResumeBot { .. }
                | Self::PublishEvents { .. }
                | Self::SendMail { .. }
                | Self::MailNews { .. }
                | Self::ScheduledTask { .. }
                | Self::RetimeScenario { .. }
                | Self::Erase { .. }
                | Self::RefreshSubscription { .. }
        )
    }

    /// Whether each of its messages waits for its own bot, while that is stopped.
    pub const fn parks_by_message(&self) -> bool {
        matches!(
            self,
            Self::OfferFanout { .. }
                | Self::OfferApart { .. }
                | Self::BaselineFanout { .. }
                | Self::BaselineApart { .. }
                | Self::Digest { .. }
        )
    }

    /// The job of messages that are set apart from a page; `None` for a job from which none are.
    pub fn apart(&self, to: Vec<(UserId, ChannelId, TargetId)>) -> Option<Self> {
        match self {
            Self::OfferFanout { offer_id, page_id, revision, .. } => Some(Self::OfferApart {
                offer_id: offer_id.clone(),
                page_id: page_id.clone(),
                revision: *revision,
                to,
            }),
            Self::BaselineFanout { page_id, .. } => {
                Some(Self::BaselineApart { page_id: page_id.clone(), to })
            }
            _ => None,
        }
    }

    /// Whether it waits while this bot is stopped, rather than go on without it.
    pub fn waits_with(&self, bot: &BotId) -> bool {
        self.waits_for_bot() && self.bot() == *bot
    }

    /// The bot that its messages go through, and whose share of the queue it takes.
    pub fn bot(&self) -> BotId {
        match self {
            Self::OfferFanout { .. }
            | Self::AlertFanout { .. }
            | Self::BaselineFanout { .. }
            | Self::BaselineApart { .. }
            | Self::Digest { .. }
            | Self::OfferApart { .. }
            | Self::Heartbeat
            | Self::SendMail { .. }
            | Self::MailNews { .. }
            | Self::Erase { .. }
            | Self::PublishEvents { .. }
            | Self::ScheduledTask { .. }
            | Self::RefreshSubscription { .. } => BotId::default_bot(),
            Self::Messages { bot, .. }
            | Self::ResumeBot { bot }
            | Self::ScenarioStep { bot, .. }
            | Self::ScenarioWords { bot, .. }
            | Self::GroupAccess { bot, .. }
            | Self::RetimeScenario { bot, .. }
            | Self::ForwardReply { bot, .. }
            | Self::ShowReply { bot, .. }
            | Self::AnswerReply { bot, .. }
            | Self::AdminMenu { bot, .. }
            | Self::PhotoGone { bot, .. }
            | Self::BroadcastPage { bot, .. }
            | Self::KeptUpdate { bot, .. }
            | Self::TaskRun { bot, .. } => bot.clone(),
        }
    }

    /// What happens to a delivery of this job whose fate is unknown.
    pub const fn unknown_policy(&self) -> UnknownPolicy {
        match self {
            // A lesson that comes twice costs more than one that the owner has to look after.
            Self::ScenarioStep { .. } | Self::BroadcastPage { .. } => UnknownPolicy::Hold,
            Self::OfferFanout { .. }
            | Self::AlertFanout { .. }
            | Self::BaselineFanout { .. }
            | Self::BaselineApart { .. }
            | Self::Digest { .. }
            | Self::ResumeBot { .. }
            | Self::OfferApart { .. }
            | Self::Messages { .. }
            | Self::KeptUpdate { .. }
            | Self::SendMail { .. }
            | Self::MailNews { .. }
            | Self::Erase { .. }
            | Self::PublishEvents { .. }
            | Self::ScheduledTask { .. }
            | Self::TaskRun { .. }
            | Self::ScenarioWords { .. }
            | Self::GroupAccess { .. }
            | Self::ForwardReply { .. }
            | Self::ShowReply { .. }
            | Self::AnswerReply { .. }
            | Self::RetimeScenario { .. }
            | Self::AdminMenu { .. }
            | Self::PhotoGone { .. }
            | Self::RefreshSubscription { .. }
            | Self::Heartbeat => UnknownPolicy::SendAgain,
        }
    }
}
