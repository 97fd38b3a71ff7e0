//! What Telegram tells of: messages, button presses, membership.
//!
//! Reading is lenient: whatever Telegram adds or leaves out, an update with
//! an `update_id` is read, as [`Kind::Other`] if need be, so that it can be
//! answered with 200 and counted. Bot API 10.1.

use std::fmt;

use domain::markup::{Entity, EntityKind, with_entities};
use domain::payment::Standing;
use serde_json::{Map, Value};
use thiserror::Error;

/// The longest name of an update's kind that is kept, in characters.
const MAX_KIND_CHARS: usize = 64;

/// Why a body is no update.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// Not JSON; says where.
    #[error("not JSON: line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// There is no `update_id` to know a repetition by.
    #[error("an update must have an integer update_id")]
    NoUpdateId,
}

/// One update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingUpdate {
    /// Telegram's number of it; a repeated one is the same update again.
    pub update_id: i64,
    /// What happened.
    pub kind: Kind,
}

/// What an update tells.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// Someone wrote.
    Message {
        /// The chat.
        chat_id: i64,
        /// What kind of chat.
        chat_kind: ChatKind,
        /// Who wrote; channels do not say.
        from: Option<Sender>,
        /// The text; `None` for pictures, stickers and the like.
        text: Option<String>,
        /// The same with its formatting as Telegram's tags, where it has any.
        formatted: Option<String>,
        /// The largest size of a photo, by its `file_id`.
        photo: Option<String>,
        /// What stands below the photo, with its formatting as Telegram's tags where it has any.
        caption: Option<String>,
        /// Which message it is.
        written: Written,
    },
    /// Someone pressed a button.
    CallbackQuery {
        /// What to answer to.
        id: String,
        /// The chat of the message with the button.
        chat_id: i64,
        /// What kind of chat.
        chat_kind: ChatKind,
        /// The message with the button.
        message_id: i64,
        /// What the button carries.
        data: String,
        /// Who pressed it.
        from_id: i64,
    },
    /// The bot's own standing in a chat changed: in a private chat, the
    /// person blocked the bot (`kicked`) or took it back (`member`).
    MyChatMember {
        /// The chat.
        chat_id: i64,
        /// What kind of chat.
        chat_kind: ChatKind,
        /// `member`, `kicked`, `left`, `administrator`, …
        new_status: String,
        /// The same, before.
        old_status: String,
    },
    /// A person's standing in a group changed: they came in, left, were removed. Telegram tells administrators
    /// of the group only, and those that ask for it.
    ChatMember {
        /// The group.
        chat_id: i64,
        /// Whose standing.
        person: i64,
        /// Who has changed it.
        by: Sender,
        /// Where they stood before.
        before: Standing,
        /// Where they stand.
        after: Standing,
        /// When, in seconds since 1970.
        date: i64,
        /// The link that they came by, if they did.
        link: Option<UsedLink>,
    },
    /// A group became a supergroup and has another id.
    Migrated {
        /// The id that is no longer valid.
        from: i64,
        /// The id that is valid now.
        to: i64,
    },
    /// Anything else: the name of its field in the update, at most 64
    /// characters, empty when there is none.
    Other(String),
}

impl Kind {
    /// Its name in logs.
    pub fn name(&self) -> &str {
        match self {
            Self::Message { .. } => "message",
            Self::CallbackQuery { .. } => "callback_query",
            Self::MyChatMember { .. } => "my_chat_member",
            Self::ChatMember { .. } => "chat_member",
            Self::Migrated { .. } => "migrated",
            Self::Other(name) => name,
        }
    }
}

// What people write may be a token or personal: a log gets ids only.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { chat_id, .. } => write!(f, "Message(chat {chat_id})"),
            Self::CallbackQuery { chat_id, .. } => write!(f, "CallbackQuery(chat {chat_id})"),
            Self::MyChatMember { chat_id, new_status, .. } => {
                write!(f, "MyChatMember(chat {chat_id}, {new_status})")
            }
            Self::ChatMember { chat_id, person, after, .. } => {
                write!(f, "ChatMember(chat {chat_id}, person {person}, {after:?})")
            }
            Self::Migrated { from, to } => write!(f, "Migrated({from} to {to})"),
            Self::Other(name) => write!(f, "Other({name})"),
        }
    }
}

/// A message among those of its chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Its number.
    pub message_id: i64,
    /// The message that it answers.
    pub replies_to: Option<i64>,
    /// What it is when it is no text, as Telegram calls that; `None` for texts, and for what Telegram itself says
    /// of a chat.
    pub what: Option<&'static str>,
}

/// What a message may be that people send.
const MEDIA: [&str; 13] = [
    "photo",
    "sticker",
    "voice",
    "video",
    "video_note",
    "audio",
    // An animation is also a document.
    "animation",
    "document",
    // A venue is also a location.
    "venue",
    "location",
    "contact",
    "poll",
    "dice",
];

/// A kind of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatKind {
    /// One person and the bot.
    Private,
    /// A small group.
    Group,
    /// A large group.
    Supergroup,
    /// A channel.
    Channel,
}

impl ChatKind {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "private" => Some(Self::Private),
            "group" => Some(Self::Group),
            "supergroup" => Some(Self::Supergroup),
            "channel" => Some(Self::Channel),
            _ => None,
        }
    }
}

/// A link by which a person came into a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedLink {
    /// The link: whole for the bot that made it, and cut for others.
    pub link: String,
    /// What whoever made it calls it.
    pub name: String,
}

/// A person who wrote. `Debug` shows the id alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Sender {
    /// Telegram's id of the person.
    pub id: i64,
    /// The language of their app, such as `ru` (IETF tag).
    pub language_code: Option<String>,
    /// Their first name.
    pub first_name: Option<String>,
    /// Their user name without `@`.
    pub username: Option<String>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({})", self.id)
    }
}

impl IncomingUpdate {
    /// Reads the body of a webhook call.
    pub fn parse(body: &[u8]) -> Result<Self, UpdateError> {
        let update: Value = serde_json::from_slice(body)
            .map_err(|error| UpdateError::NotJson { line: error.line(), column: error.column() })?;
        Self::from_value(&update)
    }

    /// Reads one update of `getUpdates`.
    pub fn from_value(update: &Value) -> Result<Self, UpdateError> {
        let fields = update.as_object().ok_or(UpdateError::NoUpdateId)?;
        let update_id =
            fields.get("update_id").and_then(Value::as_i64).ok_or(UpdateError::NoUpdateId)?;
        let kind = known(fields).unwrap_or_else(|| Kind::Other(other(fields)));
        Ok(Self { update_id, kind })
    }
}

/// The kind of an update that the system acts on, if all it needs is there.
fn known(fields: &Map<String, Value>) -> Option<Kind> {
    if let Some(message) = fields.get("message") {
        return message_kind(message);
    }
    if let Some(query) = fields.get("callback_query") {
        return callback_kind(query);
    }
    if let Some(member) = fields.get("chat_member") {
        return person_kind(member);
    }
    fields.get("my_chat_member").and_then(member_kind)
}

/// The name of the first field beside the id.
fn other(fields: &Map<String, Value>) -> String {
    fields
        .keys()
        .find(|name| *name != "update_id")
        .map(|name| domain::text::first_chars(name, MAX_KIND_CHARS).to_owned())
        .unwrap_or_default()
}

fn message_kind(message: &Value) -> Option<Kind> {
    let (chat_id, chat_kind) = chat(message)?;
    if let Some(to) = message["migrate_to_chat_id"].as_i64() {
        return Some(Kind::Migrated { from: chat_id, to });
    }
    // The supergroup tells of the same move, and may do so first.
    if let Some(from) = message["migrate_from_chat_id"].as_i64() {
        return Some(Kind::Migrated { from, to: chat_id });
    }
    let photo = photo(message);
    Some(Kind::Message {
        chat_id,
        chat_kind,
        from: sender(&message["from"]),
        text: string(&message["text"]),
        formatted: formatted(message, "text", "entities"),
        caption: photo.as_ref().and_then(|_| caption(message)),
        photo,
        written: Written {
            message_id: message["message_id"].as_i64().unwrap_or_default(),
            replies_to: message["reply_to_message"]["message_id"].as_i64(),
            what: MEDIA.into_iter().find(|kind| !message[kind].is_null()),
        },
    })
}

/// A text with its formatting; `None` where it has none.
fn formatted(message: &Value, text: &str, entities: &str) -> Option<String> {
    let entities: Vec<Entity> = message[entities].as_array()?.iter().filter_map(entity).collect();
    let text = message[text].as_str().filter(|_| !entities.is_empty())?;
    Some(with_entities(text, &entities))
}

/// What stands below a photo.
fn caption(message: &Value) -> Option<String> {
    let caption = formatted(message, "caption", "caption_entities");
    caption.or_else(|| string(&message["caption"])).filter(|it| !it.trim().is_empty())
}

/// A formatting of a text. What Telegram finds by itself needs none.
fn entity(entity: &Value) -> Option<Entity> {
    let kind = match entity["type"].as_str()? {
        "bold" => EntityKind::Bold,
        "italic" => EntityKind::Italic,
        "underline" => EntityKind::Underline,
        "strikethrough" => EntityKind::Strikethrough,
        "spoiler" => EntityKind::Spoiler,
        "code" => EntityKind::Code,
        "pre" => EntityKind::Pre { language: string(&entity["language"]) },
        "text_link" => EntityKind::TextLink { url: string(&entity["url"])? },
        "blockquote" => EntityKind::Blockquote,
        "expandable_blockquote" => EntityKind::ExpandableBlockquote,
        _ => return None,
    };
    let number = |name: &str| entity[name].as_u64().and_then(|it| usize::try_from(it).ok());
    Some(Entity { kind, offset: number("offset")?, length: number("length")? })
}

/// Telegram tells of each size of a photo, the largest last.
fn photo(message: &Value) -> Option<String> {
    let largest = message["photo"].as_array()?.last()?;
    string(&largest["file_id"])
}

fn callback_kind(query: &Value) -> Option<Kind> {
    let message = &query["message"];
    let (chat_id, chat_kind) = chat(message)?;
    Some(Kind::CallbackQuery {
        id: string(&query["id"])?,
        chat_id,
        chat_kind,
        message_id: message["message_id"].as_i64()?,
        data: string(&query["data"])?,
        from_id: query["from"]["id"].as_i64()?,
    })
}

fn member_kind(member: &Value) -> Option<Kind> {
    let (chat_id, chat_kind) = chat(member)?;
    Some(Kind::MyChatMember {
        chat_id,
        chat_kind,
        new_status: string(&member["new_chat_member"]["status"])?,
        old_status: string(&member["old_chat_member"]["status"]).unwrap_or_default(),
    })
}

fn person_kind(member: &Value) -> Option<Kind> {
    let (chat_id, _) = chat(member)?;
    let (before, after) = (&member["old_chat_member"], &member["new_chat_member"]);
    Some(Kind::ChatMember {
        chat_id,
        person: after["user"]["id"].as_i64()?,
        by: sender(&member["from"])?,
        before: standing(before)?,
        after: standing(after)?,
        date: member["date"].as_i64()?,
        link: used_link(&member["invite_link"]),
    })
}

fn used_link(link: &Value) -> Option<UsedLink> {
    Some(UsedLink { link: string(&link["invite_link"])?, name: string(&link["name"])? })
}

fn standing(member: &Value) -> Option<Standing> {
    match member["status"].as_str()? {
        "creator" | "administrator" | "member" => Some(Standing::In),
        "restricted" if member["is_member"].as_bool()? => Some(Standing::In),
        "restricted" | "left" => Some(Standing::Out),
        "kicked" => Some(Standing::Banned),
        _ => None,
    }
}

fn chat(holder: &Value) -> Option<(i64, ChatKind)> {
    let chat = &holder["chat"];
    let kind = chat["type"].as_str().and_then(ChatKind::parse)?;
    Some((chat["id"].as_i64()?, kind))
}

fn sender(from: &Value) -> Option<Sender> {
    Some(Sender {
        id: from["id"].as_i64()?,
        language_code: string(&from["language_code"]),
        first_name: string(&from["first_name"]),
        username: string(&from["username"]),
    })
}

fn string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
