//! Templates of alerts: `MiniJinja`'s language, and plain `{name}` beside it.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::Map;

use super::{AlertMessage, AlertTemplate, Section};
use crate::field_error::FieldError;

/// A template may take so many steps: one that loops without end is refused, and holds up nobody.
const FUEL: u64 = 20_000;
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
        if let Ok(template) = environment.template_from_str(&text) {
            names.extend(template.undeclared_variables(false));
        }
    }
    // What the language brings along is no variable.
    for name in ["range", "dict", "namespace", "debug"] {
        names.remove(name);
    }
    names
}

/// The alert that a template makes of a context.
///
/// # Errors
/// Names each variable that the context lacks, or each text that cannot be made.
pub fn render(
    input: &TemplateInput,
    context: &Map<String, serde_json::Value>,
) -> Result<AlertMessage, TemplateError> {
    let missing = variables(input).into_iter().filter(|name| !context.contains_key(name));
    let missing: Vec<_> =
        missing.map(|name| FieldError::new(format!("context.{name}"), "is required")).collect();
    if !missing.is_empty() {
        return Err(TemplateError::Faulty(missing));
    }
    let environment = environment(UndefinedBehavior::Strict);
    let values = Value::from(Serde(context));
    let mut errors = Vec::new();
    let mut made = input.texts().into_iter().map(|(field, text)| {
        let text = with_plain_names(text);
        environment.render_str(&text, values.clone()).unwrap_or_else(|error| {
            errors.push(FieldError::new(field, words(&error)));
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
    environment
}

/// Whether a text is a template: its syntax, and that it uses no filter, test or function that there is
/// not. For the latter it is tried on nothing.
fn check(text: &str) -> Result<(), String> {
    if text.chars().count() > MAX_TEMPLATE {
        return Err(format!("must have at most {MAX_TEMPLATE} characters"));
    }
    let text = with_plain_names(text);
    let environment = environment(UndefinedBehavior::Chainable);
    let template = environment.template_from_str(&text).map_err(|error| words(&error))?;
    match template.render(Value::from(Serde(Map::new()))) {
        Err(error) if is_fault_of_text(&error) => Err(words(&error)),
        _ => Ok(()),
    }
}

fn is_fault_of_text(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::TemplateNotFound
            | ErrorKind::OutOfFuel
    )
}

/// What is wrong and where, without what the context holds.
fn words(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
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
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn input(body: &str) -> TemplateInput {
        TemplateInput { title: "T".to_owned(), body: body.to_owned(), sections: Vec::new() }
    }

    fn made(body: &str, context: &serde_json::Value) -> Result<String, TemplateError> {
        let context = context.as_object().cloned().unwrap_or_default();
        render(&input(body), &context).map(|message| message.body)
    }

    #[test]
    fn plain_names_and_the_whole_language_are_taken() {
        let context = json!({ "device": "pump 7", "n": 3, "it": { "at": "noon" }, "all": [1, 2] });
        for (body, expected) in [
            ("{device} is offline", "pump 7 is offline"),
            ("{{ device }} is offline", "pump 7 is offline"),
            ("{device}{n} at {it.at}", "pump 73 at noon"),
            ("{% if n > 2 %}{n} times{% endif %}", "3 times"),
            ("{% for x in all %}{{ x }};{% endfor %}", "1;2;"),
            ("{{ device|upper }}", "PUMP 7"),
            ("a { b } { 1} {} {\"x\": 1}", "a { b } { 1} {} {\"x\": 1}"),
            ("<b>{device}</b>", "<b>pump 7</b>"),
        ] {
            assert_eq!(made(body, &context).as_deref(), Ok(expected), "{body}");
        }
    }

    #[test]
    fn what_the_context_lacks_is_named_all_at_once() {
        let lacks = made("{a} {{ b }} {c.d} {here}", &json!({ "here": 1 }));
        let named = ["context.a", "context.b", "context.c"];
        let errors = named.map(|field| FieldError::new(field, "is required"));
        assert_eq!(lacks, Err(TemplateError::Faulty(errors.to_vec())));
        let deeper = made("{c.d}", &json!({ "c": {} }));
        assert!(matches!(deeper, Err(TemplateError::Faulty(_))), "{deeper:?}");
    }

    #[test]
    fn faulty_templates_are_refused_when_they_are_saved_with_their_lines() {
        for (body, part) in [
            ("one\n{{ a", "line 2"),
            ("{% if a %}", "line 1"),
            ("a\nb\n{{ a|nope }}", "line 3"),
            ("{{ nope() }}", "line 1"),
            ("{% include 'x' %}", "line 1"),
            (
                "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}",
                "fuel",
            ),
        ] {
            let errors = input(body).check().expect_err(body);
            assert!(errors[0].field == "body" && errors[0].message.contains(part), "{errors:?}");
        }
        let both = TemplateInput { title: "{{".to_owned(), ..input("{%") };
        assert_eq!(both.check().expect_err("faulty").len(), 2, "all faults at once");
        assert!(input("{{ a.b.c|upper }} {% for x in xs %}{{ x.y }}{% endfor %}").check().is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_templates_panic(body in any::<String>(), value in any::<String>()) {
            let checked = input(&body).check();
            let made = made(&body, &json!({ "a": value }));
            if checked.is_ok() && variables(&input(&body)).is_empty() {
                prop_assert!(made.is_ok(), "{:?}", made);
            }
        }
    }
}
