//! Templates of alerts: of `MiniJinja`'s language what [`allowed`] lists, and plain `{name}` beside it.

mod allowed;
mod filters;

use std::collections::BTreeSet;
use std::io;

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::Map;

use super::{AlertMessage, AlertTemplate, Section};
use crate::field_error::FieldError;
use crate::text;

/// Each of a template's texts may take so many steps: one that loops without end is refused, and holds up
/// nobody.
const FUEL: u64 = 10_000;
/// The most bytes that one text comes out as: an alert's [`super::MAX_ALERT`] at three bytes for a unit,
/// with room for blanks, which are no part of what is sent.
const MAX_MADE: usize = 16 * 1024;
/// The most characters that a context's names and texts have in all.
const MAX_CONTEXT: usize = 16_000;
/// The most values in a context, at any depth.
const MAX_VALUES: usize = 1_000;
/// The longest reason that a fault is told with, in characters.
const MAX_WORDS_OF_FAULT: usize = 300;
/// The longest text of a template, in characters.
const MAX_TEMPLATE: usize = 8_000;
/// Where sections are, as the request's fields name it.
const SECTIONS: &str = "sections";

/// Why a template does not become an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// Its texts are faulty, or the context lacks what they name: all of it.
    Faulty(Vec<FieldError>),
}

/// A template's texts as someone wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateInput {
    /// The title's template.
    pub title: String,
    /// The body's.
    pub body: String,
    /// The sections'.
    pub sections: Vec<Section>,
}

impl TemplateInput {
    /// All that is wrong with it, with line and column. A template that passes here fails later only
    /// for what its context holds.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if self.title.trim().is_empty() {
            errors.push(FieldError::new("title", "must say something"));
        }
        if self.sections.len() > super::MAX_SECTIONS {
            let message = format!("must be at most {}", super::MAX_SECTIONS);
            errors.push(FieldError::new(SECTIONS, message));
        }
        for (field, text) in self.texts() {
            if let Err(message) = check(text) {
                errors.push(FieldError::new(field, message));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn texts(&self) -> Vec<(String, &str)> {
        let mut texts = vec![("title".to_owned(), &*self.title), ("body".to_owned(), &*self.body)];
        for (n, section) in self.sections.iter().enumerate() {
            texts.push((format!("{SECTIONS}[{n}].title"), &section.title));
            texts.push((format!("{SECTIONS}[{n}].body"), &section.body));
        }
        texts
    }
}

impl From<&AlertTemplate> for TemplateInput {
    fn from(template: &AlertTemplate) -> Self {
        Self {
            title: template.title.clone(),
            body: template.body.clone(),
            sections: template.sections.clone(),
        }
    }
}

/// The variables that a template names and its context must have, in alphabetical order.
pub fn variables(input: &TemplateInput) -> BTreeSet<String> {
    let environment = environment(UndefinedBehavior::Strict);
    let mut names = BTreeSet::new();
    for (_, text) in input.texts() {
        let text = with_plain_names(text);
        if allowed::check(&text).is_err() {
            continue;
        }
        if let Ok(template) = environment.template_from_str(&text) {
            names.extend(template.undeclared_variables(false));
        }
    }
    names
}

/// The alert that a template makes of a context.
///
/// # Errors
/// Names each variable that the context lacks, each text that cannot be made, or `context` where it holds
/// too much.
pub fn render(
    input: &TemplateInput,
    context: &Map<String, serde_json::Value>,
) -> Result<AlertMessage, TemplateError> {
    must_be_small(context)?;
    let missing = variables(input).into_iter().filter(|name| !context.contains_key(name));
    let missing: Vec<_> =
        missing.map(|name| FieldError::new(format!("context.{name}"), "is required")).collect();
    if !missing.is_empty() {
        return Err(TemplateError::Faulty(missing));
    }
    let values = Value::from(Serde(context));
    let mut errors = Vec::new();
    let mut made = input.texts().into_iter().map(|(field, text)| {
        made(text, UndefinedBehavior::Strict, values.clone()).unwrap_or_else(|fault| {
            errors.push(FieldError::new(field, fault.words()));
            String::new()
        })
    });
    let (title, body) = (made.next().unwrap_or_default(), made.next().unwrap_or_default());
    let mut sections = Vec::new();
    while let (Some(title), Some(body)) = (made.next(), made.next()) {
        sections.push(Section { title, body });
    }
    drop(made);
    if errors.is_empty() {
        Ok(AlertMessage { title, body, sections }.tidied())
    } else {
        Err(TemplateError::Faulty(errors))
    }
}

fn environment<'a>(undefined: UndefinedBehavior) -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.set_fuel(Some(FUEL));
    filters::add(&mut environment);
    environment
}

/// Why a text is not made.
enum Fault {
    /// It uses what is not allowed, or is none of the language.
    Refused(String),
    /// It fails with these values.
    Fails(Error),
}

impl Fault {
    fn words(&self) -> String {
        match self {
            Self::Refused(words) => words.clone(),
            Self::Fails(error) => words(error),
        }
    }
}

/// What a text is with these values.
fn made(text: &str, undefined: UndefinedBehavior, values: Value) -> Result<String, Fault> {
    let text = with_plain_names(text);
    allowed::check(&text).map_err(Fault::Refused)?;
    let environment = environment(undefined);
    let template = environment.template_from_str(&text).map_err(Fault::Fails)?;
    let mut out = Bounded(Vec::new());
    template.render_captured_to(values, &mut out).map_err(Fault::Fails)?;
    Ok(String::from_utf8_lossy(&out.0).into_owned())
}

/// Takes at most [`MAX_MADE`] bytes.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_MADE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a context is small enough that no step with all of it takes long.
fn must_be_small(context: &Map<String, serde_json::Value>) -> Result<(), TemplateError> {
    let (mut values, mut characters) = (0, 0);
    let mut rest: Vec<&serde_json::Value> = Vec::new();
    for (name, value) in context {
        characters += name.chars().count();
        rest.push(value);
    }
    while let Some(value) = rest.pop() {
        values += 1;
        match value {
            serde_json::Value::String(text) => characters += text.chars().count(),
            serde_json::Value::Array(items) => rest.extend(items),
            serde_json::Value::Object(members) => {
                characters += members.keys().map(|name| name.chars().count()).sum::<usize>();
                rest.extend(members.values());
            }
            _ => {}
        }
    }
    if values <= MAX_VALUES && characters <= MAX_CONTEXT {
        return Ok(());
    }
    let message =
        format!("must hold at most {MAX_VALUES} values, and {MAX_CONTEXT} characters in all");
    Err(TemplateError::Faulty(vec![FieldError::new("context", message)]))
}

/// Whether a text is a template: its syntax, that it uses only what is allowed, and that it comes to an
/// end. For the latter it is tried on nothing.
fn check(text: &str) -> Result<(), String> {
    if text.chars().count() > MAX_TEMPLATE {
        return Err(format!("must have at most {MAX_TEMPLATE} characters"));
    }
    let nothing = Value::from(Serde(Map::new()));
    match made(text, UndefinedBehavior::Chainable, nothing) {
        Err(Fault::Fails(error)) if !is_fault_of_text(&error) => Ok(()),
        Err(fault) => Err(fault.words()),
        Ok(_) => Ok(()),
    }
}

/// Whether it fails whatever the context holds.
fn is_fault_of_text(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::SyntaxError
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::TemplateNotFound
            | ErrorKind::OutOfFuel
            | ErrorKind::WriteFailure
    )
}

/// What is wrong and where, without what the context holds.
fn words(error: &Error) -> String {
    if error.kind() == ErrorKind::WriteFailure {
        return "comes out longer than an alert may be".to_owned();
    }
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let what = text::first_chars(&what, MAX_WORDS_OF_FAULT);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what.to_owned(),
    }
}

/// `{name}` as `{{ name }}`; what is in the language's own braces stays as it is.
fn with_plain_names(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let close = match rest.as_bytes().get(1) {
            Some(b'{') => Some("}}"),
            Some(b'%') => Some("%}"),
            Some(b'#') => Some("#}"),
            _ => None,
        };
        let taken = if let Some(close) = close {
            // Without an end the language says so itself.
            let end = rest.find(close).map_or(rest.len(), |end| end + close.len());
            out.push_str(&rest[..end]);
            end
        } else if let Some(name) = plain_name(rest) {
            out.push_str("{{ ");
            out.push_str(name);
            out.push_str(" }}");
            name.len() + 2
        } else {
            out.push('{');
            1
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The name in `{name}` at the beginning of a text.
fn plain_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.split('}').next()?;
    let closed = text.as_bytes().get(name.len() + 1) == Some(&b'}');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    (closed && begins && fits).then_some(name)
}

#[cfg(test)]
mod tests;
