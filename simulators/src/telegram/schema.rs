//! Checks of types and required fields, driven by a cut of Telegram's own
//! machine-readable description of the Bot API (`api/trim.py` makes it).
//!
//! Architecture invariant: what a parameter may be is written nowhere else in
//! this crate; rules that the description does not carry (lengths, characters,
//! combinations) are with the method they belong to.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::args::Args;
use super::refusal::Refusal;

#[derive(Debug, Deserialize)]
struct Description {
    version: String,
    methods: HashMap<String, Vec<Field>>,
    types: HashMap<String, Object>,
}

#[derive(Debug, Deserialize)]
struct Object {
    fields: Vec<Field>,
    #[serde(default)]
    subtypes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    types: Vec<String>,
    required: bool,
}

static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let text = include_str!("../../api/telegram-bot-api.json");
    serde_json::from_str(text)
        .unwrap_or_else(|error| panic!("the committed description does not parse: {error}"))
});

/// Which version of the Bot API the description is of.
pub fn version() -> &'static str {
    &DESCRIPTION.version
}

/// Checks the types of a call's parameters. Required ones that have a sentence
/// of their own are left to the method.
///
/// Where Telegram reads a number that is none as zero, this refuses: a mistake
/// of the client should be seen.
pub(crate) fn check_parameters(method: &str, args: &Args) -> Result<(), Refusal> {
    let fields = DESCRIPTION.methods.get(method).map(Vec::as_slice).unwrap_or_default();
    for field in fields {
        if !args.has(&field.name) {
            continue;
        }
        let text = args.text(&field.name);
        let is = |wanted: &str| field.types.iter().any(|name| name == wanted);
        let complaint = if is("Integer") && !is("String") && text.trim().parse::<i64>().is_err() {
            Some("an Integer")
        } else if is("Boolean") && !is_boolean(text) {
            Some("a Boolean")
        } else {
            None
        };
        if let Some(wanted) = complaint {
            return Err(Refusal::bad_request(format!(
                "parameter \"{}\" must be {wanted}",
                field.name
            )));
        }
    }
    Ok(())
}

/// Refuses when a required parameter is absent, in the general words.
pub(crate) fn require(method: &str, args: &Args) -> Result<(), Refusal> {
    let fields = DESCRIPTION.methods.get(method).map(Vec::as_slice).unwrap_or_default();
    match fields.iter().find(|field| field.required && !args.has(&field.name)) {
        Some(field) => {
            Err(Refusal::bad_request(format!("Parameter \"{}\" is required", field.name)))
        }
        None => Ok(()),
    }
}

/// Checks `value` against the type `name`, nested types included. The complaint
/// is the tail of one of Telegram's sentences.
pub(crate) fn check_object(name: &str, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else {
        return Err(format!("{name} must be an Object"));
    };
    let Some(description) = DESCRIPTION.types.get(name) else {
        return Ok(());
    };
    for field in &description.fields {
        match object.get(&field.name).filter(|value| !value.is_null()) {
            None if field.required => return Err(format!("Can't find field \"{}\"", field.name)),
            None => {}
            Some(value) => check_field(field, value)?,
        }
    }
    Ok(())
}

/// The fields that the type `name` has.
pub(crate) fn field_names(name: &str) -> impl Iterator<Item = &'static str> {
    let fields =
        DESCRIPTION.types.get(name).map(|object| object.fields.as_slice()).unwrap_or_default();
    fields.iter().map(|field| field.name.as_str())
}

fn check_field(field: &Field, value: &Value) -> Result<(), String> {
    let mut first = None;
    for name in &field.types {
        match check_type(name, value) {
            Ok(()) => return Ok(()),
            Err(complaint) => first = first.or(Some(complaint)),
        }
    }
    match first {
        Some(Complaint::Kind(kind)) => {
            Err(format!("Field \"{}\" must be of type {kind}", field.name))
        }
        Some(Complaint::Inside(sentence)) => Err(sentence),
        None => Ok(()),
    }
}

enum Complaint {
    Kind(String),
    Inside(String),
}

fn check_type(name: &str, value: &Value) -> Result<(), Complaint> {
    let kind = |fits: bool, kind: &str| {
        if fits { Ok(()) } else { Err(Complaint::Kind(kind.to_owned())) }
    };
    if let Some(element) = name.strip_prefix("Array of ") {
        let Some(list) = value.as_array() else {
            return Err(Complaint::Kind("Array".into()));
        };
        return list.iter().try_for_each(|value| check_type(element, value));
    }
    match name {
        // Telegram reads a bare number as the text of it, and digits as a number.
        "String" => kind(value.is_string() || value.is_number(), "String"),
        "Integer" => {
            let digits = value.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
            kind(value.is_i64() || digits, "Number")
        }
        "Float" => kind(value.is_number(), "Number"),
        "Boolean" | "True" => kind(value.is_boolean(), "Boolean"),
        _ => match DESCRIPTION.types.get(name) {
            None => Ok(()),
            Some(description) if !description.subtypes.is_empty() => {
                kind(value.is_object(), "Object")
            }
            Some(_) if !value.is_object() => Err(Complaint::Kind("Object".into())),
            Some(_) => check_object(name, value).map_err(Complaint::Inside),
        },
    }
}

fn is_boolean(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "1" | "0")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_objects_are_checked_down_to_their_fields() {
        let button =
            |value| check_object("InlineKeyboardMarkup", &json!({ "inline_keyboard": [[value]] }));
        assert_eq!(button(json!({ "text": "a", "url": "https://example.org" })), Ok(()));
        assert_eq!(
            button(json!({ "url": "https://example.org" })),
            Err("Can't find field \"text\"".into())
        );
        assert_eq!(
            button(json!({ "text": [] })),
            Err("Field \"text\" must be of type String".into())
        );
        let nested = json!({ "text": "a", "web_app": { "url": {} } });
        assert_eq!(button(nested), Err("Field \"url\" must be of type String".into()));
    }

    #[test]
    fn every_method_that_is_described_carries_its_version() {
        assert!(version().contains("10.1"));
        assert!(DESCRIPTION.methods.contains_key("sendMessage"));
    }
}
