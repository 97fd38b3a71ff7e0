//! Where a bot's own variables and its sets of buttons are used: what a text uses is not taken away.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Scenario, StepContent};
use crate::button::{Buttons, Does, Rows};
use crate::slug::Slug;
use crate::template::{Scope, Template};

/// A text of a bot's. Shown, it is named in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPlace {
    /// A text of a scenario that is no step.
    Part {
        /// The scenario.
        scenario: Slug,
        /// The field that holds it, such as `summary`.
        part: String,
    },
    /// A step.
    Step {
        /// Its scenario.
        scenario: Slug,
        /// What it is called.
        step: Slug,
    },
    /// A set of buttons.
    ButtonSet(Slug),
    /// A broadcast.
    Broadcast(Slug),
}

impl fmt::Display for TextPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part { scenario, part } => write!(f, "scenario {scenario}, {part}"),
            Self::Step { scenario, step } => write!(f, "scenario {scenario}, step {step}"),
            Self::ButtonSet(set) => write!(f, "button set {set}"),
            Self::Broadcast(broadcast) => write!(f, "broadcast {broadcast}"),
        }
    }
}

/// The bot's own variables that a text has.
fn in_text(text: &str) -> impl Iterator<Item = String> {
    let template = Template::parse_lenient(text);
    let own = template.variables().filter(|it| it.scope == Scope::Bot).map(|it| it.name.clone());
    own.collect::<Vec<_>>().into_iter()
}

impl Rows {
    /// Their templates.
    fn templates(&self) -> impl Iterator<Item = &String> {
        let buttons = self.rows.iter().flat_map(|row| &row.buttons);
        buttons.flat_map(|button| {
            let url = match &button.does {
                Does::Url { url } => Some(url),
                Does::Callback { .. } => None,
            };
            std::iter::once(&button.text).chain(url)
        })
    }

    /// The bot's own variables that the buttons have.
    pub fn bot_variables(&self) -> BTreeSet<String> {
        self.templates().flat_map(|text| in_text(text)).collect()
    }

    /// Whether they have this variable of the contact's.
    pub fn has_user(&self, name: &str) -> bool {
        self.templates().any(|text| Template::parse_lenient(text).has_user(name))
    }

    /// Whether a button says this to the bot.
    pub fn says(&self, data: &str) -> bool {
        let mut buttons = self.rows.iter().flat_map(|row| &row.buttons);
        buttons
            .any(|it| matches!(&it.does, Does::Callback { callback_data } if callback_data == data))
    }
}

impl StepContent {
    /// The bot's own variables that the message has.
    pub fn bot_variables(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = in_text(&self.text).collect();
        if let Some(Buttons::Inline(rows)) = &self.buttons {
            names.extend(rows.bot_variables());
        }
        names
    }

    /// The set of buttons that the message has.
    pub const fn button_set(&self) -> Option<&Slug> {
        match &self.buttons {
            Some(Buttons::Set { button_set_ref }) => Some(button_set_ref),
            Some(Buttons::Inline(_)) | None => None,
        }
    }
}

impl Scenario {
    /// Its contents that are no steps, under the names of their fields.
    pub fn contents(&self) -> impl Iterator<Item = (&'static str, &StepContent)> {
        let named = [("consent", &self.consent), ("summary", &self.summary)];
        named.into_iter().filter_map(|(name, content)| Some((name, content.as_ref()?)))
    }

    /// The bot's own variables that each of its texts has, steps aside.
    pub fn bot_variables(&self) -> Vec<(&'static str, BTreeSet<String>)> {
        let contents = self.contents().map(|(name, content)| (name, content.bot_variables()));
        let paid = self.product.iter().map(|it| {
            let names = in_text(&it.paid_content).collect();
            ("product.paid_content", names)
        });
        contents.chain(paid).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::button::{Button, Row};

    #[test]
    fn variables_are_found_in_texts_and_buttons_and_in_no_other_scope() {
        let button = |text: &str, does: Does| Button { text: text.to_owned(), does };
        let url = Does::Url { url: "{{ bot.site }}/{{ user.user_name }}".to_owned() };
        let callback = Does::Callback { callback_data: "{{ bot.no_template }}".to_owned() };
        let rows = Rows {
            rows: vec![Row { buttons: vec![button("{{bot.word}}", url), button("x", callback)] }],
        };
        assert!(rows.says("{{ bot.no_template }}") && !rows.says("accept"));
        assert!(rows.has_user("user_name") && !rows.has_user("site"));
        let content = StepContent {
            text: "{{ bot.greeting }} {{ scenario.name }} {{ broken".to_owned(),
            buttons: Some(Buttons::Inline(rows)),
            ..StepContent::default()
        };
        let names: Vec<_> = content.bot_variables().into_iter().collect();
        assert_eq!(names, ["greeting", "site", "word"]);
        assert_eq!(content.button_set(), None);
    }
}
