//! Changing what was sent, and answering pressed buttons.

use serde_json::Value;

use super::send::{link_preview, message_text};
use super::{Call, Done};
use crate::telegram::journal::Record;
use crate::telegram::markup;
use crate::telegram::model::Message;
use crate::telegram::refusal::Refusal;
use crate::telegram::state::ANSWERABLE_MS;
use crate::telegram::views;

const MAX_ANSWER: usize = 200;
/// Messages older than this stay.
const DELETABLE_S: i64 = 48 * 3_600;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";

/// `editMessageText`
pub(super) fn edit_message_text(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let text = message_text(call)?;
    let reply_markup = inline_keyboard(call)?;
    let link_preview_options = link_preview(call)?;
    let old = editable(call)?;
    if old.photo.is_some() {
        return Err(Refusal::bad_request("there is no text in the message to edit"));
    }
    let mut new = old.clone();
    new.set_text(text);
    new.reply_markup = reply_markup;
    new.link_preview_options = link_preview_options;
    replace(call, &old, new)
}

/// `editMessageReplyMarkup`
pub(super) fn edit_message_reply_markup(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let reply_markup = inline_keyboard(call)?;
    let old = editable(call)?;
    let new = Message { reply_markup, ..old.clone() };
    replace(call, &old, new)
}

/// `deleteMessage`
pub(super) fn delete_message(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let chat = call.chat("chat_id")?;
    let message_id = message_id(call)?;
    let message = call.state.message(call.bot_id, chat.id, message_id);
    let message = message.ok_or_else(|| Refusal::bad_request("message to delete not found"))?;
    if call.now_s() - message.date > DELETABLE_S {
        return Err(Refusal::bad_request("message can't be deleted for everyone"));
    }
    let record = Record::Deleted { bot_id: call.bot_id, message_id };
    Ok(Done { message_id: Some(message_id), ..Done::yes() }.record(record))
}

/// `answerCallbackQuery`
pub(super) fn answer_callback_query(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let callback_id = call.args.text("callback_query_id").to_owned();
    let text = call.args.text("text").to_owned();
    if text.chars().count() > MAX_ANSWER {
        return Err(Refusal::new(400, "Bad Request: MESSAGE_TOO_LONG"));
    }
    let (bot_id, now, alert) = (call.bot_id, call.now, call.args.flag("show_alert"));
    match call.bot().callbacks.get(&callback_id) {
        Some(callback) if now - callback.at_ms <= ANSWERABLE_MS => {
            Ok(Done::yes().record(Record::Answered { bot_id, callback_id, text, alert }))
        }
        _ => Err(Refusal::bad_request(
            "query is too old and response timeout expired or query ID is invalid",
        )),
    }
}

fn inline_keyboard(call: &Call<'_>) -> Result<Option<Value>, Refusal> {
    let given = markup::reply_markup(call.args)?;
    if given.as_ref().is_some_and(|markup| markup.get("inline_keyboard").is_none()) {
        return Err(Refusal::bad_request("inline keyboard expected"));
    }
    Ok(given.as_ref().and_then(markup::shown_with_message))
}

fn message_id(call: &Call<'_>) -> Result<i64, Refusal> {
    let given = call.args.integer("message_id").filter(|id| *id > 0);
    given.ok_or_else(|| Refusal::bad_request("Message identifier is not specified"))
}

/// The bot's own message that the call means.
fn editable(call: &mut Call<'_>) -> Result<Message, Refusal> {
    if !call.args.has("chat_id") && call.args.has("inline_message_id") {
        return Err(Refusal::new(400, "Bad Request: MESSAGE_ID_INVALID"));
    }
    let chat = call.writable_chat()?;
    let message_id = message_id(call)?;
    let message = call.state.message(call.bot_id, chat.id, message_id);
    let message = message.ok_or_else(|| Refusal::bad_request("message to edit not found"))?;
    if message.is_outgoing() {
        Ok(message.clone())
    } else {
        Err(Refusal::bad_request("message can't be edited"))
    }
}

fn replace(call: &Call<'_>, old: &Message, mut new: Message) -> Result<Done, Refusal> {
    if *old == new {
        return Err(Refusal::bad_request(NOT_MODIFIED));
    }
    new.edit_date = Some(call.now_s());
    let done =
        Done { message_id: Some(new.message_id), ..Done::with(views::message(call.state, &new)) };
    Ok(done.record(Record::Edited { message: new }))
}
