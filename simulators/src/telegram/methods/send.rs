//! `sendMessage`, `copyMessage` and `forwardMessage`, and what all sending has in common.

use serde_json::Value;

use super::{Call, Done};
use crate::telegram::format::{self, Formatted};
use crate::telegram::markup;
use crate::telegram::model::{Chat, Message};
use crate::telegram::refusal::Refusal;
use crate::telegram::{schema, views};

/// In characters, after the markup is gone.
pub(super) const MAX_TEXT: usize = 4_096;
pub(super) const MAX_CAPTION: usize = 1_024;

/// `sendMessage`
pub(super) fn send_message(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let text = message_text(call)?;
    let reply_markup = markup::reply_markup(call.args)?;
    let link_preview_options = link_preview(call)?;
    let chat = call.writable_chat()?;
    let mut message = draft(call, &chat)?;
    message.set_text(text);
    message.reply_markup = reply_markup;
    message.link_preview_options = link_preview_options;
    deliver(call, &chat, vec![message])
}

/// `copyMessage`
pub(super) fn copy_message(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let reply_markup = markup::reply_markup(call.args)?;
    let source = source(call, "copy", "copied")?;
    let chat = call.writable_chat()?;
    let mut message = draft(call, &chat)?;
    message.show(source);
    if message.photo.is_some() && call.args.has("caption") {
        message.set_text(caption(call.args.text("caption"), call.args.text("parse_mode"), None)?);
    }
    message.reply_markup = reply_markup;
    let mut done = deliver(call, &chat, vec![message])?;
    done.result = serde_json::json!({ "message_id": done.result["message_id"] });
    Ok(done)
}

/// `forwardMessage`
pub(super) fn forward_message(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let source = source(call, "forward", "forwarded")?;
    let chat = call.writable_chat()?;
    let mut message = draft(call, &chat)?;
    // Whoever hides their account would be a name alone: nobody here does.
    let origin = serde_json::json!({
        "type": "user", "date": source.date, "sender_user": views::user(call.state, source.from),
    });
    message.show(source);
    message.forward_origin = Some(origin);
    deliver(call, &chat, vec![message])
}

/// The message of another chat that a call names.
fn source(call: &Call<'_>, verb: &str, done: &str) -> Result<Message, Refusal> {
    let chat = call.chat("from_chat_id")?;
    let message_id = call.args.integer("message_id").unwrap_or_default();
    let source = call.state.message(call.bot_id, chat.id, message_id).cloned();
    let source =
        source.ok_or_else(|| Refusal::bad_request(format!("message to {verb} not found")))?;
    if source.is_service() {
        return Err(Refusal::bad_request(format!("message can't be {done}")));
    }
    Ok(source)
}

/// The parameter `text`, parsed and within its bounds.
pub(super) fn message_text(call: &Call<'_>) -> Result<Formatted, Refusal> {
    let text = call.args.text("text");
    if text.is_empty() {
        return Err(Refusal::bad_request("Message text is empty"));
    }
    let entities = call.args.json("entities").and_then(Result::ok);
    let formatted = format::read(text, call.args.text("parse_mode"), entities.as_ref())?;
    if formatted.text.is_empty() {
        return Err(Refusal::bad_request("Text must be non-empty"));
    }
    if formatted.text.chars().count() > MAX_TEXT {
        return Err(Refusal::bad_request("message is too long"));
    }
    Ok(formatted)
}

/// A caption, parsed and within its bounds.
pub(super) fn caption(
    text: &str,
    parse_mode: &str,
    entities: Option<&Value>,
) -> Result<Formatted, Refusal> {
    let formatted = format::read(text, parse_mode, entities)?;
    if formatted.text.chars().count() > MAX_CAPTION {
        return Err(Refusal::bad_request("message caption is too long"));
    }
    Ok(formatted)
}

/// The parameter `link_preview_options`, or its older form.
pub(super) fn link_preview(call: &Call<'_>) -> Result<Option<Value>, Refusal> {
    let Some(options) = call.args.json("link_preview_options") else {
        let disabled = call.args.flag("disable_web_page_preview");
        return Ok(disabled.then(|| serde_json::json!({ "is_disabled": true })));
    };
    let options = options
        .map_err(|_| Refusal::bad_request("Can't parse link preview options JSON object"))?;
    if !options.is_object() {
        return Err(Refusal::bad_request("Object expected as link preview options"));
    }
    schema::check_object("LinkPreviewOptions", &options).map_err(Refusal::bad_request)?;
    Ok(Some(options))
}

/// An empty message of the bot's, answering whatever the call says it answers.
pub(super) fn draft(call: &mut Call<'_>, chat: &Chat) -> Result<Message, Refusal> {
    let reply_to = reply_to(call, chat)?;
    let message_id = call.bot().next_message_id;
    Ok(Message {
        message_id,
        bot_id: call.bot_id,
        chat_id: chat.id,
        from: call.bot_id,
        date: call.now_s(),
        edit_date: None,
        text: String::new(),
        entities: Vec::new(),
        photo: None,
        media_group_id: None,
        reply_markup: None,
        link_preview_options: None,
        reply_to,
        forward_origin: None,
        service: None,
    })
}

fn reply_to(call: &Call<'_>, chat: &Chat) -> Result<Option<i64>, Refusal> {
    let (message_id, is_optional) = match call.args.json("reply_parameters") {
        Some(Err(_)) => {
            return Err(Refusal::bad_request("Can't parse reply parameters JSON object"));
        }
        Some(Ok(parameters)) => {
            if !parameters.is_object() {
                return Err(Refusal::bad_request("Object expected as reply parameters"));
            }
            schema::check_object("ReplyParameters", &parameters).map_err(Refusal::bad_request)?;
            let is_optional =
                parameters["allow_sending_without_reply"].as_bool().unwrap_or_default();
            (parameters["message_id"].as_i64(), is_optional)
        }
        None => (
            call.args.integer("reply_to_message_id"),
            call.args.flag("allow_sending_without_reply"),
        ),
    };
    let Some(message_id) = message_id else {
        return Ok(None);
    };
    if call.state.message(call.bot_id, chat.id, message_id).is_some() {
        return Ok(Some(message_id));
    }
    if is_optional {
        Ok(None)
    } else {
        Err(Refusal::bad_request("message to be replied not found"))
    }
}

/// Hands messages over: rates, the person, and then they are sent.
pub(super) fn deliver(
    call: &mut Call<'_>,
    chat: &Chat,
    messages: Vec<Message>,
) -> Result<Done, Refusal> {
    call.admit(chat)?;
    let mut shown: Vec<Value> =
        messages.iter().map(|message| views::message(call.state, message)).collect();
    let result =
        if call.method == "sendMediaGroup" { Value::Array(shown) } else { shown.swap_remove(0) };
    Ok(Done { messages, ..Done::with(result) })
}
