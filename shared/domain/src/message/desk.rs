//! What a bot says to an admin who works on its scenarios and broadcasts in a chat.

mod refusal;

use serde::{Deserialize, Serialize};

use crate::broadcast::Targeting;
use crate::scenario::{Part, TextPlace};
use crate::slug::Slug;
use crate::text::first_chars;
use crate::wizard::{Language, WizardSay};

pub use refusal::DeskRefusal;

/// The data of the button that sends a broadcast, before its name.
pub const SEND_BROADCAST: &str = "send:";
/// The longest name on a button, in characters.
const BUTTON_NAME: usize = 40;
/// So many places are named where a photo is used.
const PLACES: usize = 10;

/// A scenario in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedScenario {
    /// What it is called in `/start`.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// Whether a bare `/start` means it.
    pub is_default: bool,
    /// Whether it may be started.
    pub is_active: bool,
    /// How many steps it has.
    pub steps: usize,
}

/// An answer to an admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "desk", rename_all = "snake_case")]
pub enum DeskNotice {
    /// What a wizard says.
    Wizard {
        /// What.
        say: WizardSay,
    },
    /// `/scenarios`
    Scenarios {
        /// All of the bot's.
        scenarios: Vec<ListedScenario>,
    },
    /// `/set_default_scenario`
    DefaultSet {
        /// What the scenario is called.
        name: String,
    },
    /// `/delete_scenario`
    Deleted {
        /// What the scenario was called.
        name: String,
    },
    /// Something is not done.
    Refused {
        /// Why, in English.
        reason: String,
        /// The same as data, where there are words for it in other languages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<DeskRefusal>,
    },
    /// A command without the name that it needs.
    Which {
        /// The command, without its slash.
        command: String,
    },
    /// `/send_broadcast`: whom it would go to.
    BroadcastReady {
        /// The broadcast.
        slug: Slug,
        /// What people call it.
        name: String,
        /// Its conditions.
        #[serde(default)]
        targeting: Targeting,
        /// How many contacts it would go to now.
        contacts: u32,
        /// How long that takes, in seconds.
        seconds: u32,
    },
    /// A broadcast goes out.
    BroadcastStarted {
        /// What people call it.
        name: String,
    },
    /// A contact writes so much that the rest of the minute is left out.
    TooManyReplies {
        /// What they are called.
        who: String,
    },
    /// All contacts together write so much that some of it is left out.
    TooManyContacts,
    /// There is nothing to demonstrate.
    DemoEmpty,
    /// A demonstration has shown some of a scenario's steps.
    DemoGoesOn {
        /// The scenario.
        slug: Slug,
        /// How many steps were shown, those of the messages before among them.
        shown: usize,
        /// How many there are.
        of: usize,
    },
    /// An answer to a contact did not arrive.
    AnswerLost,
    /// A stored photo is gone, at Telegram and in the store.
    PhotoGone {
        /// Where it is used.
        places: Vec<TextPlace>,
    },
}

impl DeskNotice {
    /// The words, in plain text.
    pub fn text(&self, language: Language) -> String {
        let ru = language == Language::Ru;
        match self {
            Self::Wizard { say } => say.notice.text(language),
            Self::Scenarios { scenarios } => list(scenarios, ru),
            Self::DefaultSet { name } if ru => format!("/start теперь начинает «{name}»."),
            Self::DefaultSet { name } => format!("/start begins “{name}” from now on."),
            Self::Deleted { name } if ru => format!("«{name}» удалён."),
            Self::Deleted { name } => format!("“{name}” is deleted."),
            Self::Refused { why: Some(why), .. } if ru => {
                format!("Не получилось: {}", why.russian())
            }
            Self::Refused { reason, .. } if ru => format!("Не получилось: {reason}"),
            Self::Refused { reason, .. } => format!("That did not work: {reason}"),
            Self::Which { command } if ru => format!("Укажите имя: /{command} имя"),
            Self::Which { command } => format!("Say which one: /{command} name"),
            Self::BroadcastReady { name, targeting, contacts, seconds, .. } => {
                let (minutes, to) = (seconds.div_ceil(60), targeting.text(language));
                if ru {
                    format!(
                        "«{name}»: получателей {contacts}, около {minutes} мин.\nКому: {to}\n\
                         Другие условия – в новой рассылке: /create_broadcast\n\nОтправить?"
                    )
                } else {
                    format!(
                        "“{name}” goes to {contacts} contacts, in about {minutes} min.\nTo: {to}\n\
                         For other conditions write it anew: /create_broadcast\n\nSend it?"
                    )
                }
            }
            Self::TooManyReplies { who } if ru => {
                format!("{who} пишет слишком часто: остальное за эту минуту не показано.")
            }
            Self::TooManyReplies { who } => {
                format!("{who} writes too much: the rest of this minute is left out.")
            }
            Self::PhotoGone { places } => photo_gone(places, ru),
            Self::TooManyContacts if ru => {
                "Боту пишут слишком много: часть сообщений не показана.".to_owned()
            }
            Self::TooManyContacts => {
                "So many write to the bot that some messages are left out.".to_owned()
            }
            Self::DemoEmpty if ru => "Сообщений пока нет.".to_owned(),
            Self::DemoEmpty => "There are no messages yet.".to_owned(),
            Self::DemoGoesOn { slug, shown, of } => {
                let next = format!("/demo_scenario {slug} {}", shown + 1);
                if ru {
                    format!("Показано сообщений: {shown} из {of}. Дальше: {next}")
                } else {
                    format!("{shown} of {of} messages are shown. To go on: {next}")
                }
            }
            Self::AnswerLost if ru => "Ответ не доставлен.".to_owned(),
            Self::AnswerLost => "Your answer did not arrive.".to_owned(),
            Self::BroadcastStarted { name } if ru => format!("Рассылка «{name}» началась."),
            Self::BroadcastStarted { name } => format!("“{name}” goes out."),
        }
    }

    /// The buttons, one below the other: each with its words and its data.
    fn buttons(&self, language: Language) -> Vec<(String, String)> {
        match self {
            Self::Wizard { say } => {
                let button = |button: &crate::wizard::WizardButton| {
                    let chosen = say.notice.has_chosen(&button.press);
                    (button.press.label(language, chosen), button.to_string())
                };
                say.buttons.iter().map(button).collect()
            }
            Self::Scenarios { scenarios } => {
                let data = |it: &ListedScenario| format!("/edit_scenario {}", it.slug);
                let name = |it: &ListedScenario| first_chars(&it.name, BUTTON_NAME).to_owned();
                scenarios.iter().map(|it| (name(it), data(it))).collect()
            }
            Self::BroadcastReady { slug, .. } => {
                let words = if language == Language::Ru { "Отправить" } else { "Send" };
                vec![(words.to_owned(), format!("{SEND_BROADCAST}{slug}"))]
            }
            _ => Vec::new(),
        }
    }

    /// The message that it is.
    pub fn part(&self, language: Language) -> Part {
        Part::of_words(self.text(language), self.buttons(language))
    }
}

fn photo_gone(places: &[TextPlace], ru: bool) -> String {
    let words = if ru {
        "Фотография пропала: её больше нет ни в Telegram, ни в хранилище. Сообщения уходят без неё. Пришлите её заново через /edit_scenario или загрузите снова."
    } else {
        "A photo is gone: neither Telegram nor the store has it any more. Messages go out without it. Send it anew by /edit_scenario, or store it again."
    };
    let place = |it: &TextPlace| if ru { refusal::place(it) } else { it.to_string() };
    let shown = places.iter().take(PLACES).map(place);
    let more = (places.len() > PLACES).then(|| "…".to_owned());
    std::iter::once(words.to_owned()).chain(shown).chain(more).collect::<Vec<_>>().join("\n")
}

fn list(scenarios: &[ListedScenario], ru: bool) -> String {
    if scenarios.is_empty() {
        return if ru {
            "Сценариев пока нет. Создать: /create_scenario".to_owned()
        } else {
            "There are no scenarios yet. /create_scenario makes one.".to_owned()
        };
    }
    let line = |it: &ListedScenario| {
        let mark = match (it.is_default, it.is_active) {
            (true, _) => "★ ",
            (false, true) => "",
            (false, false) => "⏸ ",
        };
        let steps = if ru { "сообщений" } else { "messages" };
        format!("{mark}{} – /start {} – {steps}: {}", it.name, it.slug, it.steps)
    };
    scenarios.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::Condition;
    use crate::time::Timestamp;

    #[test]
    fn the_data_of_every_button_fits_telegram() {
        let slug = Slug::parse(&"a".repeat(48)).expect("a slug");
        let listed = ListedScenario {
            slug: slug.clone(),
            name: "Name <b>".to_owned(),
            is_default: true,
            is_active: true,
            steps: 3,
        };
        let (name, contacts, seconds) = ("News".to_owned(), 61, 61);
        for notice in [
            DeskNotice::Scenarios { scenarios: vec![listed] },
            DeskNotice::BroadcastReady {
                slug,
                name,
                targeting: Targeting::default(),
                contacts,
                seconds,
            },
        ] {
            let buttons = notice.buttons(Language::Ru);
            assert!(!buttons.is_empty());
            assert!(buttons.iter().all(|(_, data)| data.len() <= 64), "{buttons:?}");
        }
    }

    #[test]
    fn before_a_broadcast_is_sent_all_of_its_conditions_are_said() {
        let slug = |name: &str| Slug::parse(name).expect("a slug");
        let day = Timestamp::from_millis(0);
        let conditions = vec![
            Condition::HasNotPaid,
            Condition::InScenario(slug("premium")),
            Condition::RegisteredAfter(day),
        ];
        let ready = |conditions| DeskNotice::BroadcastReady {
            slug: slug("news"),
            name: "News".to_owned(),
            targeting: Targeting { conditions },
            contacts: 61,
            seconds: 61,
        };
        for (language, everyone, some) in [
            (
                Language::En,
                "To: everyone\n",
                "To: Has not paid, In a scenario: premium, Came after a day: 1970-01-01 00:00 UTC\n",
            ),
            (
                Language::Ru,
                "Кому: все\n",
                "Кому: Ничего не оплачено, В сценарии: premium, Появился после даты: 1970-01-01 00:00 UTC\n",
            ),
        ] {
            let (all, chosen) = (ready(Vec::new()), ready(conditions.clone()));
            assert!(all.text(language).contains(everyone), "{}", all.text(language));
            assert!(chosen.text(language).contains(some), "{}", chosen.text(language));
        }
    }

    #[test]
    fn of_a_photo_that_is_gone_some_of_its_places_are_named() {
        let slug = |name: &str| Slug::parse(name).expect("a slug");
        let place =
            |n: usize| TextPlace::Step { scenario: slug(&format!("s{n}")), step: slug("one") };
        let places = |count: usize| (0..count).map(place);
        for (language, end) in [
            (Language::En, "\nscenario s0, step one\nscenario s1, step one"),
            (Language::Ru, "\nсценарий s0, сообщение one\nсценарий s1, сообщение one"),
        ] {
            let few = DeskNotice::PhotoGone { places: places(2).collect() }.text(language);
            assert!(few.ends_with(end), "{few}");
            let many = DeskNotice::PhotoGone { places: places(200).collect() }.text(language);
            assert!(many.lines().count() == PLACES + 2 && many.ends_with('…'), "{many}");
        }
    }

    #[test]
    fn names_are_escaped_and_both_languages_have_words() {
        let notice = DeskNotice::Deleted { name: "<b>&".to_owned() };
        let Part::Text { text, .. } = notice.part(Language::En) else { panic!("a text") };
        assert_eq!(text.html, "“&lt;b&gt;&amp;” is deleted.");
        let slug = Slug::parse("course").expect("a slug");
        let more = DeskNotice::DemoGoesOn { slug, shown: 50, of: 52 };
        for notice in [
            notice,
            more,
            DeskNotice::DemoEmpty,
            DeskNotice::TooManyContacts,
            DeskNotice::AnswerLost,
        ] {
            assert_ne!(notice.text(Language::En), notice.text(Language::Ru));
        }
    }
}
