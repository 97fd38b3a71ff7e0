//! What the simulator knows: bots, chats, messages, and the record of calls.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::format::{Entity, Formatted};

/// A bot that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotAccount {
    /// What its calls carry, `123456:ABC…`.
    pub token: String,
    /// Without the `@`.
    pub username: String,
    /// What people see.
    pub first_name: String,
    /// Its user id.
    pub id: i64,
}

impl BotAccount {
    /// The account that a token stands for: the id is what precedes the colon.
    pub fn from_token(token: &str, username: Option<&str>) -> Option<Self> {
        let (id, secret) = token.split_once(':')?;
        let id: i64 = id.parse().ok().filter(|id| *id > 0)?;
        if secret.is_empty() {
            return None;
        }
        let username = username
            .map_or_else(|| format!("sim{id}_bot"), |name| name.trim_start_matches('@').to_owned());
        Some(Self { token: token.to_owned(), first_name: username.clone(), username, id })
    }
}

/// What kind of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// One person.
    Private,
    /// A small group.
    Group,
    /// What a group becomes when it is upgraded.
    Supergroup,
}

/// A person or a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Positive for people, negative for groups.
    pub id: i64,
    /// What it is.
    pub kind: ChatKind,
    /// A person's first name or a group's title.
    pub name: Box<str>,
    /// Without the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Box<str>>,
    /// The language of a person's app, such as `ru`; English where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
    /// The account was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deactivated: bool,
    /// The supergroup that this group became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migrated_to: Option<i64>,
}

impl Chat {
    /// As the `Chat` object of the API.
    pub fn to_json(&self) -> Value {
        let mut chat = json!({ "id": self.id, "type": self.kind });
        let name = if self.kind == ChatKind::Private { "first_name" } else { "title" };
        chat[name] = json!(self.name);
        if let Some(username) = &self.username {
            chat["username"] = json!(username);
        }
        chat
    }

    /// As the `User` object of the API, for people.
    pub fn user_json(&self) -> Value {
        let language = self.language.as_deref().unwrap_or("en");
        let mut user = json!({ "id": self.id, "is_bot": false, "first_name": self.name, "language_code": language });
        if let Some(username) = &self.username {
            user["username"] = json!(username);
        }
        user
    }
}

/// How a bot stands with a chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Neither has written to the other.
    #[default]
    Stranger,
    /// The person started the bot, or the bot is in the group.
    Member,
    /// The person blocked the bot.
    Blocked,
    /// The bot was thrown out of the group.
    Kicked,
    /// The bot went out of the group.
    Left,
}

/// A picture in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// What it can be sent again by.
    pub file_id: String,
    /// Where it came from, if from an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One message in one chat, as one bot sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Counts up per bot.
    pub message_id: i64,
    /// The bot's user id.
    pub bot_id: i64,
    /// Where.
    pub chat_id: i64,
    /// Who wrote it: the bot or a person.
    pub from: i64,
    /// When, in seconds.
    pub date: i64,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit_date: Option<i64>,
    /// Text, or the caption of the photo.
    pub text: String,
    /// Of the text or caption.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// The picture, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<Photo>,
    /// Same for all messages of an album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_group_id: Option<String>,
    /// The keyboard that the bot attached, of whatever kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Value>,
    /// How links are to be previewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_preview_options: Option<Value>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<i64>,
    /// Who wrote it first, when it was forwarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_origin: Option<Value>,
    /// `migrate_to_chat_id` and other fields of service messages; a sticker, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Value>,
}

impl Message {
    pub(crate) fn set_text(&mut self, formatted: Formatted) {
        self.text = formatted.text;
        self.entities = formatted.entities;
    }

    /// Shows what another message shows.
    pub(crate) fn show(&mut self, other: Self) {
        (self.text, self.entities, self.photo) = (other.text, other.entities, other.photo);
        self.service = other.service;
    }

    /// Whether Telegram itself says something: that cannot be shown elsewhere.
    pub(crate) fn is_service(&self) -> bool {
        self.service.as_ref().is_some_and(|fields| fields.get("sticker").is_none())
    }

    /// Whether the bot wrote it.
    pub fn is_outgoing(&self) -> bool {
        self.from == self.bot_id
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Taken and done.
    Sent,
    /// Not done.
    Refused,
}

/// One line of the log: a call that changed something or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up from 1.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// The bot's username.
    pub bot: String,
    /// The bot's user id.
    pub bot_id: i64,
    /// The chat that the call named, if it named one by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<i64>,
    /// As the API spells it.
    pub method: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The message made or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<i64>,
    /// Text or caption as the bot sent it, markup included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The mode that it was to be read in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parse_mode: Option<String>,
    /// How many messages of the very same text this chat had already, among
    /// those that are still kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// How many files came along with the call.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uploads: u32,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u16>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fault that was injected, if any. A call that was taken and then
    /// lost is `sent` with a fault: the message is in the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}
