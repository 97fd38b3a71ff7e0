//! What an offer says: title, price, picture, description, attributes.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::price::read_price;
use crate::field_error::FieldError;
use crate::text;
use crate::url::MAX_URL_CHARS;

const MAX_TITLE_CHARS: usize = 500;
const MAX_DESCRIPTION_CHARS: usize = 10_000;
const MAX_ATTRIBUTES: usize = 50;
const MAX_ATTRIBUTE_NAME_CHARS: usize = 100;
const MAX_ATTRIBUTE_VALUE_CHARS: usize = 500;

/// A checked listing. Lengths are in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// One line, 1–500.
    pub title: String,
    /// Not negative, at most 28 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Three upper-case letters (ISO 4217).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// An `http` or `https` address of at most 2048.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Paragraphs, at most 10,000; may contain HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// At most 50; names at most 100, values at most 500.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// A listing as it was posted: any JSON in every field, so that a wrong type
/// is reported along with everything else that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ListingInput {
    /// A string; the only field that must be there.
    pub title: Option<Value>,
    /// A string or a number, see [`read_price`].
    pub price: Option<Value>,
    /// A string.
    pub currency: Option<Value>,
    /// A string.
    pub image_url: Option<Value>,
    /// A string.
    pub description: Option<Value>,
    /// An object of strings, numbers and booleans.
    pub attributes: Option<Value>,
}

impl Listing {
    /// Checks a posted listing and reports all of its faulty fields at once.
    ///
    /// Optional fields that are `null` or empty strings count as absent, as
    /// scrapers write them for what a page does not say.
    pub fn check(input: ListingInput) -> Result<Self, Vec<FieldError>> {
        let mut faults = Faults::default();
        let listing = Self {
            title: check_title(input.title, &mut faults),
            price: present(input.price).and_then(|price| match read_price(&price) {
                Ok(price) => Some(price),
                Err(error) => faults.add("price", error.to_string()),
            }),
            currency: check_currency(input.currency, &mut faults),
            image_url: check_image_url(input.image_url, &mut faults),
            description: check_description(input.description, &mut faults),
            attributes: check_attributes(input.attributes, &mut faults),
        };
        if faults.0.is_empty() { Ok(listing) } else { Err(faults.0) }
    }
}

/// The faulty fields found so far.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes a fault; the field has no value then.
    fn add<T>(&mut self, field: impl Into<String>, message: impl Into<String>) -> Option<T> {
        self.0.push(FieldError::new(field, message));
        None
    }

    /// The text of an optional field that must be a string.
    fn string(&mut self, field: &str, value: Option<Value>) -> Option<String> {
        match present(value)? {
            Value::String(text) => Some(text),
            _ => self.add(field, "must be a string"),
        }
    }
}

/// The value of an optional field, unless it says nothing.
fn present(value: Option<Value>) -> Option<Value> {
    value.filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

fn longer_than(text: &str, max: usize) -> bool {
    text.chars().nth(max).is_some()
}

fn check_title(value: Option<Value>, faults: &mut Faults) -> String {
    let title = match value {
        Some(Value::String(title)) => text::one_line(&title),
        None | Some(Value::Null) => {
            return faults.add("title", "is required").unwrap_or_default();
        }
        Some(_) => return faults.add("title", "must be a string").unwrap_or_default(),
    };
    if !text::is_visible(&title) {
        return faults.add("title", "must not be empty").unwrap_or_default();
    }
    if longer_than(&title, MAX_TITLE_CHARS) {
        let message = format!("must be at most {MAX_TITLE_CHARS} characters long");
        return faults.add("title", message).unwrap_or_default();
    }
    title
}

fn check_currency(value: Option<Value>, faults: &mut Faults) -> Option<String> {
    let currency = faults.string("currency", value)?.trim().to_owned();
    if currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()) {
        Some(currency)
    } else {
        faults.add("currency", "must be three upper-case letters such as EUR")
    }
}

fn check_image_url(value: Option<Value>, faults: &mut Faults) -> Option<String> {
    let address = faults.string("image_url", value)?;
    if longer_than(address.trim(), MAX_URL_CHARS) {
        let message = format!("must be at most {MAX_URL_CHARS} characters long");
        return faults.add("image_url", message);
    }
    // The parsed form is kept: escaped, so that every channel can carry it.
    let parsed = Url::parse(address.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(String::from);
    match parsed {
        Some(url) if url.len() <= MAX_URL_CHARS => Some(url),
        Some(_) => faults.add("image_url", "is too long when escaped"),
        None => faults.add("image_url", "must be an absolute http or https address"),
    }
}

fn check_description(value: Option<Value>, faults: &mut Faults) -> Option<String> {
    let description = text::paragraphs(&faults.string("description", value)?);
    if longer_than(&description, MAX_DESCRIPTION_CHARS) {
        let message = format!("must be at most {MAX_DESCRIPTION_CHARS} characters long");
        return faults.add("description", message);
    }
    (!description.is_empty()).then_some(description)
}

fn check_attributes(value: Option<Value>, faults: &mut Faults) -> BTreeMap<String, String> {
    let given = match present(value) {
        None => return BTreeMap::new(),
        Some(Value::Object(given)) => given,
        Some(_) => {
            let message = "must be an object of strings";
            return faults.add("attributes", message).unwrap_or_default();
        }
    };
    if given.len() > MAX_ATTRIBUTES {
        let message = format!("must have at most {MAX_ATTRIBUTES} entries");
        return faults.add("attributes", message).unwrap_or_default();
    }
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        if let Some((name, value)) = check_attribute(&name, value, faults) {
            attributes.insert(name, value);
        }
    }
    attributes
}

fn check_attribute(name: &str, value: Value, faults: &mut Faults) -> Option<(String, String)> {
    let clean = text::one_line(name);
    let field = format!("attributes.{}", text::first_chars(&clean, MAX_ATTRIBUTE_NAME_CHARS));
    if clean.is_empty() || longer_than(&clean, MAX_ATTRIBUTE_NAME_CHARS) {
        let message = format!("names must have 1 to {MAX_ATTRIBUTE_NAME_CHARS} characters");
        return faults.add(field, message);
    }
    let value = match value {
        Value::Null => return None,
        Value::String(text) => text::paragraphs(&text),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(_) | Value::Object(_) => return faults.add(field, "must be a string"),
    };
    if longer_than(&value, MAX_ATTRIBUTE_VALUE_CHARS) {
        let message = format!("must be at most {MAX_ATTRIBUTE_VALUE_CHARS} characters long");
        return faults.add(field, message);
    }
    Some((clean, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(body: Value) -> Result<Listing, Vec<FieldError>> {
        let input = serde_json::from_value(body)
            .map_err(|error| vec![FieldError::new("", error.to_string())])?;
        Listing::check(input)
    }

    fn faulty_fields(body: Value) -> Vec<String> {
        match check(body) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| fault.field).collect(),
        }
    }

    #[test]
    fn a_full_listing_is_accepted_and_cleaned() -> Result<(), Vec<FieldError>> {
        let listing = check(json!({
            "title": "  Laptop\tHP\u{0} 15s ",
            "price": "6099000",
            "currency": "IDR",
            "image_url": "https://img.example.com/a b.jpg",
            "description": "Ports:\r\n\r\n\r\n3",
            "attributes": {"brand": " HP ", "rating": 4.6, "new": true, "seller": null},
        }))?;
        assert_eq!(listing.title, "Laptop HP 15s");
        assert_eq!(listing.price, Some(Decimal::from(6_099_000)));
        assert_eq!(listing.image_url.as_deref(), Some("https://img.example.com/a%20b.jpg"));
        assert_eq!(listing.description.as_deref(), Some("Ports:\n\n3"));
        let attributes: Vec<_> =
            listing.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(attributes, [("brand", "HP"), ("new", "true"), ("rating", "4.6")]);
        Ok(())
    }

    #[test]
    fn a_title_alone_is_enough_and_empty_means_absent() -> Result<(), Vec<FieldError>> {
        let bare = check(json!({"title": "A"}))?;
        let empty = check(json!({
            "title": "A", "price": "", "currency": null, "image_url": " ",
            "description": "\n", "attributes": null,
        }))?;
        assert_eq!(bare, empty);
        Ok(())
    }

    #[test]
    fn all_faulty_fields_are_reported_at_once() {
        let fields = faulty_fields(json!({
            "title": " ",
            "price": "12 EUR",
            "currency": "euro",
            "image_url": "//cdn.example.com/a.jpg",
            "description": 5,
            "attributes": {"colour": ["red"], "size": "x".repeat(501)},
        }));
        let expected = [
            "title",
            "price",
            "currency",
            "image_url",
            "description",
            "attributes.colour",
            "attributes.size",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn limits_count_characters_and_are_inclusive() {
        for (body, field) in [
            (json!({"title": "ж".repeat(500)}), None),
            (json!({"title": "ж".repeat(501)}), Some("title")),
            (json!({"title": "\u{200B}"}), Some("title")),
            (json!({"title": 1}), Some("title")),
            (json!({"price": 1}), Some("title")),
            (json!({"title": "a", "description": "ж".repeat(10_000)}), None),
            (json!({"title": "a", "description": "ж".repeat(10_001)}), Some("description")),
            (json!({"title": "a", "attributes": []}), Some("attributes")),
            (json!({"title": "a", "attributes": {"": "x"}}), Some("attributes.")),
            (json!({"title": "a", "image_url": "ftp://e.com/a.png"}), Some("image_url")),
            (
                json!({"title": "a", "image_url": format!("https://e.com/{}", "a".repeat(2048))}),
                Some("image_url"),
            ),
            (json!({"title": "a", "currency": "eur"}), Some("currency")),
        ] {
            let expected: Vec<_> = field.into_iter().map(str::to_owned).collect();
            assert_eq!(faulty_fields(body), expected);
        }
    }

    #[test]
    fn at_most_fifty_attributes() {
        let many = |n: usize| {
            (0..n).map(|i| (format!("a{i}"), json!("x"))).collect::<serde_json::Map<_, _>>()
        };
        assert_eq!(faulty_fields(json!({"title": "a", "attributes": many(50)})).len(), 0);
        assert_eq!(faulty_fields(json!({"title": "a", "attributes": many(51)})), ["attributes"]);
    }

    proptest! {
        #[test]
        fn a_checked_listing_passes_again_unchanged(title in any::<String>(), description in any::<String>()) {
            if let Ok(once) = check(json!({"title": title, "description": description})) {
                let stored = serde_json::to_value(&once).unwrap_or_default();
                prop_assert_eq!(check(stored), Ok(once));
            }
        }
    }
}
