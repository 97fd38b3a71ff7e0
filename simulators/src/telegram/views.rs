//! Things as the Bot API shows them to a bot.

use serde_json::{Value, json};

use super::markup;
use super::model::{BotAccount, Message};
use super::state::State;

/// The `User` object of a bot.
pub(crate) fn bot_user(account: &BotAccount) -> Value {
    json!({ "id": account.id, "is_bot": true, "first_name": account.first_name, "username": account.username })
}

/// The `User` object of whoever this id is.
pub(crate) fn user(state: &State, id: i64) -> Value {
    if let Some(bot) = state.bots.get(&id) {
        return bot_user(&bot.account);
    }
    match state.chats.get(&id) {
        Some(chat) => chat.user_json(),
        None => json!({ "id": id, "is_bot": false, "first_name": "Someone" }),
    }
}

/// The `ChatMember` object of someone who stands so. Administrators may do what bots here use.
pub(crate) fn chat_member(who: &Value, status: &str) -> Value {
    let mut member = json!({ "status": status, "user": who });
    match status {
        "kicked" => member["until_date"] = json!(0),
        "administrator" => {
            for right in RIGHTS {
                member[right] = json!(MAY.contains(&right));
            }
        }
        _ => {}
    }
    member
}

const MAY: [&str; 3] = ["can_manage_chat", "can_restrict_members", "can_invite_users"];

/// What every `ChatMemberAdministrator` says of itself.
const RIGHTS: [&str; 13] = [
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
];

/// The `Chat` object of this id.
pub(crate) fn chat(state: &State, id: i64) -> Value {
    state
        .chats
        .get(&id)
        .map_or_else(|| json!({ "id": id, "type": "private" }), super::model::Chat::to_json)
}

/// The `Message` object.
pub(crate) fn message(state: &State, message: &Message) -> Value {
    let mut shown = bare(state, message);
    if let Some(answered) =
        message.reply_to.and_then(|id| state.message(message.bot_id, message.chat_id, id))
    {
        shown["reply_to_message"] = bare(state, answered);
    }
    shown
}

/// The message without the one that it answers.
fn bare(state: &State, message: &Message) -> Value {
    let mut shown = json!({
        "message_id": message.message_id,
        "from": user(state, message.from),
        "chat": chat(state, message.chat_id),
        "date": message.date,
    });
    let mut set = |name: &str, value: Value| shown[name] = value;
    if let Some(date) = message.edit_date {
        set("edit_date", json!(date));
    }
    if let Some(photo) = &message.photo {
        let size = |letter: &str, width: u32| {
            let id = format!("{}{letter}", photo.file_id);
            json!({ "file_id": id, "file_unique_id": &id[10..], "width": width, "height": width * 3 / 4 })
        };
        set("photo", json!([size("s", 90), size("m", 320), size("x", 800)]));
    }
    let (text, entities) = if message.photo.is_some() {
        ("caption", "caption_entities")
    } else {
        ("text", "entities")
    };
    if !message.text.is_empty() {
        set(text, json!(message.text));
    }
    if !message.entities.is_empty() {
        set(entities, json!(message.entities));
    }
    if let Some(origin) = &message.forward_origin {
        set("forward_origin", origin.clone());
    }
    if let Some(album) = &message.media_group_id {
        set("media_group_id", json!(album));
    }
    if let Some(keyboard) = message.reply_markup.as_ref().and_then(markup::shown_with_message) {
        set("reply_markup", keyboard);
    }
    if let Some(options) = &message.link_preview_options {
        set("link_preview_options", options.clone());
    }
    if let Some(Value::Object(fields)) = &message.service {
        for (name, value) in fields {
            set(name, value.clone());
        }
    }
    shown
}
