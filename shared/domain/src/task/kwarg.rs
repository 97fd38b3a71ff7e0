//! Arguments of tasks: one declaration from which both the JSON Schema and the check are made.

use serde_json::{Map, Value, json};

use crate::alert::MAX_WORDS;
use crate::field_error::FieldError;
use crate::link::Category;
use crate::slug::MAX_SLUG;
use crate::text;

/// The longest text, in characters and in UTF-16 units (FACTS: Telegram, Limits).
pub const MAX_TEXT: usize = 4_096;
/// Telegram's ids have at most 52 significant bits.
const MAX_CHAT: i64 = 1 << 52;

/// A report is about at most so many days.
const MAX_DAYS: u32 = 31;

/// An argument of a task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kwarg {
    /// Its name.
    pub(super) name: &'static str,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What it may be.
    pub(super) rule: Rule,
    /// What it means.
    pub(super) description: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// A text that fits one message.
    Text,
    /// A text that fits one alert.
    Words,
    /// What an alert is about.
    Category,
    /// How many days a report is about.
    Days,
    /// The slug or the id of a bot.
    Bot,
    /// The slug of a broadcast.
    Broadcast,
    /// A chat's number, also written as a text.
    Chat,
}

impl Rule {
    fn schema(self) -> Value {
        match self {
            Self::Text => text_schema(MAX_TEXT),
            Self::Words => text_schema(MAX_WORDS),
            Self::Category => {
                json!({ "type": "string", "enum": Category::ALL.map(Category::as_str) })
            }
            Self::Days => json!({ "type": "integer", "minimum": 1, "maximum": MAX_DAYS }),
            Self::Bot | Self::Broadcast => {
                json!({ "type": "string", "pattern": format!("^[a-z0-9_-]{{1,{MAX_SLUG}}}$") })
            }
            Self::Chat => json!({ "anyOf": [
                { "type": "integer", "minimum": -MAX_CHAT, "maximum": MAX_CHAT, "not": { "const": 0 } },
                { "type": "string", "pattern": "^-?[1-9][0-9]{0,14}$" },
            ] }),
        }
    }

    /// What is wrong with a value, if anything is.
    fn fault(self, value: &Value) -> Option<&'static str> {
        match self {
            Self::Text => {
                text_fault(value.as_str(), MAX_TEXT, "must be at most 4096 characters long")
            }
            Self::Words => {
                text_fault(value.as_str(), MAX_WORDS, "must be at most 3900 characters long")
            }
            Self::Category => {
                let known = value.as_str().and_then(Category::parse).is_some();
                (!known).then_some("must be alerts, reports or device_events")
            }
            Self::Days => days(value).is_none().then_some("must be a whole number from 1 to 31"),
            Self::Bot => (!is_name(value)).then_some("must be the slug or the id of a bot"),
            Self::Broadcast => (!is_name(value)).then_some("must be the slug of a broadcast"),
            Self::Chat => chat(value).is_none().then_some("must be the number of a chat, not zero"),
        }
    }
}

/// Whether a value has the form of a slug; ids of bots have it too.
fn is_name(value: &Value) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    value.as_str().is_some_and(|it| (1..=MAX_SLUG).contains(&it.len()) && it.bytes().all(allowed))
}

fn text_schema(most: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": "\\S" })
}

fn text_fault(value: Option<&str>, most: usize, long: &'static str) -> Option<&'static str> {
    let Some(value) = value else { return Some("must be a text") };
    if !text::is_visible(value) {
        return Some("must not be empty");
    }
    (value.chars().map(char::len_utf16).sum::<usize>() > most).then_some(long)
}

/// The days that a value counts. JSON has one kind of number: 1.0 is whole.
pub(super) fn days(value: &Value) -> Option<u32> {
    let whole = value.as_f64().filter(|it| (1.0..=f64::from(MAX_DAYS)).contains(it))?;
    (1..=MAX_DAYS).find(|days| f64::from(*days).total_cmp(&whole).is_eq())
}

/// The chat that a value names.
pub(super) fn chat(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = (1..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| plain)
        }
        _ => None,
    };
    number.filter(|id| *id != 0 && (-MAX_CHAT..=MAX_CHAT).contains(id))
}

/// The JSON Schema (2020-12) of these arguments.
pub(super) fn schema(kwargs: &[Kwarg]) -> Value {
    let properties: Map<String, Value> = kwargs
        .iter()
        .map(|kwarg| {
            let mut schema = kwarg.rule.schema();
            schema["description"] = kwarg.description.into();
            (kwarg.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = kwargs.iter().filter(|it| it.required).map(|it| it.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Everything that is wrong with these values, each under `kwargs.<name>`.
pub(super) fn faults(kwargs: &[Kwarg], given: &Map<String, Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut fault = |name: &str, message: &str| {
        errors.push(FieldError::new(format!("kwargs.{name}"), message));
    };
    for kwarg in kwargs {
        match given.get(kwarg.name) {
            None if kwarg.required => fault(kwarg.name, "is required"),
            None => {}
            Some(value) => {
                if let Some(message) = kwarg.rule.fault(value) {
                    fault(kwarg.name, message);
                }
            }
        }
    }
    for name in given.keys().filter(|name| !kwargs.iter().any(|it| it.name == *name)) {
        fault(name, "is not known");
    }
    errors
}
