//! What contacts write that is no command, and what admins answer to it.
//!
//! ```text
//! contact writes ──▶ ForwardReply ──▶ ShowReply, for each admin's chat ──▶ a ForwardedReply beside the message
//! admin answers one of those ──▶ AnswerReply ──▶ the contact's chat
//! ```

use std::time::Duration;

use channels::telegram::{Kind, Sender};
use domain::account::SecretHash;
use domain::contact::{FORWARDS_A_MINUTE, ForwardedReply, said};
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
    let Handling { app, bot, chat_id, update, .. } = handling;
    let Kind::Message { from, text, written, .. } = &update.kind else { return Ok(None) };
    if bot.company_id.is_none() || chat_id < 0 || (text.is_none() && written.what.is_none()) {
        return Ok(None);
    }
    let settings = scenario::settings(app, &bot.id).await?;
    if !settings.is_some_and(|it| it.forward_replies) {
        return Ok(None);
    }
    let scope = SecretHash::of(&format!("{}/{chat_id}", bot.id));
    let (written_so_far, _) =
        app.table.count_attempt(&format!("reply#{}", scope.0), WINDOW).await?;
    if written_so_far > FORWARDS_A_MINUTE + 1 {
        return Ok(Some(Vec::new()));
    }
    let too_many = written_so_far > FORWARDS_A_MINUTE;
    let who = name(from.as_ref(), chat_id);
    let said = if too_many { who } else { said(&who, text.as_deref(), written.what) };
    let (bot, message_id) = (bot.id.clone(), written.message_id);
    let forward = Job::ForwardReply { bot, chat_id, message_id, said, too_many };
    Ok(Some(vec![job(handling, forward)]))
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
