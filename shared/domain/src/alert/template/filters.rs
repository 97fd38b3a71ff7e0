//! Filters that take the place of the language's own, which make texts of any length, or compare each
//! letter of one text with each of another.

use std::borrow::Cow;

use minijinja::{Environment, Error, ErrorKind, Value};

/// The longest text that a filter makes, in bytes: what a whole context may hold, at four bytes for a
/// character.
const LONGEST: usize = 4 * super::MAX_CONTEXT;

/// Puts them into an environment.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("join", join);
    environment.add_filter("replace", replace);
    environment.add_filter("trim", trim);
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, "makes too long a text")
}

fn join(all: &Value, between: Option<Cow<'_, str>>) -> Result<String, Error> {
    let between = between.unwrap_or_default();
    let mut out = String::new();
    for (n, item) in all.try_iter()?.enumerate() {
        if n > 0 {
            out.push_str(&between);
        }
        match item.as_str() {
            Some(text) => out.push_str(text),
            None => out.push_str(&item.to_string()),
        }
        if out.len() > LONGEST {
            return Err(too_long());
        }
    }
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "the language hands its arguments over")]
fn replace(text: Cow<'_, str>, from: Cow<'_, str>, to: Cow<'_, str>) -> Result<String, Error> {
    let added = text.matches(&*from).count().saturating_mul(to.len());
    if text.len().saturating_add(added) > LONGEST {
        return Err(too_long());
    }
    Ok(text.replace(&*from, &to))
}

#[expect(clippy::needless_pass_by_value, reason = "the language hands its arguments over")]
fn trim(text: Cow<'_, str>) -> String {
    text.trim().to_owned()
}
