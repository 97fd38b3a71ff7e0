//! Data as PHP holds it: an array whose keys are names or whole numbers, in the order they came.

use std::fmt;
use std::mem;

use thiserror::Error;

use super::{form, json, multipart};

/// So many fields a body may have; PHP itself drops what follows.
pub(super) const MAX_FIELDS: usize = 1_000;
/// Fields lie in each other at most this deep; PHP itself drops what lies deeper.
pub(super) const MAX_DEPTH: usize = 64;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is in none of the three encodings, as far as its type says.
    #[error("the body is neither a form nor JSON")]
    Kind,
    /// It is not what its type says.
    #[error("the body cannot be read: {0}")]
    Malformed(&'static str),
    /// It has too many fields.
    #[error("the body has more than {MAX_FIELDS} fields")]
    TooMany,
    /// Its fields lie too deep in each other.
    #[error("the body's fields lie more than {MAX_DEPTH} deep in each other")]
    TooDeep,
}

/// A key of a PHP array. A name that is a whole number is that number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A whole number.
    Number(i64),
    /// Anything else.
    Name(String),
}

impl Key {
    /// The key that a name stands for: `"7"` is a number, `"07"` and `"+7"` are names.
    pub fn of(name: &str) -> Self {
        match name.parse::<i64>() {
            Ok(number) if number.to_string() == name => Self::Number(number),
            _ => Self::Name(name.to_owned()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// A value: a text, or an array in its turn. Everything else is a text when it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A text.
    Text(String),
    /// An array.
    Fields(Fields),
}

/// A PHP array. It may hold what people are asked on a pay page, so it does not show itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(pub(super) Vec<(Key, Node)>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({} of them)", self.0.len())
    }
}

impl Fields {
    /// Reads a body by its `Content-Type`: `multipart/form-data`,
    /// `application/x-www-form-urlencoded` or `application/json`.
    pub fn read(content_type: &str, body: &[u8]) -> Result<Self, BodyError> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => form::read(body),
            "multipart/form-data" => multipart::read(content_type, body),
            "application/json" => json::read(body),
            _ => Err(BodyError::Kind),
        }
    }

    /// Sets the field that a form calls `name`: `a[b][0]` lies in arrays, `a[]` is the next of its
    /// array, and a field that is there already gets the new value. A name that is none, such as an
    /// empty one, sets nothing.
    pub fn put(&mut self, name: &str, value: impl Into<String>) -> Result<(), BodyError> {
        self.place(&form::path_of(name)?, value.into());
        Ok(())
    }

    /// The same as a step of building: for names that are ours.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        // Our own names are neither empty nor deep.
        let _ = self.put(name, value);
        self
    }

    /// What stands at a key of the outermost array.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let key = Key::of(name);
        self.0.iter().find(|(at, _)| *at == key).map(|(_, node)| node)
    }

    /// The text at a key of the outermost array.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Node::Text(text) => Some(text),
            Node::Fields(_) => None,
        }
    }

    /// The values, in their order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().map(|(_, node)| node)
    }

    /// The fields with the names that a form has for them: what PHP's `http_build_query` makes.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        self.collect("", &mut pairs);
        pairs
    }

    fn collect(&self, prefix: &str, pairs: &mut Vec<(String, String)>) {
        for (key, node) in &self.0 {
            let name = if prefix.is_empty() { key.to_string() } else { format!("{prefix}[{key}]") };
            match node {
                Node::Text(text) => pairs.push((name, text.clone())),
                Node::Fields(fields) => fields.collect(&name, pairs),
            }
        }
    }

    /// The key that a step stands for: without a name it is the one behind the last number.
    fn key(&self, step: Option<&str>) -> Key {
        step.map_or_else(|| Key::Number(self.next_number()), Key::of)
    }

    fn next_number(&self) -> i64 {
        let numbers = self.0.iter().filter_map(|(key, _)| match key {
            Key::Number(number) => Some(number.saturating_add(1)),
            Key::Name(_) => None,
        });
        numbers.max().unwrap_or(0).max(0)
    }

    /// Sets what lies at a path. A text on the way makes way for an array.
    fn place(&mut self, path: &[Option<String>], value: String) {
        let Some((first, rest)) = path.split_first() else { return };
        let key = self.key(first.as_deref());
        if rest.is_empty() {
            return self.set(key, Node::Text(value));
        }
        let mut inner = match self.0.iter_mut().find(|(at, _)| *at == key) {
            Some((_, Node::Fields(fields))) => mem::take(fields),
            _ => Self::default(),
        };
        inner.place(rest, value);
        self.set(key, Node::Fields(inner));
    }

    fn set(&mut self, key: Key, node: Node) {
        match self.0.iter_mut().find(|(at, _)| *at == key) {
            Some((_, old)) => *old = node,
            None => self.0.push((key, node)),
        }
    }
}
