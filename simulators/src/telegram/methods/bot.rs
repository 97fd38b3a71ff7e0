//! What a bot asks and says about itself and its chats.

use serde_json::{Value, json};

use super::{Call, Done};
use crate::telegram::journal::Record;
use crate::telegram::refusal::Refusal;
use crate::telegram::{schema, views};

const MAX_COMMANDS: usize = 100;
const ACTIONS: [&str; 12] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
    "cancel",
];

/// `getMe`
pub(super) fn get_me(call: &mut Call<'_>) -> Done {
    let mut me = views::bot_user(&call.bot().account);
    let extra = [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ];
    for (name, value) in extra {
        me[name] = json!(value);
    }
    Done::with(me)
}

/// `getChat`
pub(super) fn get_chat(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let chat = call.chat("chat_id")?;
    let mut full = chat.to_json();
    full["accent_color_id"] = json!(0);
    full["max_reaction_count"] = json!(11);
    full["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
        "premium_subscription": false, "gifts_from_channels": false,
    });
    Ok(Done::with(full))
}

/// `sendChatAction`
pub(super) fn send_chat_action(call: &mut Call<'_>) -> Result<Done, Refusal> {
    if !ACTIONS.contains(&call.args.text("action").to_ascii_lowercase().as_str()) {
        return Err(Refusal::bad_request("Wrong parameter action in request"));
    }
    call.writable_chat()?;
    Ok(Done::yes())
}

/// `setMyCommands`
pub(super) fn set_my_commands(call: &mut Call<'_>) -> Result<Done, Refusal> {
    call.require()?;
    let commands = call.args.json("commands").and_then(Result::ok);
    let commands =
        commands.ok_or_else(|| Refusal::bad_request("Can't parse commands JSON object"))?;
    let list = commands
        .as_array()
        .ok_or_else(|| Refusal::bad_request("Expected an Array of BotCommand"))?;
    if list.len() > MAX_COMMANDS {
        return Err(Refusal::new(400, "Bad Request: BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        schema::check_object("BotCommand", command)
            .map_err(|reason| Refusal::bad_request(format!("Can't parse BotCommand: {reason}")))?;
        let text = |name: &str| command[name].as_str().unwrap_or_default();
        let name = text("command").trim_start_matches('/');
        let is_word =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_word || !(1..=32).contains(&name.len()) {
            return Err(Refusal::new(400, "Bad Request: BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&text("description").chars().count()) {
            return Err(Refusal::new(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let scope = scope(call)?;
    let bot_id = call.bot_id;
    Ok(Done::yes().record(Record::Commands { bot_id, scope, commands }))
}

/// `getMyCommands`
pub(super) fn get_my_commands(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let scope = scope(call)?;
    let commands = call.bot().commands.get(&scope).cloned().unwrap_or_else(|| json!([]));
    Ok(Done::with(commands))
}

/// The scope and language as one key.
fn scope(call: &Call<'_>) -> Result<String, Refusal> {
    let language = call.args.text("language_code");
    let Some(scope) = call.args.json("scope") else {
        return Ok(format!("default/{language}"));
    };
    let scope =
        scope.map_err(|_| Refusal::bad_request("Can't parse BotCommandScope JSON object"))?;
    let complain =
        |reason: String| Refusal::bad_request(format!("Can't parse BotCommandScope: {reason}"));
    let kind = scope["type"].as_str().unwrap_or_default();
    let name: String = kind.split('_').map(capitalized).collect();
    let name = format!("BotCommandScope{name}");
    if schema::field_names(&name).next().is_none() {
        return Err(complain("Unsupported type specified".into()));
    }
    schema::check_object(&name, &scope).map_err(complain)?;
    let part = |name: &str| match &scope[name] {
        Value::Null => String::new(),
        value => format!(" {value}"),
    };
    Ok(format!("{kind}{}{}/{language}", part("chat_id"), part("user_id")))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}
