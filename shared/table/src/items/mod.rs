//! How records become items: one file per group of entities, with their keys.

mod account;
mod alert;
mod bot;
mod channel;
mod engine;
mod invite;
mod offer;
mod order;
mod scenario;
mod subscription;
mod task;
mod watch;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::TableError;
use crate::keys::{self, Key};

/// An item as the SDK has it.
pub type Attributes = HashMap<String, AttributeValue>;

/// The attribute that names an item's kind.
pub const KIND: &str = "kind_of";
/// The attribute with the decision that wrote the item last.
pub const LAST_DECISION: &str = "last_decision";
/// The attribute with a record's version.
pub const VERSION: &str = "version";

/// An attribute and its value, which tell one state of an item from the next.
pub type Mark = (&'static str, u64);

/// A record that has a place in the table.
pub trait Item: Sized {
    /// The kind's name in the item.
    const KIND: &'static str;

    /// Its place.
    fn key(&self) -> Key;

    /// When the table may delete it, if ever.
    fn expires(&self) -> Option<Timestamp> {
        None
    }

    /// Its version, if it has one; a replacement raises it.
    fn version(&self) -> Option<u64> {
        None
    }

    /// What the item bears while it is as it was read.
    fn stands(&self) -> Option<Mark> {
        self.version().map(|version| (VERSION, version))
    }

    /// What the item that it replaces must bear.
    fn replaces(&self) -> Option<Mark> {
        self.stands()
    }

    /// Its attributes, without key and TTL.
    fn encode(&self) -> Result<Attributes, TableError>;

    /// The record of these attributes.
    fn decode(attributes: Attributes) -> Result<Self, TableError>;
}

/// Attributes of anything serde can write.
pub(crate) fn attributes<T: Serialize>(record: &T) -> Result<Attributes, TableError> {
    serde_dynamo::to_item(record).map_err(|error| TableError::Refused(error.to_string()))
}

/// A record from its attributes; the error names the key and holds no values.
pub(crate) fn record<T: DeserializeOwned>(attributes: Attributes) -> Result<T, TableError> {
    let name = name_of(&attributes);
    serde_dynamo::from_item(attributes)
        .map_err(|error| TableError::Corrupt { item: name, reason: fault(&error.to_string()) })
}

/// What is wrong with an item, of what serde says: all that may quote a value is left out.
fn fault(said: &str) -> String {
    const WITH_EXPECTED: [&str; 3] = ["invalid type", "invalid value", "invalid length"];
    const ALONE: [&str; 3] = ["unknown variant", "unknown field", "duplicate field"];
    // The field is one of ours, not of the item's.
    if said.starts_with("missing field `") {
        return said.to_owned();
    }
    if let Some(kind) = WITH_EXPECTED.iter().find(|kind| said.starts_with(**kind)) {
        let expected = said.rsplit_once(", expected ").map(|(_, expected)| expected);
        return expected.map_or_else(|| (*kind).to_owned(), |it| format!("{kind}, expected {it}"));
    }
    let kind = ALONE.iter().find(|kind| said.starts_with(**kind));
    kind.map_or_else(|| "a value is not as it should be".to_owned(), |kind| (*kind).to_owned())
}

/// The whole item: attributes, key, kind, TTL.
pub(crate) fn item<T: Item>(value: &T) -> Result<Attributes, TableError> {
    let mut item = value.encode()?;
    let Key { pk, sk } = value.key();
    item.insert(keys::PK.to_owned(), AttributeValue::S(pk));
    item.insert(keys::SK.to_owned(), AttributeValue::S(sk));
    item.insert(KIND.to_owned(), AttributeValue::S(T::KIND.to_owned()));
    if let Some(expires) = value.expires() {
        let seconds = expires.as_seconds().to_string();
        item.insert(keys::TTL.to_owned(), AttributeValue::N(seconds));
    }
    Ok(item)
}

/// The key as the SDK asks for it.
pub(crate) fn key_item(key: &Key) -> Attributes {
    Attributes::from([
        (keys::PK.to_owned(), AttributeValue::S(key.pk.clone())),
        (keys::SK.to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

/// The item's key, for errors and for matching answers to questions.
pub(crate) fn key_of(item: &Attributes) -> Option<Key> {
    let text = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Some(Key { pk: text(keys::PK)?, sk: text(keys::SK)? })
}

fn name_of(item: &Attributes) -> String {
    key_of(item).map_or_else(|| "an item without a key".to_owned(), |key| key.to_string())
}

/// Whether the item has expired: the table deletes late, so readers look.
pub(crate) fn expired(item: &Attributes, now: Timestamp) -> bool {
    item.get(keys::TTL)
        .and_then(|value| value.as_n().ok())
        .and_then(|seconds| seconds.parse::<i64>().ok())
        .is_some_and(|seconds| seconds <= now.as_seconds())
}

/// Implements [`Item`] for a record that serde maps as it is.
macro_rules! plain_item {
    ($type:ty, $kind:literal, |$record:ident| $key:expr
        $(, expires: $expires:expr)? $(, version: $version:expr)?) => {
        impl crate::items::Item for $type {
            const KIND: &'static str = $kind;

            fn key(&self) -> crate::keys::Key {
                let $record = self;
                $key
            }

            $(fn expires(&self) -> Option<domain::time::Timestamp> {
                let $record = self;
                $expires
            })?

            $(fn version(&self) -> Option<u64> {
                let $record = self;
                Some($version)
            })?

            fn encode(&self) -> Result<crate::items::Attributes, crate::error::TableError> {
                crate::items::attributes(self)
            }

            fn decode(
                attributes: crate::items::Attributes,
            ) -> Result<Self, crate::error::TableError> {
                crate::items::record(attributes)
            }
        }
    };
}
pub(crate) use plain_item;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_item_is_told_without_its_values() {
        for (said, told) in [
            ("missing field `due`", "missing field `due`"),
            ("invalid type: string \"a, expected b\", expected i64", "invalid type, expected i64"),
            ("invalid value: integer `7`, expected a moon", "invalid value, expected a moon"),
            ("invalid length 3, expected 2", "invalid length, expected 2"),
            ("unknown variant `secret`, expected `a` or `b`", "unknown variant"),
            ("unknown field `secret`, there are no fields", "unknown field"),
            ("Failed to parse 'secret' as an integer", "a value is not as it should be"),
            ("secret is no slug", "a value is not as it should be"),
        ] {
            assert_eq!(fault(said), told);
        }
    }
}
