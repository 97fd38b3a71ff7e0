mod captions;
mod editing;
mod faults;
mod moving;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::button::{Buttons, Does, Rows};
use crate::scenario::{ContentRules, MAX_PHOTOS, Photo};
use crate::template::Names;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A chat with a wizard.
struct Chat {
    wizard: Option<Wizard>,
    says: Vec<WizardSay>,
    commands: Vec<WizardCommand>,
    now: Timestamp,
}

impl Chat {
    fn of(outcome: Outcome) -> Self {
        let Outcome { wizard, says, commands } = outcome;
        Self { wizard, says, commands, now: NOW }
    }

    fn begin(kind: WizardKind) -> Self {
        Self::of(Wizard::begin(kind, 7, NOW))
    }

    /// Sends an input to the wizard, which was written and read back since the one before.
    fn send(&mut self, input: Input) -> &mut Self {
        let wizard = self.wizard.take().expect("a wizard is under way");
        let json = serde_json::to_string(&wizard).expect("JSON");
        let wizard: Wizard = serde_json::from_str(&json).expect("a wizard");
        let names = Names::default();
        let sets = BTreeMap::from([(Slug::parse("pay").expect("a slug"), Rows::default())]);
        let rules = ContentRules { names: &names, button_sets: &sets };
        let Outcome { wizard, says, commands } = wizard.handle(input, rules, self.now);
        (self.wizard, self.says) = (wizard, says);
        self.commands.extend(commands);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.send(Input::Text(text.to_owned()))
    }

    fn photo(&mut self, id: &str) -> &mut Self {
        self.send(Input::Photo { id: id.to_owned(), caption: None })
    }

    fn captioned(&mut self, id: &str, caption: &str) -> &mut Self {
        self.send(Input::Photo { id: id.to_owned(), caption: Some(caption.to_owned()) })
    }

    /// Presses a button of the last question.
    fn press(&mut self, press: &Press) -> &mut Self {
        let data = self.data(press);
        self.send(Input::Press(data))
    }

    fn data(&self, press: &Press) -> String {
        let buttons = self.says.last().map(|it| it.buttons.clone()).unwrap_or_default();
        let button = buttons.into_iter().find(|it| it.press == *press);
        button.unwrap_or_else(|| panic!("no button {press:?}: {:?}", self.says)).to_string()
    }

    fn step(&self) -> Option<WizardStep> {
        self.wizard.as_ref().map(|it| it.step)
    }

    fn at(&self, step: WizardStep) {
        assert_eq!(self.step(), Some(step), "{:?}", self.says);
    }

    fn refused_for(&self) -> Vec<Refusal> {
        match self.says.first().map(|it| &it.notice) {
            Some(WizardNotice::Refused { reasons }) => reasons.clone(),
            _ => Vec::new(),
        }
    }
}

/// A chat that has confirmed the general part of a new scenario and skipped the summary.
fn at_first_message() -> Chat {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text("Курс").press(&Press::Skip).press(&Press::Confirm).press(&Press::Skip);
    chat.at(WizardStep::MessageText);
    chat
}

#[test]
fn a_scenario_is_made_step_by_step_and_saved_as_a_whole() {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text("Premium course").text("Premium").text("1 500").text("Thank you!");
    chat.text("-1001234567890").at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Confirm).text("You have **done** it").photo("p1").photo("p2");
    chat.press(&Press::Done).text("@pay").at(WizardStep::ConfirmSummary);
    chat.press(&Press::Confirm).text("Hello {{ user.user_name }}").press(&Press::Done);
    chat.text("0").text("More | https://example.com").at(WizardStep::ConfirmMessage);
    chat.press(&Press::Confirm).press(&Press::More).text("Second").photo("p3").press(&Press::Done);
    chat.text("1d 2:00").at(WizardStep::MessageTiming);
    chat.text("1d 2h").press(&Press::Skip).press(&Press::Confirm);
    assert_eq!(chat.commands, [], "nothing is saved before the end");
    chat.press(&Press::Finish);
    assert_eq!(chat.wizard, None);
    let [general, summary, first, second] = &chat.commands[..] else {
        panic!("{:?}", chat.commands);
    };
    let product = Product {
        name: "Premium".to_owned(),
        price: Decimal::from(1_500),
        paid_content: "Thank you!".to_owned(),
    };
    let expected = WizardCommand::CreateScenario {
        name: "Premium course".to_owned(),
        product: Some(product),
        private_group_id: Some(-1_001_234_567_890),
    };
    assert_eq!(*general, expected);
    let WizardCommand::SetSummary { summary: Some(summary) } = summary else {
        panic!("{summary:?}")
    };
    assert_eq!(summary.photos, ["p1", "p2"].map(|it| Photo::FileId(it.to_owned())));
    assert!(matches!(summary.buttons, Some(Buttons::Set { .. })));
    let (WizardCommand::AddStep(first), WizardCommand::AddStep(second)) = (first, second) else {
        panic!("{first:?} {second:?}");
    };
    assert_eq!((first.delay, second.delay), (0, 93_600));
    assert_eq!((first.content.photos.len(), second.content.photos.len()), (0, 1));
    let Some(Buttons::Inline(rows)) = &first.content.buttons else { panic!("{first:?}") };
    assert!(
        matches!(&rows.rows[0].buttons[0].does, Does::Url { url } if url == "https://example.com")
    );
}

#[test]
fn a_broadcast_is_made_with_its_conditions() {
    let mut chat = Chat::begin(WizardKind::CreateBroadcast);
    chat.text("News").text("This is {{ scenario.name }}").at(WizardStep::BroadcastText);
    let [Refusal::Faulty(fault)] = &chat.refused_for()[..] else { panic!("{:?}", chat.says) };
    assert!(fault.message.contains("belongs to none"), "{fault:?}");
    chat.text("Read this").press(&Press::Done).press(&Press::Skip);
    chat.press(&Press::Toggle(Condition::HasPaid)).press(&Press::Toggle(Condition::HasNotPaid));
    chat.press(&Press::Done);
    assert_eq!(chat.refused_for(), [Refusal::NobodyMatches]);
    chat.press(&Press::Toggle(Condition::HasPaid));
    chat.press(&Press::Toggle(Condition::NoActiveScenario)).press(&Press::Done);
    chat.at(WizardStep::ConfirmBroadcast);
    chat.press(&Press::Confirm);
    let [WizardCommand::CreateBroadcast { name, targeting, .. }] = &chat.commands[..] else {
        panic!("{:?}", chat.commands);
    };
    assert_eq!(name, "News");
    assert_eq!(targeting.conditions, [Condition::HasNotPaid, Condition::NoActiveScenario]);
}

#[test]
fn what_does_not_fit_is_asked_for_again_with_the_reason_and_nothing_is_lost() {
    let long = "x".repeat(201);
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    let refuse = |chat: &mut Chat, input: Input, reason: Refusal| {
        let (step, draft) = chat.wizard.clone().map(|it| (it.step, it.draft)).expect("under way");
        chat.send(input.clone());
        assert_eq!(chat.refused_for(), [reason], "{input:?}");
        let after = chat.wizard.clone().map(|it| (it.step, it.draft));
        assert_eq!(after, Some((step, draft)), "{input:?}");
        assert_eq!(chat.says.len(), 2, "the reason, and the question again");
    };
    let text = |text: &str| Input::Text(text.to_owned());
    let photo = || Input::Photo { id: "p".to_owned(), caption: None };
    refuse(&mut chat, photo(), Refusal::TextExpected);
    refuse(&mut chat, Input::Other, Refusal::TextExpected);
    refuse(&mut chat, text(" \u{200B}"), Refusal::Empty);
    refuse(&mut chat, text(&long), Refusal::TooLong { max: 200 });
    chat.text("Name");
    refuse(&mut chat, text(&long), Refusal::TooLong { max: 200 });
    chat.text("Product");
    let price = || Refusal::NotAPrice { max: crate::scenario::MAX_PRICE };
    for bad in ["0", "-5", "1.5", "abc", "1000001", "99999999999999999999", "1500₽", "+5"] {
        refuse(&mut chat, text(bad), price());
    }
    chat.text("1000000");
    refuse(&mut chat, text(&"x".repeat(2_001)), Refusal::TooLong { max: 2_000 });
    chat.text("Thanks");
    refuse(&mut chat, text("1234567"), Refusal::NotAGroup);
    chat.text("-100123");
    refuse(&mut chat, text("yes"), Refusal::PressExpected);
    refuse(&mut chat, photo(), Refusal::PressExpected);
    chat.press(&Press::Confirm).press(&Press::Skip).text("Hello");
    refuse(&mut chat, text("hello?"), Refusal::PhotoExpected);
    refuse(&mut chat, Input::Other, Refusal::PhotoExpected);
    for n in 0..MAX_PHOTOS {
        chat.photo(&n.to_string());
    }
    refuse(&mut chat, photo(), Refusal::TooManyPhotos { max: MAX_PHOTOS });
    chat.press(&Press::Done);
    refuse(&mut chat, text("soon"), Refusal::NotADelay);
    chat.text("5m");
    refuse(&mut chat, text("just words"), Refusal::NotAButton { line: 1 });
    refuse(&mut chat, text("a | https://example.com\n\nb"), Refusal::NotAButton { line: 3 });
}

#[test]
fn faults_of_texts_and_buttons_are_told_all_at_once() {
    let mut chat = at_first_message();
    chat.text("{{ user.x }} {{ shop.y }}").at(WizardStep::MessageText);
    assert_eq!(chat.refused_for().len(), 2);
    chat.text("Hello").press(&Press::Done).text("0");
    chat.text("a | https://localhost/ ; b | nowhere").at(WizardStep::MessageButtons);
    assert_eq!(chat.refused_for().len(), 2);
    chat.text("@gone");
    assert_eq!(chat.refused_for().len(), 1);
    chat.text("@pay").at(WizardStep::ConfirmMessage);
}

#[test]
fn a_field_is_edited_from_the_confirmation_and_leads_back_there() {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text("Name").text("Product").text("100").press(&Press::Skip).press(&Press::Skip);
    chat.at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Edit).at(WizardStep::EditGeneral);
    chat.press(&Press::Field(WizardStep::ProductPrice)).text("x").at(WizardStep::ProductPrice);
    chat.text("200").at(WizardStep::ConfirmGeneral);
    let review = chat.says.last().map(|it| it.notice.clone());
    let Some(WizardNotice::Review(review)) = review else { panic!("{review:?}") };
    assert!(
        matches!(*review, Review::General { product_price: Some(price), .. } if price == Decimal::from(200))
    );
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::ScenarioName)).press(&Press::Back);
    chat.at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Edit).press(&Press::Back).at(WizardStep::ConfirmGeneral);
}

#[test]
fn a_product_that_comes_or_goes_takes_its_fields_with_it() {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text("Name").press(&Press::Skip).at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Edit);
    let fields = chat.wizard.as_ref().map(Wizard::presses).unwrap_or_default();
    assert!(!fields.contains(&Press::Field(WizardStep::ProductPrice)), "{fields:?}");
    chat.press(&Press::Field(WizardStep::ProductName)).text("Product");
    chat.at(WizardStep::ProductPrice);
    chat.text("100").press(&Press::Skip).text("-100123").at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::ProductName)).press(&Press::Skip);
    chat.at(WizardStep::ConfirmGeneral);
    let draft = chat.wizard.map(|it| it.draft).expect("under way");
    assert_eq!((draft.product_price, draft.private_group_id), (None, None));
}

#[test]
fn a_button_of_another_question_or_wizard_does_nothing() {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text("Name").press(&Press::Skip);
    let confirm = chat.data(&Press::Confirm);
    chat.press(&Press::Confirm).at(WizardStep::SummaryMessage);
    for data in [confirm.as_str(), "w:7:confirm", "w:x:confirm", "pause:1", "w:9:field:nothing", ""]
    {
        chat.send(Input::Press(data.to_owned())).at(WizardStep::SummaryMessage);
        assert_eq!(chat.says[0].notice, WizardNotice::Outdated, "{data}");
        assert_eq!(chat.says.len(), 2, "the question stands again");
    }
    chat.text("Summary").at(WizardStep::SummaryPhotos);
    let done = chat.data(&Press::Done);
    chat.photo("p1").photo("p2").send(Input::Press(done)).at(WizardStep::SummaryButtons);
    chat.press(&Press::Skip).at(WizardStep::ConfirmSummary);
    chat.send(Input::Press(confirm)).at(WizardStep::ConfirmSummary);
    assert_eq!(chat.says[0].notice, WizardNotice::Outdated, "it confirmed something else");
    let current = chat.data(&Press::Confirm);
    chat.send(Input::Press(current.clone())).at(WizardStep::MessageText);
    chat.send(Input::Press(current)).at(WizardStep::MessageText);
}

#[test]
fn cancel_ends_a_wizard_at_any_step_and_time_does() {
    let mut chat = at_first_message();
    chat.send(Input::Cancel);
    assert_eq!((chat.step(), &chat.says[0].notice), (None, &WizardNotice::Cancelled));
    let mut chat = at_first_message();
    chat.now = NOW + WIZARD_LIFE - Duration::from_millis(1);
    chat.text("Hello").at(WizardStep::MessagePhotos);
    chat.now = chat.now + WIZARD_LIFE - Duration::from_millis(1);
    chat.press(&Press::Done).at(WizardStep::MessageTiming);
    chat.now = chat.now + WIZARD_LIFE;
    chat.text("0");
    assert_eq!((chat.step(), &chat.says[0].notice), (None, &WizardNotice::Expired));
    assert_eq!(chat.commands, []);
}

#[test]
fn a_scenario_needs_a_message_and_a_wizard_takes_so_many() {
    let mut chat = at_first_message();
    for n in 0..MAX_MESSAGES {
        chat.text(&n.to_string()).press(&Press::Done).text("1h").press(&Press::Skip);
        chat.press(&Press::Confirm);
        if n + 1 < MAX_MESSAGES {
            chat.press(&Press::More);
        }
    }
    chat.press(&Press::More).at(WizardStep::AddMoreMessages);
    assert_eq!(chat.refused_for(), [Refusal::TooManyMessages { max: MAX_MESSAGES }]);
    chat.press(&Press::Finish);
    assert_eq!(chat.commands.len(), MAX_MESSAGES + 1);
}

#[test]
fn a_scenario_is_edited_with_what_it_has() {
    let mut scenario = crate::scenario::tests::scenario();
    scenario.summary = Some(StepContent { text: "Old".to_owned(), ..StepContent::default() });
    let mut chat = Chat::of(Wizard::edit(&scenario, Vec::new(), 7, NOW));
    chat.at(WizardStep::ConfirmGeneral);
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::ScenarioName)).text("New name");
    chat.press(&Press::Confirm).at(WizardStep::ConfirmSummary);
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::SummaryMessage)).text("New");
    chat.press(&Press::Confirm).at(WizardStep::ChooseMessage);
    chat.press(&Press::Finish);
    let [
        WizardCommand::UpdateScenario { slug, before, after },
        WizardCommand::SetSummary { summary },
    ] = &chat.commands[..]
    else {
        panic!("{:?}", chat.commands);
    };
    assert_eq!((slug, after.name.as_str()), (&scenario.slug, "New name"));
    assert_eq!((&before.name, &before.product), (&scenario.name, &after.product));
    assert_eq!(summary.as_ref().map(|it| it.text.as_str()), Some("New"));
}

#[test]
fn lengths_of_time_are_read_as_people_write_them() {
    for (text, seconds) in [
        ("0", Some(0)),
        ("2:30", Some(9_000)),
        ("1:00:05", Some(3_605)),
        ("48:00", Some(172_800)),
        ("1d 2h 30m 5s", Some(95_405)),
        ("1д 2ч 30м 5с", Some(95_405)),
        ("2 часа 5 минут", Some(7_500)),
        ("10 сек.", Some(10)),
        ("1 day, 3 hours", Some(97_200)),
        ("90M", Some(5_400)),
        ("5", None),
        ("", None),
        ("soon", None),
        ("-1h", None),
        ("1:60", None),
        ("1:2:3:4", None),
        ("30m 1h", None),
        ("1h 1h", None),
        ("1.5h", None),
        ("367d", None),
        ("99999999999h", None),
        ("5000000000:00", None),
    ] {
        assert_eq!(read_delay(text).ok(), seconds, "{text}");
    }
}

#[test]
fn data_of_buttons_fits_and_is_read_back() {
    let steps = Section::ALL.into_iter().flat_map(|it| it.fields().iter().copied());
    let presses = steps.map(Press::Field).chain([
        Press::Confirm,
        Press::Finish,
        Press::Toggle(Condition::NoActiveScenario),
        Press::Messages,
        Press::Message(u32::MAX),
        Press::Earlier,
        Press::Later,
        Press::Delete,
        Press::After,
        Press::Move,
        Press::Behind(u32::MAX),
    ]);
    for press in presses {
        let button = WizardButton { token: u32::MAX, press };
        let data = button.to_string();
        assert!(data.len() <= 64, "{data}");
        assert_eq!(data.parse(), Ok(button));
    }
}

#[test]
fn steps_are_named_as_in_the_bot_before() {
    let names = ["scenario_name", "product_name", "product_price", "paid_content"]
        .into_iter()
        .chain(["private_group_id", "confirm_general", "edit_general", "summary_message"])
        .chain(["summary_photos", "summary_buttons", "confirm_summary", "edit_summary"])
        .chain(["message_text", "message_photos", "message_timing", "message_buttons"])
        .chain(["confirm_message", "edit_message", "add_more_messages"]);
    for name in names {
        let step: Result<WizardStep, _> = serde_json::from_value(name.into());
        assert!(step.is_ok(), "{name}");
    }
}

#[test]
fn all_is_said_in_both_languages() {
    assert_eq!(Language::of_code(Some("ru-RU")), Language::Ru);
    assert_eq!(Language::of_code(Some("de")), Language::En);
    assert_eq!(Language::of_code(None), Language::En);
    let chat = at_first_message();
    let asked = &chat.says[0].notice;
    assert!(asked.text(Language::Ru).contains("текст"), "{asked:?}");
    assert!(asked.text(Language::En).contains("text"), "{asked:?}");
    let chosen = Press::Toggle(Condition::HasPaid).label(Language::En, true);
    assert_eq!(chosen, "☑ Has paid");
}

#[test]
fn the_longest_answers_are_shown_in_a_message() {
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.text(&"👍".repeat(200)).text(&"👍".repeat(200)).text("1").text(&"👍".repeat(2_000));
    chat.press(&Press::Skip).at(WizardStep::ConfirmGeneral);
    let general = chat.says[0].notice.text(Language::Ru);
    let mut chat = at_first_message();
    let row = format!("{} | https://example.com/{}\n", "👍".repeat(120), "x".repeat(900));
    chat.text(&"👍".repeat(2_048)).press(&Press::Done).text("1h").text(&row.repeat(20));
    chat.at(WizardStep::ConfirmMessage);
    let message = chat.says[0].notice.text(Language::Ru);
    for text in [general, message] {
        assert!(text.encode_utf16().count() <= 4_096 && text.contains('…'), "{text}");
    }
}

fn input() -> impl Strategy<Value = Option<Input>> {
    let text = prop_oneof![
        Just("Name".to_owned()),
        Just("100".to_owned()),
        Just("-100123".to_owned()),
        Just("2h".to_owned()),
        Just("a | https://example.com".to_owned()),
        Just("@pay".to_owned()),
        any::<String>(),
    ];
    prop_oneof![
        4 => text.prop_map(|it| Some(Input::Text(it))),
        1 => any::<Option<String>>().prop_map(|caption| {
            Some(Input::Photo { id: "p".to_owned(), caption })
        }),
        1 => Just(Some(Input::Other)),
        1 => any::<String>().prop_map(|it| Some(Input::Press(it))),
        // A button of the last question.
        6 => Just(None),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_a_wizard_asks_on_until_it_is_saved(
        broadcast in any::<bool>(),
        inputs in prop::collection::vec((input(), any::<prop::sample::Index>()), 0..80),
    ) {
        let kind =
            if broadcast { WizardKind::CreateBroadcast } else { WizardKind::CreateScenario };
        let mut chat = Chat::begin(kind);
        for (input, which) in inputs {
            let question = chat.says.last().cloned().expect("a question");
            let pressed = || which.get(&question.buttons).to_string();
            let input = match input {
                Some(input) => input,
                None if question.buttons.is_empty() => Input::Text("Text".to_owned()),
                None => Input::Press(pressed()),
            };
            chat.send(input);
            let last = chat.says.last().expect("it says something");
            for language in [Language::En, Language::Ru] {
                let text = last.notice.text(language);
                prop_assert!(!text.is_empty() && text.encode_utf16().count() <= 4_096);
                let labels = last.buttons.iter().map(|it| it.press.label(language, false));
                prop_assert!(labels.into_iter().all(|it| !it.is_empty()));
            }
            if chat.wizard.is_none() {
                let saved = matches!(last.notice, WizardNotice::Saved { .. });
                prop_assert!(saved && !chat.commands.is_empty());
                break;
            }
            prop_assert!(chat.commands.is_empty(), "nothing is saved before the end");
        }
    }
}
