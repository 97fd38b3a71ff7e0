//! What is wrong with a text or a button, as admins are told.

use super::*;
use crate::fault::ContentFault;
use crate::field_error::FieldError;
use crate::template::{Fault, Flaw};

fn slug(name: &str) -> Slug {
    Slug::parse(name).expect("a slug")
}

fn in_template(flaw: Flaw) -> ContentFault {
    ContentFault::Template(Fault { line: 2, column: 5, flaw })
}

/// The flaw after another; without one, the first.
fn next_flaw(before: Option<&Flaw>) -> Option<Flaw> {
    let variable = || "user.nobody".to_owned();
    Some(match before {
        None => Flaw::TooLong { max: 8_000 },
        Some(Flaw::TooLong { .. }) => Flaw::NotOpened,
        Some(Flaw::NotOpened) => Flaw::NotClosed,
        Some(Flaw::NotClosed) => Flaw::Statement,
        Some(Flaw::Statement) => Flaw::NoVariable,
        Some(Flaw::NoVariable) => Flaw::NoScope { name: "name".to_owned() },
        Some(Flaw::NoScope { .. }) => Flaw::TooManyParts { found: "user.a.b".to_owned() },
        Some(Flaw::TooManyParts { .. }) => Flaw::UnknownScope { scope: "shop".to_owned() },
        Some(Flaw::UnknownScope { .. }) => {
            Flaw::UnknownVariable { variable: variable(), known: "reg_date, user_name".to_owned() }
        }
        Some(Flaw::UnknownVariable { .. }) => Flaw::OfScenario { variable: variable() },
        Some(Flaw::OfScenario { .. }) => Flaw::OnlyVariable,
        Some(Flaw::OnlyVariable) => Flaw::Unreadable { why: "unexpected end".to_owned() },
        Some(Flaw::Unreadable { .. }) => return None,
    })
}

/// The fault after another; without one, the first.
fn next(before: Option<&ContentFault>) -> Option<ContentFault> {
    Some(match before {
        None => in_template(next_flaw(None)?),
        Some(ContentFault::Template(fault)) => {
            next_flaw(Some(&fault.flaw)).map_or(ContentFault::Nothing, in_template)
        }
        Some(ContentFault::Nothing) => ContentFault::NothingWithoutValues,
        Some(ContentFault::NothingWithoutValues) => ContentFault::TooLong { max: 200 },
        Some(ContentFault::TooLong { .. }) => {
            ContentFault::TextTooLong { max: 4_096, units: 5_000 }
        }
        Some(ContentFault::TextTooLong { .. }) => {
            ContentFault::WordsTooLong { max: 256, units: 300 }
        }
        Some(ContentFault::WordsTooLong { .. }) => ContentFault::TooMany { max: 10 },
        Some(ContentFault::TooMany { .. }) => ContentFault::NoneOrTooMany { max: 8 },
        Some(ContentFault::NoneOrTooMany { .. }) => ContentFault::EmptyOrTooLong { max: 64 },
        Some(ContentFault::EmptyOrTooLong { .. }) => ContentFault::TooManyBytes { max: 2_048 },
        Some(ContentFault::TooManyBytes { .. }) => ContentFault::TooManyBytesInAll { max: 49_152 },
        Some(ContentFault::TooManyBytesInAll { .. }) => ContentFault::NoAddress,
        Some(ContentFault::NoAddress) => ContentFault::NoSuchSet { set: slug("pay") },
        Some(ContentFault::NoSuchSet { .. }) => {
            ContentFault::SetOfScenarios { fault: Box::new(ContentFault::NoAddress) }
        }
        Some(ContentFault::SetOfScenarios { .. }) => {
            ContentFault::NoSuchScenario { scenario: slug("basic") }
        }
        Some(ContentFault::NoSuchScenario { .. }) => ContentFault::NoScenario,
        Some(ContentFault::NoScenario) => ContentFault::Contradiction,
        Some(ContentFault::Contradiction) => ContentFault::StepGone,
        Some(ContentFault::StepGone) => return None,
    })
}

fn told(field: &str, fault: ContentFault) -> ToldFault {
    FieldError::of(field, fault).into()
}

#[test]
fn every_fault_is_told_in_the_admins_language() {
    let all = std::iter::successors(next(None), |it| next(Some(it)));
    let mut lines = Vec::new();
    for fault in all {
        let english = fault.to_string();
        let told = told("text", fault);
        assert_eq!(told.text(Language::En), format!("text: {english}"), "as over the API");
        let russian = told.text(Language::Ru);
        let words = russian.strip_prefix("текст: ").expect("the place in Russian");
        assert!(words.contains(|c: char| matches!(c, 'а'..='я')), "{english}: {russian}");
        let json = serde_json::to_string(&told).expect("JSON");
        assert_eq!(serde_json::from_str::<ToldFault>(&json).ok(), Some(told), "{json}");
        lines.push(format!("{english}\n    {words}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_place_of_a_fault_is_told_in_the_admins_language() {
    for (field, place) in [
        ("text", "текст"),
        ("photos", "фотографии"),
        ("photos[2]", "фотография 3"),
        ("buttons.rows", "кнопки, ряды"),
        ("buttons.rows[0].buttons[1].url", "кнопки, ряд 1, кнопка 2, адрес"),
        ("buttons.rows[0].buttons[0].callback_data", "кнопки, ряд 1, кнопка 1, данные"),
        ("buttons.button_set_ref", "кнопки, набор кнопок"),
        ("targeting.conditions[0]", "получатели, условие 1"),
        ("msg_2.paid_content", "msg_2, текст после оплаты"),
        ("a[b].c[", "a[b], c["),
    ] {
        let told = told(field, ContentFault::Nothing);
        assert_eq!(told.text(Language::Ru), format!("{place}: здесь ничего не видно"));
        assert_eq!(told.text(Language::En), format!("{field}: must say something"));
    }
    // What has no words of ours is told as the API tells it.
    let other = ToldFault::from(FieldError::new("price", "is odd"));
    assert_eq!(other.text(Language::Ru), "price: is odd");
}

#[test]
fn a_faulty_answer_is_refused_in_russian_as_in_english() {
    let mut chat = at_first_message();
    chat.text("Привет, {{ user.nobody }}").at(WizardStep::MessageText);
    let refused = chat.says[0].notice.clone();
    let english = refused.text(Language::En);
    assert!(english.starts_with("text: line 1, column 9: there is no variable"), "{english}");
    let russian = refused.text(Language::Ru);
    let begins = "текст: строка 1, символ 9: переменной `user.nobody` нет; есть ";
    assert!(russian.starts_with(begins), "{russian}");
}
