//! Mails about accounts and channels: one file per mail makes its address and words when it is sent.
//!
//! A mail is asked for as a job with ids ([`domain::mail::Mail`]). Its address is read and any token
//! in it is made only here, moments before it goes: so neither stands in a job, and a token's time
//! begins when it is sent.

mod bot_stopped;
mod confirm_channel;
mod invite_colleague;
mod news;
mod reset_password;

use channels::courier::CourierApi;
use domain::mail::Mail;
use domain::message::Letter;
use secrecy::SecretString;
use table::{CommitError, TableError};

use crate::{App, AppError};

pub use news::{Noted, take_news};
pub(crate) use news::{keep_receipts, run_kept};

/// The mail service, as far as it is configured. Clones share connections.
#[derive(Clone, Debug, Default)]
pub struct Mailer {
    /// Its API.
    pub api: Option<CourierApi>,
    /// What it signs its webhooks with.
    pub webhook_secret: Option<SecretString>,
}

/// A mail as it is to be sent now.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// Send this.
    Ready {
        /// To whom.
        to: String,
        /// What.
        letter: Letter,
    },
    /// There is no reason left to send it.
    Skip(&'static str),
}

/// Makes a mail's address and words.
pub(crate) async fn prepare(app: &App, mail: &Mail) -> Result<Prepared, TableError> {
    match mail {
        Mail::ConfirmChannel { user_id, channel_id } => {
            confirm_channel::prepare(app, *user_id, *channel_id).await
        }
        Mail::ResetPassword { user_id } => reset_password::prepare(app, *user_id).await,
        Mail::InviteColleague { company_id, invitation_id } => {
            invite_colleague::prepare(app, *company_id, *invitation_id).await
        }
        Mail::BotStopped { user_id, bot } => bot_stopped::prepare(app, *user_id, bot).await,
    }
}

/// Refuses what needs a mail where none can be sent.
///
/// # Errors
/// [`AppError::Conflict`]: the deployment has no mail service.
pub fn must_be_possible(app: &App) -> Result<(), AppError> {
    if app.mailer.api.is_some() {
        return Ok(());
    }
    Err(AppError::Conflict {
        code: "MAIL_NOT_CONFIGURED",
        message: "this deployment sends no e-mail: it has no key for Courier".to_owned(),
    })
}

/// A commit inside the making of a mail: whatever stands in its way, the mail is tried again.
fn retried(error: CommitError) -> TableError {
    match error {
        CommitError::Table(error) => error,
        CommitError::Changed(_) | CommitError::Stale => {
            TableError::Unavailable("what the mail is about has just changed".to_owned())
        }
    }
}
