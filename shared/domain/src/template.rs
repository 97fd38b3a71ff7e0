//! Templates of scenarios and broadcasts: text with `{{ scope.variable }}` in it.
//!
//! There are three scopes and nothing but variables: what an author can write, everyone who edits it
//! after them can read. A text is checked when it is saved, all faults at once; when it is sent, a value
//! that is missing leaves nothing behind, and no person ever sees braces.

mod flaw;
mod scan;
mod unscoped;
mod values;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::ContentFault;
use crate::field_error::FieldError;

pub use chrono_tz::Tz;
pub use flaw::Flaw;
pub use unscoped::with_scopes;
pub use values::{Fill, Globals, UTC, UserValues, Values, check_globals, date};

/// The longest template, in characters: beyond any message even where half of it is markup.
pub const MAX_TEMPLATE: usize = 8_000;
/// The longest value of a bot's own variable, in characters.
pub const MAX_GLOBAL: usize = 200;
/// A bot has at most this many variables of its own.
pub const GLOBALS_PER_BOT: usize = 100;

/// The first of the characters that stand for variables while Markdown is read: private use, so no
/// text needs them, and letters to the reader of Markdown, so emphasis around them works.
const FIRST_MARK: u32 = 0xF_0000;

/// Whose variable it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The bot's: the same for all.
    Bot,
    /// The scenario's.
    Scenario,
    /// The contact's.
    User,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bot, Self::Scenario, Self::User];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Scenario => "scenario",
            Self::User => "user",
        }
    }

    /// The variables that it always has, each with the longest plausible value in UTF-16 units.
    pub const fn known(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::Bot => &[
                ("bot_name", MAX_GLOBAL),
                ("support_link", MAX_GLOBAL),
                ("company_name", MAX_GLOBAL),
            ],
            Self::Scenario => &[
                ("id", 48),
                ("name", 200),
                ("product_name", 200),
                // 1000000.00
                ("product_price", 10),
                // -100 and ten digits, and some to spare
                ("private_group_id", 16),
            ],
            Self::User => &[
                // Telegram: 64 characters each for the first and the last name
                ("user_name", 129),
                ("payment_link", 100),
                ("invite_link", 40),
                // 21.11.2026
                ("reg_date", 10),
                ("payment_date", 10),
                ("joined_date", 10),
            ],
        }
    }
}

/// A variable: `{{ user.payment_link }}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// Whose.
    pub scope: Scope,
    /// Its name.
    pub name: String,
}

impl Variable {
    /// The longest plausible value, in UTF-16 units.
    fn longest(&self) -> usize {
        let known = self.scope.known().iter().find(|(name, _)| *name == self.name);
        known.map_or(MAX_GLOBAL, |(_, longest)| *longest)
    }

    /// Whether it has its value from a scenario, or from a contact's run of one. A link to pay is made for
    /// whoever is to have it.
    fn is_of_scenario(&self) -> bool {
        const OF_RUN: [&str; 3] = ["invite_link", "payment_date", "joined_date"];
        match self.scope {
            Scope::Bot => false,
            Scope::Scenario => true,
            Scope::User => OF_RUN.contains(&self.name.as_str()),
        }
    }

    /// Whether its value may be a whole address: then it stands in one as it is.
    fn is_address(&self) -> bool {
        match self.scope {
            Scope::Bot => true,
            Scope::Scenario => false,
            Scope::User => matches!(self.name.as_str(), "payment_link" | "invite_link"),
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.scope.as_str(), self.name)
    }
}

/// Which variables there are: the known ones, and those of the bot's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    own: BTreeSet<String>,
    outside_scenarios: bool,
}

impl Names {
    /// With these variables of the bot's own.
    pub fn of(globals: &Globals) -> Self {
        Self { own: globals.keys().cloned().collect(), outside_scenarios: false }
    }

    /// The same for a text that belongs to no scenario: what only a scenario knows has no value there.
    #[must_use]
    pub fn outside_scenarios(self) -> Self {
        Self { outside_scenarios: true, ..self }
    }

    /// Whether they are for a text that belongs to no scenario.
    pub const fn are_outside_scenarios(&self) -> bool {
        self.outside_scenarios
    }

    /// Why a variable cannot stand in a text, if it cannot.
    fn why_not(&self, variable: &Variable) -> Option<Flaw> {
        if self.outside_scenarios && variable.is_of_scenario() {
            return Some(Flaw::OfScenario { variable: variable.to_string() });
        }
        let scope = variable.scope;
        let own = scope == Scope::Bot && self.own.contains(&variable.name);
        let known = own || scope.known().iter().any(|(name, _)| *name == variable.name);
        (!known).then(|| {
            let (variable, known) = (variable.to_string(), self.list(scope));
            Flaw::UnknownVariable { variable, known }
        })
    }

    /// All of a scope, for the words of an error.
    fn list(&self, scope: Scope) -> String {
        let is_here = |name: &&str| {
            let variable = Variable { scope, name: (*name).to_owned() };
            !(self.outside_scenarios && variable.is_of_scenario())
        };
        let known = scope.known().iter().map(|(name, _)| *name).filter(is_here);
        let own = self.own.iter().map(String::as_str).filter(|_| scope == Scope::Bot);
        let names: BTreeSet<&str> = known.chain(own).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// What is wrong at a place of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub flaw: Flaw,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.flaw)
    }
}

/// All that is wrong with a template, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// As errors of a field.
    pub fn named(&self, field: &str) -> Vec<FieldError> {
        let fault = |it: &Fault| FieldError::of(field, ContentFault::Template(it.clone()));
        self.0.iter().map(fault).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Variable),
}

/// A template that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Each unknown scope or variable and each fault of syntax, with line and column.
    pub fn parse(text: &str, names: &Names) -> Result<Self, Faults> {
        if text.chars().count() > MAX_TEMPLATE {
            let flaw = Flaw::TooLong { max: MAX_TEMPLATE };
            return Err(Faults(vec![Fault { line: 1, column: 1, flaw }]));
        }
        let (pieces, faults) = scan::scan(text, Some(names));
        if faults.is_empty() { Ok(Self(pieces)) } else { Err(Faults(faults)) }
    }

    /// Reads a template that was saved: whatever is wrong with it by now leaves nothing behind.
    pub fn parse_lenient(text: &str) -> Self {
        Self(scan::scan(text, None).0)
    }

    /// The variables, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            Piece::Text(_) => None,
        })
    }

    /// Whether it has this variable of the contact's.
    pub fn has_user(&self, name: &str) -> bool {
        self.variables().any(|it| it.scope == Scope::User && it.name == name)
    }

    /// Whether it begins with a link that the system makes: for a payment, or into a group.
    pub(crate) fn begins_with_made_link(&self) -> bool {
        let mut pieces = self.0.iter();
        let begins = pieces.find(|it| !matches!(it, Piece::Text(text) if text.trim().is_empty()));
        matches!(begins, Some(Piece::Variable(it)) if it.scope == Scope::User && it.is_address())
    }

    /// With its values, as plain text.
    pub fn plain(&self, fill: &Fill<'_>) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable(variable) => fill.text(variable).into_owned(),
        };
        self.0.iter().map(piece).collect()
    }

    /// With its values, as an address: a value is escaped, but for one that is a whole address and
    /// stands at the beginning. Empty where a value is missing, and in a demonstration: an address
    /// without a part of it leads elsewhere.
    pub fn url(&self, fill: &Fill<'_>) -> String {
        let mut url = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) if url.is_empty() => url.push_str(text.trim_start()),
                Piece::Text(text) => url.push_str(text),
                Piece::Variable(variable) => {
                    let Some(value) = fill.value(variable) else { return String::new() };
                    if url.is_empty() && variable.is_address() {
                        url.push_str(value.trim());
                    } else {
                        push_escaped(&mut url, &value);
                    }
                }
            }
        }
        url.trim_end().to_owned()
    }

    /// The text with a character of its own for each variable, and the variables by these characters
    /// ([`marked`]).
    pub(crate) fn with_marks(&self) -> (String, Vec<&Variable>) {
        let (mut text, mut variables) = (String::new(), Vec::new());
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.extend(piece.chars().filter(|c| !is_mark(*c))),
                Piece::Variable(variable) => {
                    let mark = u32::try_from(variables.len()).unwrap_or(u32::MAX);
                    text.extend(FIRST_MARK.checked_add(mark).and_then(char::from_u32));
                    variables.push(variable);
                }
            }
        }
        (text, variables)
    }

    /// A part of a text with marks, as the template that it is.
    pub(crate) fn of_marked(text: &str, variables: &[&Variable]) -> Self {
        let mut pieces = Vec::new();
        for c in text.chars() {
            match (marked(c, variables), pieces.last_mut()) {
                (Some(variable), _) => pieces.push(Piece::Variable(variable.clone())),
                (None, Some(Piece::Text(text))) => text.push(c),
                (None, _) => pieces.push(Piece::Text(c.to_string())),
            }
        }
        Self(pieces)
    }
}

const fn is_mark(c: char) -> bool {
    // The whole plane, so that no text can name a variable by accident.
    matches!(c as u32, FIRST_MARK..=0xF_FFFF)
}

/// The variable that a character stands for.
pub(crate) fn marked<'a>(c: char, variables: &[&'a Variable]) -> Option<&'a Variable> {
    let at = u32::from(c).checked_sub(FIRST_MARK)?;
    variables.get(usize::try_from(at).ok()?).copied()
}

/// Adds a value as a part of an address: all but the unreserved characters of RFC 3986 in per cent.
fn push_escaped(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let digit = |it: u8| char::from_digit(u32::from(it), 16);
            url.push('%');
            url.extend(
                [digit(byte >> 4), digit(byte & 15)]
                    .into_iter()
                    .flatten()
                    .map(|it| it.to_ascii_uppercase()),
            );
        }
    }
}

#[cfg(test)]
mod tests;
