//! What variables stand for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{GLOBALS_PER_BOT, MAX_GLOBAL, Scope, Variable};
use crate::field_error::FieldError;
use crate::scenario::Scenario;
use crate::text::{one_line, paragraphs};
use crate::time::Timestamp;

/// A bot's own variables.
pub type Globals = BTreeMap<String, String>;

/// All that is wrong with a bot's own variables.
pub fn check_globals(field: &str, globals: &Globals) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if globals.len() > GLOBALS_PER_BOT {
        errors.push(FieldError::new(field, format!("must be at most {GLOBALS_PER_BOT}")));
    }
    for (name, value) in globals {
        let at = format!("{field}.{name}");
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let fits = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !begins || !fits || name.len() > 48 {
            let message = "must be named by 1 to 48 of a-z, 0-9 and '_', a letter first";
            errors.push(FieldError::new(&*at, message));
        }
        if value.encode_utf16().count() > MAX_GLOBAL {
            errors.push(FieldError::new(at, format!("must have at most {MAX_GLOBAL} characters")));
        }
    }
    errors
}

/// What a contact's variables stand for. What is absent leaves nothing in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserValues {
    /// What the contact is called.
    pub user_name: Option<String>,
    /// Where the contact pays.
    pub payment_link: Option<String>,
    /// The invitation into the private group.
    pub invite_link: Option<String>,
    /// The day of the first message ([`date`]).
    pub reg_date: Option<String>,
    /// The day of the payment.
    pub payment_date: Option<String>,
    /// The day of joining the group.
    pub joined_date: Option<String>,
}

impl UserValues {
    /// Of a contact who does not exist, for previews: all variables have values.
    pub fn sample() -> Self {
        let some = |text: &str| Some(text.to_owned());
        Self {
            user_name: some("Anna"),
            payment_link: some("https://example.com/pay"),
            invite_link: some("https://t.me/+example"),
            reg_date: some("01.02.2026"),
            payment_date: some("03.02.2026"),
            joined_date: some("04.02.2026"),
        }
    }
}
/// The zone of the days of a bot that has none of its own.
pub const UTC: Tz = Tz::UTC;

/// A day as people write it: `21.11.2026`.
pub fn date(at: Timestamp, zone: Tz) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(at.as_millis()).unwrap_or_default();
    at.with_timezone(&zone).format("%d.%m.%Y").to_string()
}

/// What the variables of one message stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<(Scope, Cow<'static, str>), String>);

impl Values {
    /// With the bot's variables.
    #[must_use]
    pub fn with_bot(mut self, globals: &Globals) -> Self {
        for (name, value) in globals {
            self.0.insert((Scope::Bot, Cow::Owned(name.clone())), paragraphs(value));
        }
        self
    }

    /// With a scenario's.
    #[must_use]
    pub fn with_scenario(self, scenario: &Scenario) -> Self {
        let product = scenario.product.as_ref();
        self.set(Scope::Scenario, "id", Some(scenario.slug.as_str()))
            .set(Scope::Scenario, "name", Some(&scenario.name))
            .set(Scope::Scenario, "product_name", product.map(|it| &*it.name))
            .set(
                Scope::Scenario,
                "product_price",
                product.map(|it| it.price.normalize().to_string()).as_deref(),
            )
            .set(
                Scope::Scenario,
                "private_group_id",
                scenario.private_group_id.map(|it| it.to_string()).as_deref(),
            )
    }

    /// With a contact's.
    #[must_use]
    pub fn with_user(self, user: &UserValues) -> Self {
        self.set(Scope::User, "user_name", user.user_name.as_deref())
            .set(Scope::User, "payment_link", user.payment_link.as_deref())
            .set(Scope::User, "invite_link", user.invite_link.as_deref())
            .set(Scope::User, "reg_date", user.reg_date.as_deref())
            .set(Scope::User, "payment_date", user.payment_date.as_deref())
            .set(Scope::User, "joined_date", user.joined_date.as_deref())
    }

    fn set(mut self, scope: Scope, name: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.insert((scope, Cow::Borrowed(name)), one_line(value));
        }
        self
    }

    fn get(&self, variable: &Variable) -> Option<&str> {
        let key = (variable.scope, Cow::Owned(variable.name.clone()));
        self.0.get(&key).map(String::as_str).filter(|it| !it.is_empty())
    }
}

/// What is put in place of variables.
#[derive(Clone, Copy, Debug)]
pub enum Fill<'a> {
    /// Their values.
    Values(&'a Values),
    /// Their names, for a demonstration: `__user.payment_link__`.
    Demo,
    /// The longest plausible values: what fits with them fits always.
    Longest,
}

impl Fill<'_> {
    /// What stands in a text; empty where the value is missing.
    pub(crate) fn text(&self, variable: &Variable) -> Cow<'_, str> {
        match self {
            Self::Values(values) => Cow::Borrowed(values.get(variable).unwrap_or_default()),
            Self::Demo => Cow::Owned(format!("__{variable}__")),
            Self::Longest => Cow::Owned("x".repeat(variable.longest())),
        }
    }

    /// What stands in an address; `None` where there is nothing.
    pub(super) fn value(&self, variable: &Variable) -> Option<Cow<'_, str>> {
        match self {
            Self::Values(values) => values.get(variable).map(Cow::Borrowed),
            Self::Demo => None,
            Self::Longest if variable.is_address() => {
                Some(Cow::Borrowed("https://example.com/longest"))
            }
            Self::Longest => Some(self.text(variable)),
        }
    }
}
