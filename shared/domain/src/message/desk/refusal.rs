//! Why something is not done for an admin in a chat.

use serde::{Deserialize, Serialize};

use crate::scenario::{ScenarioCode, TextPlace};
use crate::wizard::{Language, ToldFault};

/// Why something is not done, as far as there are words for it in other languages than English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskRefusal {
    /// What was to be saved or sent is faulty.
    Faulty(Vec<ToldFault>),
    /// A scenario, a message of it or a contact is not there, or not in a state that allows this.
    Scenario(ScenarioCode),
    /// The default scenario is not deleted.
    DefaultScenario,
    /// There is no such bot: it was removed while the admin was at work.
    NoBot,
    /// There is no such broadcast.
    NoBroadcast,
    /// The broadcast's status does not allow this: it has been sent, or cancelled.
    BroadcastStatus,
    /// The bot has or had as many scenarios as it can have.
    TooManyScenarios,
    /// The scenario has as many messages or edits as it can have.
    TooManySteps,
    /// The name is given already.
    Taken,
}

impl DeskRefusal {
    /// The words in Russian.
    pub(super) fn russian(&self) -> String {
        let words = match self {
            Self::Faulty(faults) => {
                let told = faults.iter().map(|it| it.text(Language::Ru));
                return told.collect::<Vec<_>>().join("\n");
            }
            Self::Scenario(code) => of_code(*code),
            Self::DefaultScenario => {
                "основной сценарий не удаляется: сначала сделайте основным другой (/set_default_scenario)"
            }
            Self::NoBot => "этого бота больше нет",
            Self::NoBroadcast => "такой рассылки нет",
            Self::BroadcastStatus => "рассылка уже отправлена или отменена",
            Self::TooManyScenarios => "у бота слишком много сценариев, включая удалённые",
            Self::TooManySteps => {
                "в сценарии слишком много сообщений, или их слишком часто добавляли и перемещали"
            }
            Self::Taken => "такое имя уже занято",
        };
        words.to_owned()
    }
}

const fn of_code(code: ScenarioCode) -> &'static str {
    match code {
        ScenarioCode::ScenarioNotFound => "такого сценария нет",
        ScenarioCode::ScenarioAlreadyActive => "сценарий уже идёт",
        ScenarioCode::InvalidScenarioState => "состояние сценария этого не позволяет",
        ScenarioCode::MessageNotFound => "такого сообщения нет",
        ScenarioCode::TemplateRenderFailed => "по этому шаблону не получается текст",
        ScenarioCode::ScheduleFailed => "следующее сообщение не удалось запланировать",
        ScenarioCode::UserNotFound => "такого контакта нет",
        ScenarioCode::PaymentRequired => "нужна оплата",
    }
}

/// A text of a bot's, in Russian.
pub(super) fn place(place: &TextPlace) -> String {
    match place {
        TextPlace::Part { scenario, part } => {
            let part = match part.as_str() {
                "consent" => "согласие",
                "summary" => "итоговое сообщение",
                "product.paid_content" => "текст после оплаты",
                other => other,
            };
            format!("сценарий {scenario}, {part}")
        }
        TextPlace::Step { scenario, step } => format!("сценарий {scenario}, сообщение {step}"),
        TextPlace::ButtonSet(set) => format!("набор кнопок {set}"),
        TextPlace::Broadcast(broadcast) => format!("рассылка {broadcast}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::ContentFault;
    use crate::field_error::FieldError;
    use crate::message::DeskNotice;
    use crate::slug::Slug;

    /// The one after another; without one, the first.
    fn next(before: Option<&DeskRefusal>) -> Option<DeskRefusal> {
        let fault = || ToldFault::from(FieldError::of("text", ContentFault::Nothing));
        Some(match before {
            None => DeskRefusal::Faulty(vec![fault(), fault()]),
            Some(DeskRefusal::Faulty(_)) => DeskRefusal::Scenario(ScenarioCode::ScenarioNotFound),
            Some(DeskRefusal::Scenario(_)) => DeskRefusal::DefaultScenario,
            Some(DeskRefusal::DefaultScenario) => DeskRefusal::NoBot,
            Some(DeskRefusal::NoBot) => DeskRefusal::NoBroadcast,
            Some(DeskRefusal::NoBroadcast) => DeskRefusal::BroadcastStatus,
            Some(DeskRefusal::BroadcastStatus) => DeskRefusal::TooManyScenarios,
            Some(DeskRefusal::TooManyScenarios) => DeskRefusal::TooManySteps,
            Some(DeskRefusal::TooManySteps) => DeskRefusal::Taken,
            Some(DeskRefusal::Taken) => return None,
        })
    }

    fn is_russian(text: &str) -> bool {
        text.contains(|c: char| matches!(c, 'а'..='я'))
    }

    #[test]
    fn why_something_is_not_done_is_told_in_the_language_of_who_asked() {
        let all = std::iter::successors(next(None), |it| next(Some(it)));
        let codes = ScenarioCode::ALL.map(DeskRefusal::Scenario);
        for why in all.chain(codes) {
            let text = why.russian();
            assert!(is_russian(&text), "{why:?}: {text}");
            let notice = DeskNotice::Refused { reason: "why".to_owned(), why: Some(why) };
            assert_eq!(notice.text(Language::En), "That did not work: why");
            assert_eq!(notice.text(Language::Ru), format!("Не получилось: {text}"));
            let json = serde_json::to_string(&notice).expect("JSON");
            assert_eq!(serde_json::from_str::<DeskNotice>(&json).ok(), Some(notice), "{json}");
        }
    }

    #[test]
    fn places_are_told_in_both_languages() {
        let slug = |name: &str| Slug::parse(name).expect("a slug");
        let part = |part: &str| TextPlace::Part { scenario: slug("basic"), part: part.to_owned() };
        for (at, english, russian) in [
            (part("summary"), "scenario basic, summary", "сценарий basic, итоговое сообщение"),
            (part("consent"), "scenario basic, consent", "сценарий basic, согласие"),
            (
                TextPlace::Step { scenario: slug("basic"), step: slug("one") },
                "scenario basic, step one",
                "сценарий basic, сообщение one",
            ),
            (TextPlace::ButtonSet(slug("pay")), "button set pay", "набор кнопок pay"),
            (TextPlace::Broadcast(slug("sale")), "broadcast sale", "рассылка sale"),
        ] {
            assert_eq!((at.to_string().as_str(), place(&at).as_str()), (english, russian));
        }
    }
}
