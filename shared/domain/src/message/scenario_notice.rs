//! What a bot says to a contact beside its scenarios' own words.

use serde::{Deserialize, Serialize};

use crate::wizard::Language;

/// An answer to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioNotice {
    /// `/start` of a scenario that the bot does not have: the default one follows.
    Unknown,
    /// `/start` of a scenario that cannot be started now.
    Unavailable,
    /// The button below a broadcast: no more of them.
    Unsubscribed,
}

impl ScenarioNotice {
    /// The words, in plain text.
    pub const fn text(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Unknown, Language::En) => {
                "This link leads to nothing here. We begin with what there is."
            }
            (Self::Unknown, Language::Ru) => {
                "По этой ссылке здесь ничего нет. Начнём с того, что есть."
            }
            (Self::Unavailable, Language::En) => "This cannot be started at the moment.",
            (Self::Unavailable, Language::Ru) => "Сейчас это нельзя начать.",
            (Self::Unsubscribed, Language::En) => {
                "You will get no more announcements. What you have started goes on."
            }
            (Self::Unsubscribed, Language::Ru) => "Рассылок больше не будет. Начатое продолжится.",
        }
    }
}
