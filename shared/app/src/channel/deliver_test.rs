//! A test message, sent at once: someone waits for what becomes of it.

use std::time::Duration;

use channels::courier::Post;
use channels::telegram::Patience;
use domain::engine::Lane;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::rate::{Grant, SlotRequest};
use domain::ids::{BotId, ChannelId, JobId, UserId};
use domain::mail::{MailStatus, Receipt};
use domain::message::{Content, Notice};
use domain::outcome::Outcome;
use domain::time::Timestamp;

use super::hook::Opened;
use crate::bot::{CurrentToken, NoToken, token};
use crate::engine::{slots, stop};
use crate::{App, AppError, mail};

/// A slot further off is not waited for.
const WAIT_AT_MOST: Duration = Duration::from_secs(3);
/// Telegram must answer in this time.
const SEND_AT_MOST: Duration = Duration::from_secs(8);

/// Sends a test message through a booked slot. The chat that took it comes back: a group that has
/// become a supergroup has another id than the one it was asked for.
///
/// # Errors
/// [`AppError::ChannelRefused`] and [`AppError::ChannelFailed`] with Telegram's reason;
/// [`AppError::TooMany`] while the bot or the chat is busy; [`AppError::Conflict`] while a company's bot is switched off or stopped;
/// [`AppError::Unavailable`] when nobody knows what became of it.
pub(super) async fn deliver_test(
    app: &App,
    bot: &BotId,
    chat_id: i64,
    field: &'static str,
) -> Result<i64, AppError> {
    match send(app, bot, chat_id).await? {
        Outcome::Migrated { chat_id: now } => match send(app, bot, now).await? {
            Outcome::Migrated { .. } => {
                Err(AppError::Unavailable("the chat has moved twice".to_owned()))
            }
            outcome => judge(app, Some(bot), outcome, field).await.map(|()| now),
        },
        outcome => judge(app, Some(bot), outcome, field).await.map(|()| chat_id),
    }
}

/// Sends a test message to a channel's address. That Courier took it says nothing of whether it arrives:
/// what comes back is told by its webhook, which finds the channel by the mail's receipt.
///
/// # Errors
/// As [`deliver_test`]; [`AppError::Conflict`] without a mail service.
pub(super) async fn mail_test(
    app: &App,
    channel: (UserId, ChannelId),
    to: &str,
    field: &'static str,
) -> Result<(), AppError> {
    mail::must_be_possible(app)?;
    let Some(courier) = &app.mailer.api else { return Ok(()) };
    let letter = channels::letter::of(&Notice::TestMessage.into(), &app.site.url);
    let id: JobId = app.env.id();
    let key = format!("test.{id}");
    let post =
        Post { to, letter: &letter, idempotency_key: &key, tag: "test_message", repeat: false };
    let sent = app.env.clock.within(SEND_AT_MOST, courier.send(post)).await;
    let sent = sent.unwrap_or_else(|| Outcome::Unknown { reason: "no answer in time".to_owned() });
    if let Outcome::Taken { reference: Some(reference) } = &sent {
        let delivery = DeliveryKey {
            to: Recipient::Mail { job_id: id },
            thing: "test".to_owned(),
            revision: 0,
            part: 0,
        };
        let (reference, status) = (reference.clone(), MailStatus::Enqueued);
        let (channel, at) = (Some(channel), app.env.now());
        let receipt = Receipt { reference, delivery, channel, status, at, version: 0 };
        mail::keep_receipts(app, vec![receipt]).await;
    }
    judge(app, None, sent, field).await
}

/// Posts a test message to an address. Whatever goes wrong is the address's own matter, and only what its
/// service says for good is for good: a message that is due would be sent again after the rest.
///
/// # Errors
/// [`AppError::ChannelRefused`] and [`AppError::ChannelFailed`] with the reason; [`AppError::TooMany`]
/// while it wants to be left alone.
pub(super) async fn hook_test(
    app: &App,
    opened: &Opened,
    field: &'static str,
) -> Result<(), AppError> {
    let id: JobId = app.env.id();
    let (id, content) = (format!("test.{id}"), Content::from(Notice::TestMessage));
    let sent = opened.send(app, &id, &content, false);
    let sent = app.env.clock.within(SEND_AT_MOST, sent).await;
    match sent.unwrap_or_else(|| Outcome::Unknown { reason: "no answer in time".to_owned() }) {
        Outcome::NotSent { reason } | Outcome::Unknown { reason } => {
            Err(AppError::ChannelFailed { field, reason })
        }
        outcome => judge(app, None, outcome, field).await,
    }
}

async fn send(app: &App, bot: &BotId, chat_id: i64) -> Result<Outcome, AppError> {
    let CurrentToken { token, version } = token(app, bot).await.map_err(|why| match why {
        NoToken::Off | NoToken::Stopped | NoToken::NoBot(_) => {
            AppError::Conflict { code: "BOT_OFF", message: why.to_string() }
        }
        NoToken::Table(error) => error.into(),
        NoToken::Unreadable(_) | NoToken::Sealed(_) => AppError::Unavailable(why.to_string()),
    })?;
    wait_for_slot(app, bot, chat_id).await?;
    let content = Content::from(Notice::TestMessage);
    let patience = Patience::begin(app.env.clock.as_ref());
    let sent = app.telegram.send(&token, chat_id, &content, false, patience);
    let sent = app.env.clock.within(SEND_AT_MOST, sent).await;
    match sent.unwrap_or_else(|| Outcome::Unknown { reason: "no answer in time".to_owned() }) {
        // The platform's is its operators' matter, and nobody else's.
        Outcome::BotRevoked { reason } if app.bots.bot(bot).is_none() => {
            stop(app, bot, version, &reason).await?;
            let message = format!("Telegram refuses the bot's token: {reason}");
            Err(AppError::Conflict { code: "BOT_TOKEN_REFUSED", message })
        }
        outcome => Ok(outcome),
    }
}

async fn wait_for_slot(app: &App, bot: &BotId, chat_id: i64) -> Result<(), AppError> {
    let until = app.env.now() + WAIT_AT_MOST;
    let request = [SlotRequest { chat_id, reserved: false }];
    loop {
        let grants = slots::book(app, bot, Lane::People, &request).await?;
        match grants.first() {
            Some(&Grant::At(at)) => {
                app.env.clock.sleep_until(at).await;
                return Ok(());
            }
            Some(&(Grant::Later(at) | Grant::Kept(at))) if at < until => {
                app.env.clock.sleep_until(at).await;
            }
            later => {
                let at = match later {
                    Some(&(Grant::Later(at) | Grant::Kept(at))) => at,
                    _ => until,
                };
                return Err(busy(app.env.now(), at));
            }
        }
    }
}

fn busy(now: Timestamp, until: Timestamp) -> AppError {
    AppError::TooMany { retry_after: until.since(now).as_secs() + 1 }
}

async fn judge(
    app: &App,
    bot: Option<&BotId>,
    outcome: Outcome,
    field: &'static str,
) -> Result<(), AppError> {
    match outcome {
        Outcome::Sent { .. } | Outcome::Taken { .. } => Ok(()),
        Outcome::Blocked { reason } => Err(AppError::ChannelRefused { field, reason }),
        Outcome::ContentRefused { reason } => Err(AppError::ChannelFailed { field, reason }),
        Outcome::RateLimited { retry_after_ms } => {
            let (now, wait) = (app.env.now(), Duration::from_millis(retry_after_ms));
            if let Some(bot) = bot {
                slots::throttle(app, bot, now + wait).await?;
            }
            Err(busy(now, now + wait))
        }
        Outcome::Migrated { .. } => Err(AppError::Unavailable("the chat has moved".to_owned())),
        Outcome::NotSent { reason }
        | Outcome::Unknown { reason }
        | Outcome::Faulted { reason }
        | Outcome::BotRevoked { reason } => Err(AppError::Unavailable(reason)),
    }
}
