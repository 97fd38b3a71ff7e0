//! What contacts write that is no command, or say by a button that does nothing else, and what admins answer to it.
//!
//! ```text
//! contact writes ──▶ ForwardReply ──▶ ShowReply, for each admin's chat ──▶ a ForwardedReply beside the message
//! admin answers one of those ──▶ AnswerReply ──▶ the contact's chat
//! ```

use std::time::Duration;

use channels::telegram::{Kind, Sender};
use domain::account::SecretHash;
use domain::contact::{Contact, FORWARDS_A_MINUTE, ForwardedReply, said};
use domain::engine::{Job, NewJob};
use table::keys;

use super::admin::{is_admin, language};
use super::handle::Handling;
use crate::{AppError, scenario};

/// Forwards are counted by the minute.
const WINDOW: Duration = Duration::from_mins(1);

/// The job that brings an admin's answer to the contact whose message it answers; `None` for anything else.
pub(super) async fn answer(handling: Handling<'_>) -> Result<Option<NewJob>, AppError> {
    let Handling { app, bot, chat_id, update, .. } = handling;
    let Kind::Message { written, .. } = &update.kind else { return Ok(None) };
    let company_id = bot.company_id.filter(|_| chat_id > 0);
    let (Some(company_id), Some(answered)) = (company_id, written.replies_to) else {
        return Ok(None);
    };
    let key = keys::forwarded_reply(&bot.id, chat_id, answered);
    let Some(forwarded) = app.table.get::<ForwardedReply>(&key).await? else { return Ok(None) };
    // Whoever was an admin when it was forwarded may be none any more.
    if !is_admin(handling, company_id).await? {
        return Ok(None);
    }
    Ok(Some(job(
        handling,
        Job::AnswerReply {
            bot: bot.id.clone(),
            chat_id: forwarded.contact,
            from_chat: chat_id,
            message_id: written.message_id,
            language: language(handling).unwrap_or_default(),
        },
    )))
}

/// The job that shows a contact's message to the bot's admins. None of them where they write too much; `None`
/// where nothing is forwarded: the bot has no scenarios, its admins do not want it, or Telegram itself speaks.
pub(super) async fn forward(handling: Handling<'_>) -> Result<Option<Vec<NewJob>>, AppError> {
    let Kind::Message { from, text, written, .. } = &handling.update.kind else { return Ok(None) };
    if text.is_none() && written.what.is_none() {
        return Ok(None);
    }
    let Some(so_far) = written_so_far(handling).await? else { return Ok(None) };
    let who = name(from.as_ref(), handling.chat_id);
    let said = said(&who, text.as_deref(), written.what);
    Ok(Some(shown(handling, so_far, (written.message_id, who, said), None)))
}

/// The same for the press of an author's button that means nothing to the bot: it is for people to read.
pub(super) async fn forward_press(handling: Handling<'_>) -> Result<Option<Vec<NewJob>>, AppError> {
    let Handling { app, bot, chat_id, update, .. } = handling;
    let Kind::CallbackQuery { data, message_id, .. } = &update.kind else { return Ok(None) };
    let Some(so_far) = written_so_far(handling).await? else { return Ok(None) };
    let contact = app.table.get::<Contact>(&keys::contact(&bot.id, chat_id)).await?;
    let who = contact.and_then(|it| it.user_name).unwrap_or_else(|| chat_id.to_string());
    let message = (*message_id, who.clone(), who);
    Ok(Some(shown(handling, so_far, message, Some(data.clone()))))
}

/// How much a contact has said in this minute, this included; `None` where nothing is forwarded.
async fn written_so_far(handling: Handling<'_>) -> Result<Option<u64>, AppError> {
    let Handling { app, bot, chat_id, .. } = handling;
    if bot.company_id.is_none() || chat_id < 0 {
        return Ok(None);
    }
    let settings = scenario::settings(app, &bot.id).await?;
    if !settings.is_some_and(|it| it.forward_replies) {
        return Ok(None);
    }
    let scope = SecretHash::of(&format!("{}/{chat_id}", bot.id));
    let counted = app.table.count_attempt(&format!("reply#{}", scope.0), WINDOW).await?;
    Ok(Some(counted.attempts))
}

/// The job that shows a message: its number, who has said it, and what for where it cannot be forwarded.
fn shown(
    handling: Handling<'_>,
    so_far: u64,
    (message_id, who, said): (i64, String, String),
    pressed: Option<String>,
) -> Vec<NewJob> {
    if so_far > FORWARDS_A_MINUTE + 1 {
        return Vec::new();
    }
    let too_many = so_far > FORWARDS_A_MINUTE;
    let said = if too_many { who } else { said };
    let (bot, chat_id) = (handling.bot.id.clone(), handling.chat_id);
    let forward = Job::ForwardReply { bot, chat_id, message_id, said, pressed, too_many };
    vec![job(handling, forward)]
}

fn name(from: Option<&Sender>, chat_id: i64) -> String {
    let username = from.and_then(|it| it.username.as_ref()).map(|it| format!("@{it}"));
    let name = username.or_else(|| from.and_then(|it| it.first_name.clone()));
    name.unwrap_or_else(|| chat_id.to_string())
}

fn job(handling: Handling<'_>, job: Job) -> NewJob {
    let env = &handling.app.env;
    NewJob { id: env.id(), job, due: env.now(), owner: None }
}
