//! Mails about accounts and channels: jobs that carry ids, whose words are made when they are sent.

mod receipt;
mod words;

use serde::{Deserialize, Serialize};

use crate::engine::timer::Owner;
use crate::engine::{Job, NewJob};
use crate::ids::{BotId, ChannelId, CompanyId, InvitationId, JobId, UserId};
use crate::time::Timestamp;

pub use receipt::{MailNews, MailStatus, Receipt, decide_news, failed};
pub use words::{bot_stopped, confirm_channel, invite_colleague, reset_password};

/// A mail to be sent. Its address, its words and any token in it are made when it is sent, so
/// that neither stands in a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum Mail {
    /// Asks whoever reads an address whether it may become a channel.
    ConfirmChannel {
        /// Whose channel.
        user_id: UserId,
        /// The pending channel.
        channel_id: ChannelId,
    },
    /// Lets whoever reads a user's address set another password. A user that is not there gets none:
    /// so that asking for an address that nobody has costs the same.
    ResetPassword {
        /// Whose password.
        user_id: UserId,
    },
    /// Invites a colleague into a company.
    InviteColleague {
        /// The company.
        company_id: CompanyId,
        /// The invitation.
        invitation_id: InvitationId,
    },
    /// Tells an admin that Telegram refuses the token of one of their company's bots.
    BotStopped {
        /// The admin.
        user_id: UserId,
        /// The bot.
        bot: BotId,
    },
}

impl Mail {
    /// The mail's name in logs and in Courier's tags.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ConfirmChannel { .. } => "confirm_channel",
            Self::ResetPassword { .. } => "reset_password",
            Self::InviteColleague { .. } => "invite_colleague",
            Self::BotStopped { .. } => "bot_stopped",
        }
    }

    /// The channel whose address it goes to, if it goes to one.
    pub const fn channel(&self) -> Option<(UserId, ChannelId)> {
        match self {
            Self::ConfirmChannel { user_id, channel_id } => Some((*user_id, *channel_id)),
            Self::ResetPassword { .. } | Self::InviteColleague { .. } | Self::BotStopped { .. } => {
                None
            }
        }
    }

    /// The job that sends it, not before `due`. It is dropped when its owner's generation is raised.
    pub const fn job(self, id: JobId, due: Timestamp, owner: Option<Owner>) -> NewJob {
        NewJob { id, job: Job::SendMail { mail: self }, due, owner }
    }
}
