//! Mails about accounts and channels: jobs that carry ids, whose words are made when they are sent.

mod receipt;

use serde::{Deserialize, Serialize};

use crate::engine::timer::Owner;
use crate::engine::{Job, NewJob};
use crate::ids::{BotId, ChannelId, CompanyId, InvitationId, JobId, UserId};
use crate::message::{Block, Letter};
use crate::time::Timestamp;

pub use receipt::{MailNews, MailStatus, Receipt, decide_news, failed};

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

/// The words of [`Mail::ConfirmChannel`]. `url` leads to the page with the button.
pub fn confirm_channel(user_name: &str, url: &str) -> Letter {
    Letter {
        subject: "Confirm your e-mail address".to_owned(),
        blocks: vec![
            Block::Heading("Confirm your e-mail address".to_owned()),
            Block::Text(format!(
                "Someone, most likely you, wants the messages of the account “{user_name}” sent to this address."
            )),
            Block::Button { label: "Confirm this address".to_owned(), url: url.to_owned() },
            Block::Small(
                "The link works once, for 24 hours. If this was not you, do nothing: without the confirmation nothing is sent here."
                    .to_owned(),
            ),
        ],
    }
}

/// The words of [`Mail::ResetPassword`]. `url` leads to the page with the form.
pub fn reset_password(user_name: &str, url: &str) -> Letter {
    Letter {
        subject: "Set a new password".to_owned(),
        blocks: vec![
            Block::Heading("Set a new password".to_owned()),
            Block::Text(format!(
                "Someone, most likely you, has asked to set a new password for the account “{user_name}”."
            )),
            Block::Button { label: "Set a new password".to_owned(), url: url.to_owned() },
            Block::Small(
                "The link works once, for one hour. If this was not you, do nothing: your password stays as it is."
                    .to_owned(),
            ),
        ],
    }
}

/// The words of [`Mail::InviteColleague`]. `url` leads to the page with the form.
pub fn invite_colleague(company: &str, inviter: &str, url: &str) -> Letter {
    Letter {
        subject: format!("You are invited to “{company}”"),
        blocks: vec![
            Block::Heading(format!("You are invited to “{company}”")),
            Block::Text(format!("{inviter} invites you to join the company “{company}”.")),
            Block::Button { label: "Accept the invitation".to_owned(), url: url.to_owned() },
            Block::Small(
                "The link works once, for seven days. If you do not know who this is, do nothing."
                    .to_owned(),
            ),
        ],
    }
}

/// The words of [`Mail::BotStopped`]: the bot by its username, what it is called in its company, and why.
pub fn bot_stopped(username: &str, slug: &str, reason: &str) -> Letter {
    let title = format!("@{username} is stopped");
    Letter {
        subject: title.clone(),
        blocks: vec![
            Block::Heading(title),
            Block::Text(format!(
                "Telegram refuses the token of your bot @{username} (“{slug}”): {reason}. It sends nothing until it has another."
            )),
            Block::Text(
                "Take its new token from @BotFather and give it to the bot: what waits for it goes out then."
                    .to_owned(),
            ),
            Block::Small("You get this because you are an admin of the bot's company.".to_owned()),
        ],
    }
}
