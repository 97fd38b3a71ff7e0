//! Messages that a scenario has.

use super::*;

pub(super) fn listed(n: u32) -> ListedStep {
    let slug = Slug::parse(&format!("msg_{n}")).expect("a slug");
    ListedStep { slug, title: format!("Text {n}"), delay: n * 60 }
}

/// A chat with the list of a scenario's messages, of which there are so many.
pub(super) fn at_messages(count: u32) -> Chat {
    let scenario = crate::scenario::tests::scenario();
    let steps = (1..=count).map(listed).collect();
    let mut chat = Chat::of(Wizard::edit(&scenario, steps, 7, NOW));
    chat.press(&Press::Messages).at(WizardStep::ChooseMessage);
    chat
}

impl Chat {
    /// Chooses a message, which says `Text` and its number.
    pub(super) fn choose(&mut self, number: u32) -> &mut Self {
        let content = StepContent { text: format!("Text {number}"), ..StepContent::default() };
        self.choose_found(number, Some((content, number * 60)))
    }

    pub(super) fn choose_found(
        &mut self,
        number: u32,
        found: Option<(StepContent, u32)>,
    ) -> &mut Self {
        let press = Input::Press(self.data(&Press::Message(number)));
        let wizard = self.wizard.as_ref().expect("under way");
        let step = wizard.chooses(&press).expect("a message").clone();
        self.send(Input::Chosen { step, found })
    }

    /// What is saved, the general part aside.
    pub(super) fn saved(&mut self) -> Vec<WizardCommand> {
        self.press(&Press::Finish);
        assert_eq!(self.wizard, None, "{:?}", self.says);
        assert!(matches!(self.commands.remove(0), WizardCommand::UpdateScenario { .. }));
        self.commands.clone()
    }
}

#[test]
fn of_a_message_that_is_there_only_what_is_different_is_saved() {
    let mut chat = at_messages(3);
    chat.choose(2).at(WizardStep::ConfirmMessage);
    let review = chat.says.last().map(|it| it.notice.clone());
    let Some(WizardNotice::Review(review)) = review else { panic!("{review:?}") };
    assert!(matches!(*review, Review::Message { number: 2, delay: 120, .. }), "{review:?}");
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::MessageText)).text("{{ user.x }}");
    chat.at(WizardStep::MessageText);
    chat.text("New text").at(WizardStep::ConfirmMessage);
    chat.press(&Press::Confirm).at(WizardStep::ChooseMessage);
    assert!(chat.says[0].notice.text(Language::En).contains("✏️ 2. msg_2"), "{:?}", chat.says);
    // Chosen again, it is as it was left, and other fields of it are changed too.
    chat.choose(2).press(&Press::Edit).press(&Press::Field(WizardStep::MessageTiming)).text("1h");
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::MessageButtons)).text("@pay");
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::MessagePhotos)).photo("p1");
    chat.press(&Press::Done).press(&Press::Confirm).choose(3).press(&Press::Confirm);
    assert_eq!(chat.commands, [], "nothing is saved before the end");
    let saved = chat.saved();
    let [WizardCommand::ChangeStep { step, fixes }] = &saved[..] else { panic!("{saved:?}") };
    assert_eq!(step.as_str(), "msg_2");
    let set = Buttons::Set { button_set_ref: Slug::parse("pay").expect("a slug") };
    let expected = [
        StepFix::Text("New text".to_owned()),
        StepFix::Photos(vec![Photo::FileId("p1".to_owned())]),
        StepFix::Buttons(Some(set)),
        StepFix::Delay(3_600),
    ];
    assert_eq!(fixes[..], expected);
}

#[test]
fn a_message_is_deleted_once_that_is_confirmed_and_back_leaves_it_as_it_was() {
    let mut chat = at_messages(3);
    chat.choose(1).press(&Press::Delete).at(WizardStep::ConfirmDelete);
    chat.press(&Press::Back).at(WizardStep::ConfirmMessage);
    chat.press(&Press::Back).at(WizardStep::ChooseMessage);
    chat.choose(1).press(&Press::Delete).press(&Press::Confirm).at(WizardStep::ChooseMessage);
    assert!(chat.says[0].notice.text(Language::Ru).contains("🗑 1. msg_1"), "{:?}", chat.says);
    chat.choose(2).press(&Press::Delete).press(&Press::Confirm);
    // Chosen again and confirmed, it stays.
    chat.choose(2).press(&Press::Confirm);
    chat.choose(3).press(&Press::Edit).press(&Press::Field(WizardStep::MessageText)).text("Other");
    chat.press(&Press::Back).at(WizardStep::ChooseMessage);
    let gone = WizardCommand::DeleteStep { step: listed(1).slug };
    assert_eq!(chat.saved(), [gone]);
}

#[test]
fn messages_are_added_behind_one_of_those_there_are_or_at_the_end() {
    let mut chat = at_messages(2);
    chat.choose(1).press(&Press::After).text("Between").press(&Press::Done).text("10m");
    chat.press(&Press::Skip).press(&Press::Confirm).at(WizardStep::ChooseMessage);
    chat.press(&Press::More).text("Last").press(&Press::Done).text("0").press(&Press::Skip);
    chat.press(&Press::Confirm);
    assert!(chat.says[0].notice.text(Language::En).contains("New messages: 2"), "{:?}", chat.says);
    let saved = chat.saved();
    let [WizardCommand::AddStep(between), WizardCommand::AddStep(last)] = &saved[..] else {
        panic!("{saved:?}");
    };
    assert_eq!((&between.after, between.delay), (&Some(listed(1).slug), 600));
    assert_eq!((&last.after, last.delay), (&None, 0));
}

#[test]
fn a_message_that_somebody_else_has_deleted_leaves_the_list_with_what_was_to_become_of_it() {
    let mut chat = at_messages(2);
    chat.choose(2).press(&Press::After).text("Behind").press(&Press::Done).text("0");
    chat.press(&Press::Skip).press(&Press::Confirm);
    chat.choose(2).press(&Press::Delete).press(&Press::Confirm);
    let outdated = chat.data(&Press::Message(1));
    chat.choose_found(2, None).at(WizardStep::ChooseMessage);
    assert_eq!(chat.refused_for(), [Refusal::MessageGone]);
    let wizard = chat.wizard.clone().expect("under way");
    assert_eq!(wizard.chooses(&Input::Press(outdated)), None, "the numbers are others now");
    let saved = chat.saved();
    let [WizardCommand::AddStep(behind)] = &saved[..] else { panic!("{saved:?}") };
    assert_eq!(behind.after, None);
}

#[test]
fn a_long_list_is_turned_over_and_a_wizard_changes_so_many() {
    let mut chat = at_messages(21);
    let numbers = |chat: &Chat| {
        let buttons = chat.says.last().map(|it| it.buttons.clone()).unwrap_or_default();
        let number = |it: &WizardButton| match it.press {
            Press::Message(number) => Some(number),
            _ => None,
        };
        buttons.iter().filter_map(number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&chat), (1..=8).collect::<Vec<_>>());
    chat.press(&Press::Later).press(&Press::Later);
    assert_eq!(numbers(&chat), (17..=21).collect::<Vec<_>>());
    chat.press(&Press::Earlier).press(&Press::Earlier);
    for number in 1..=21 {
        if number == 9 || number == 17 {
            chat.press(&Press::Later);
        }
        chat.choose(number);
        if number == 21 {
            assert_eq!(chat.refused_for(), [Refusal::TooManyMessages { max: MAX_MESSAGES }]);
            break;
        }
        chat.press(&Press::Delete).press(&Press::Confirm);
    }
    assert_eq!(chat.saved().len(), MAX_MESSAGES);
}

#[test]
fn a_message_that_is_to_be_deleted_stays_so_where_one_is_added_behind_it() {
    let mut chat = at_messages(3);
    chat.choose(2).press(&Press::Delete).press(&Press::Confirm).choose(2).press(&Press::After);
    chat.text("Behind").press(&Press::Done).text("0").press(&Press::Skip).press(&Press::Confirm);
    let saved = chat.saved();
    let [WizardCommand::AddStep(behind), WizardCommand::DeleteStep { step }] = &saved[..] else {
        panic!("{saved:?}");
    };
    assert_eq!((&behind.after, step), (&Some(listed(2).slug), &listed(2).slug));
    // One that is changed is wanted.
    let mut chat = at_messages(3);
    chat.choose(2).press(&Press::Delete).press(&Press::Confirm).choose(2).press(&Press::Edit);
    chat.press(&Press::Field(WizardStep::MessageText)).text("Other").press(&Press::After);
    chat.text("Behind").press(&Press::Done).text("0").press(&Press::Skip).press(&Press::Confirm);
    let saved = chat.saved();
    assert!(
        matches!(saved[..], [WizardCommand::ChangeStep { .. }, WizardCommand::AddStep(_)]),
        "{saved:?}"
    );
}

#[test]
fn what_is_looked_at_counts_before_a_message_is_added_behind_it() {
    let mut chat = at_messages(20);
    for number in 1..20 {
        if number == 9 || number == 17 {
            chat.press(&Press::Later);
        }
        chat.choose(number).press(&Press::Delete).press(&Press::Confirm);
    }
    chat.choose(20).press(&Press::Edit).press(&Press::Field(WizardStep::MessageText));
    chat.text("Other").press(&Press::After).at(WizardStep::ConfirmMessage);
    assert_eq!(chat.refused_for(), [Refusal::TooManyMessages { max: MAX_MESSAGES }]);
    chat.press(&Press::Confirm).at(WizardStep::ChooseMessage);
    assert_eq!(chat.saved().len(), MAX_MESSAGES);
}
