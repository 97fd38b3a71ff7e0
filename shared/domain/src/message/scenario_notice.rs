//! What a bot says to a contact beside its scenarios' own words.

use serde::{Deserialize, Serialize};

use crate::scenario::Part;
use crate::wizard::Language;

/// The data of the button that takes the end of broadcasts back.
pub const SUBSCRIBE: &str = "subscribe";

/// An answer to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioNotice {
    /// `/start` of a scenario that the bot does not have: the default one follows.
    Unknown,
    /// `/start` of a scenario that cannot be started now.
    Unavailable,
    /// `/start` of a scenario that is completed and has no summary.
    Completed,
    /// The button below a broadcast: no more of them.
    Unsubscribed,
    /// The button below that answer: broadcasts come again.
    Subscribed,
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
            (Self::Completed, Language::En) => "You have received all of this already.",
            (Self::Completed, Language::Ru) => "Вы уже получили всё, что здесь есть.",
            (Self::Unsubscribed, Language::En) => {
                "You will get no more announcements. What you have started goes on."
            }
            (Self::Unsubscribed, Language::Ru) => "Рассылок больше не будет. Начатое продолжится.",
            (Self::Subscribed, Language::En) => "You will get announcements again.",
            (Self::Subscribed, Language::Ru) => "Вы снова будете получать рассылки.",
        }
    }

    /// The message that it is, where it has a button.
    pub(super) fn part(self, language: Language) -> Option<Part> {
        let words = match (self, language) {
            (Self::Unsubscribed, Language::En) => "Subscribe again",
            (Self::Unsubscribed, Language::Ru) => "Подписаться снова",
            (Self::Unknown | Self::Unavailable | Self::Completed | Self::Subscribed, _) => {
                return None;
            }
        };
        let button = (words.to_owned(), SUBSCRIBE.to_owned());
        Some(Part::of_words(self.text(language).to_owned(), vec![button]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Content, Notice};

    #[test]
    fn whoever_wants_no_broadcasts_is_offered_them_again_in_their_language() {
        for language in [Language::En, Language::Ru] {
            let notice = |said| Content::from(Notice::Scenario { said, language });
            let Content::Part(part) = notice(ScenarioNotice::Unsubscribed) else {
                panic!("it has a button")
            };
            let Part::Text { text, buttons } = *part else { panic!("a text") };
            assert_eq!(text.plain, ScenarioNotice::Unsubscribed.text(language));
            assert_eq!(buttons.rows.len(), 1);
            assert!(matches!(notice(ScenarioNotice::Subscribed), Content::Notice(_)));
        }
    }
}
