//! Text as Telegram stores it: plain, with entities that point into it.

mod detect;
mod html;
mod links;
mod markdown;
mod text_builder;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::Refusal;
use super::schema;

pub(crate) use detect::detect;
pub(crate) use links::check_button_url;

/// What an entity says about its stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// `@username`
    Mention,
    /// `#hashtag`
    Hashtag,
    /// `$USD`
    Cashtag,
    /// `/start`
    BotCommand,
    /// `https://telegram.org`
    Url,
    /// `someone@example.org`
    Email,
    /// `+1-212-555-0123`
    PhoneNumber,
    /// Bold text.
    Bold,
    /// Italic text.
    Italic,
    /// Underlined text.
    Underline,
    /// Struck-through text.
    Strikethrough,
    /// Hidden until tapped.
    Spoiler,
    /// Quoted block.
    Blockquote,
    /// Quoted block that starts collapsed.
    ExpandableBlockquote,
    /// Monospaced run.
    Code,
    /// Monospaced block.
    Pre,
    /// Text that links.
    TextLink,
    /// A person without a username.
    TextMention,
    /// Inline custom emoji.
    CustomEmoji,
    /// A moment shown in the reader's own time zone.
    DateTime,
}

/// One stretch of text with a meaning. Offsets count UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it says.
    #[serde(rename = "type")]
    pub kind: EntityKind,
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// Where a [`EntityKind::TextLink`] leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The language of a [`EntityKind::Pre`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Which emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_emoji_id: Option<String>,
    /// Whom a [`EntityKind::TextMention`] means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Value>,
    /// The moment of a [`EntityKind::DateTime`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unix_time: Option<i64>,
}

impl Entity {
    pub(crate) fn new(kind: EntityKind, offset: usize, length: usize) -> Self {
        Self {
            kind,
            offset,
            length,
            url: None,
            language: None,
            custom_emoji_id: None,
            user: None,
            unix_time: None,
        }
    }
}

/// Plain text and its entities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Formatted {
    /// The words.
    pub(crate) text: String,
    /// What is to be made of them, ordered by where they begin.
    pub(crate) entities: Vec<Entity>,
}

/// Bytes of unparsed text that the server takes at most.
const MAX_RAW_BYTES: usize = 1 << 15;

/// Reads `text` as `parse_mode` says, or with `entities` given apart.
pub(crate) fn read(
    text: &str,
    parse_mode: &str,
    entities: Option<&Value>,
) -> Result<Formatted, Refusal> {
    if text.len() > MAX_RAW_BYTES {
        return Err(Refusal::bad_request("Text is too long"));
    }
    let parsed = match parse_mode.to_ascii_lowercase().as_str() {
        "" | "none" => Ok(Formatted { text: text.to_owned(), entities: given(text, entities)? }),
        "html" => html::parse(text),
        "markdownv2" => markdown::parse(text),
        "markdown" => {
            Err("the simulator does not speak legacy Markdown, only HTML and MarkdownV2".to_owned())
        }
        _ => return Err(Refusal::bad_request("Unsupported parse_mode")),
    };
    let parsed =
        parsed.map_err(|reason| Refusal::bad_request(format!("Can't parse entities: {reason}")))?;
    Ok(detect(trim(parsed)))
}

fn given(text: &str, entities: Option<&Value>) -> Result<Vec<Entity>, Refusal> {
    let Some(Value::Array(list)) = entities else {
        return Ok(Vec::new());
    };
    let whole = utf16_len(text);
    let mut found = Vec::with_capacity(list.len());
    for value in list {
        let entity: Entity = schema::check_object("MessageEntity", value)
            .and_then(|()| {
                serde_json::from_value(value.clone())
                    .map_err(|_| "wrong entity specified".to_owned())
            })
            .map_err(|reason| {
                Refusal::bad_request(format!("Can't parse MessageEntity: {reason}"))
            })?;
        if entity.offset >= whole {
            let reason = format!(
                "Entity begins after the end of the text at UTF-16 offset {}",
                entity.offset
            );
            return Err(Refusal::bad_request(reason));
        }
        if entity.offset + entity.length > whole {
            let reason = format!(
                "Entity beginning at UTF-16 offset {} ends after the end of the text at UTF-16 offset {}",
                entity.offset,
                entity.offset + entity.length
            );
            return Err(Refusal::bad_request(reason));
        }
        found.push(entity);
    }
    Ok(found)
}

/// White space at either end is not kept, and entities move along with it.
fn trim(formatted: Formatted) -> Formatted {
    let Formatted { text, mut entities } = formatted;
    let from_start = text.trim_start();
    let cut = utf16_len(&text) - utf16_len(from_start);
    let trimmed = from_start.trim_end();
    let whole = utf16_len(trimmed);
    for entity in &mut entities {
        let end = (entity.offset + entity.length).saturating_sub(cut).min(whole);
        entity.offset = entity.offset.saturating_sub(cut).min(whole);
        entity.length = end - entity.offset;
    }
    entities.retain(|entity| entity.length > 0);
    Formatted { text: trimmed.to_owned(), entities }
}

/// How long Telegram's offsets say that `text` is.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Outer entities first, as clients expect them.
fn sort(entities: &mut [Entity]) {
    entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
}
