//! Messages that a scenario has, put elsewhere.

use super::editing::{at_messages, listed};
use super::*;
use crate::scenario::Outline;

const STEPS: u32 = 6;

fn list(chat: &Chat) -> String {
    chat.says.last().expect("a question").notice.text(Language::En)
}

/// The order of the steps once all of that is saved.
fn order_after(saved: Vec<WizardCommand>) -> Vec<Slug> {
    let mut outline = Outline::default();
    for step in (1..=STEPS).map(listed) {
        outline.insert(step.slug, step.delay, &Spot::End).expect("it has room");
    }
    for command in saved {
        let WizardCommand::MoveStep { step, to } = command else { panic!("{command:?}") };
        outline.move_to(&step, &to).expect("both are there");
    }
    outline.steps().map(|(slug, _)| slug.clone()).collect()
}

#[test]
fn a_message_is_put_behind_another_one_or_before_all() {
    let mut chat = at_messages(STEPS);
    chat.choose(5).press(&Press::Move).at(WizardStep::ChoosePlace);
    assert!(list(&chat).contains("4. msg_4"), "{}", list(&chat));
    chat.press(&Press::Back).at(WizardStep::ConfirmMessage);
    chat.press(&Press::Move).press(&Press::Behind(1)).at(WizardStep::ChooseMessage);
    assert!(list(&chat).contains("↕️ 2. msg_5"), "{}", list(&chat));
    chat.choose(6).press(&Press::Move).press(&Press::Behind(0));
    assert!(list(&chat).contains("↕️ 1. msg_6"), "{}", list(&chat));
    assert_eq!(chat.commands, [], "nothing is saved before the end");
    let order = order_after(chat.saved());
    assert_eq!(order, [6, 1, 5, 2, 3, 4].map(|n| listed(n).slug));
}

#[test]
fn what_is_different_about_a_message_goes_with_it() {
    let mut chat = at_messages(STEPS);
    chat.choose(1).press(&Press::Edit).press(&Press::Field(WizardStep::MessageText)).text("New");
    chat.press(&Press::Move).press(&Press::Behind(2));
    assert!(list(&chat).contains("✏️ 2. msg_1"), "{}", list(&chat));
    // Moved and deleted, it is deleted; others may stand behind it until then.
    chat.choose(3).press(&Press::Delete).press(&Press::Confirm);
    chat.choose(6).press(&Press::Move).press(&Press::Behind(3));
    let saved = chat.saved();
    let [
        WizardCommand::ChangeStep { step: changed, .. },
        WizardCommand::MoveStep { step: first, .. },
        WizardCommand::MoveStep { step: last, to },
        WizardCommand::DeleteStep { step: gone },
    ] = &saved[..]
    else {
        panic!("{saved:?}");
    };
    assert_eq!(
        [changed, first, last, gone].map(Slug::as_str),
        ["msg_1", "msg_1", "msg_6", "msg_3"]
    );
    assert_eq!(*to, Spot::After(listed(3).slug));
}

#[test]
fn a_message_that_somebody_else_has_deleted_is_moved_no_more_and_nothing_stands_behind_it() {
    let mut chat = at_messages(STEPS);
    chat.choose(6).press(&Press::Move).press(&Press::Behind(1));
    chat.choose(5).press(&Press::Move).press(&Press::Behind(2));
    // Of msg_1, msg_6, msg_4, msg_2 and so on the second is gone.
    chat.choose_found(2, None).at(WizardStep::ChooseMessage);
    assert_eq!(chat.refused_for(), [Refusal::MessageGone]);
    let saved = chat.saved();
    let [WizardCommand::MoveStep { step, to }] = &saved[..] else { panic!("{saved:?}") };
    assert_eq!((step, to), (&listed(4).slug, &Spot::After(listed(1).slug)));
}

#[test]
fn a_message_alone_cannot_be_moved() {
    let mut chat = at_messages(1);
    chat.choose(1);
    let buttons = &chat.says.last().expect("a question").buttons;
    assert!(!buttons.iter().any(|it| it.press == Press::Move), "{buttons:?}");
}

proptest! {
    #[test]
    fn moved_messages_come_to_stand_as_the_list_has_them(
        moves in prop::collection::vec((1..=STEPS, 0..=STEPS), 1..8),
    ) {
        let mut chat = at_messages(STEPS);
        let mut expected: Vec<Slug> = (1..=STEPS).map(|n| listed(n).slug).collect();
        for (number, behind) in moves.into_iter().filter(|(number, behind)| number != behind) {
            chat.choose(number).press(&Press::Move).press(&Press::Behind(behind));
            chat.at(WizardStep::ChooseMessage);
            let before = behind.checked_sub(1).map(|it| expected[it as usize].clone());
            let moved = expected.remove(number as usize - 1);
            let at = before.and_then(|before| expected.iter().position(|it| *it == before));
            expected.insert(at.map_or(0, |at| at + 1), moved);
        }
        prop_assert_eq!(order_after(chat.saved()), expected);
    }
}
