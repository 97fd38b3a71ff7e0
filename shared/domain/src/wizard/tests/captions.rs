//! Photos with words below them.

use super::*;

fn photos(ids: &[&str]) -> Vec<Photo> {
    ids.iter().map(|it| Photo::FileId((*it).to_owned())).collect()
}

fn content(chat: &Chat) -> StepContent {
    chat.wizard.clone().expect("under way").draft.content
}

fn said_first(chat: &Chat) -> &WizardNotice {
    &chat.says.first().expect("it says something").notice
}

#[test]
fn below_a_photo_stands_the_text_where_a_text_is_asked_for() {
    let mut chat = at_first_message();
    chat.captioned("p1", "**Look**").at(WizardStep::MessagePhotos);
    assert_eq!(*said_first(&chat), WizardNotice::CaptionTaken);
    // The rest of the album.
    chat.photo("p2").press(&Press::Done).at(WizardStep::MessageTiming);
    let content = content(&chat);
    assert_eq!((content.text.as_str(), content.photos), ("**Look**", photos(&["p1", "p2"])));

    let mut chat = at_first_message();
    chat.captioned("p1", "{{ user.nobody }}").at(WizardStep::MessageText);
    assert!(matches!(chat.refused_for()[..], [Refusal::Faulty(_)]), "{:?}", chat.says);
    chat.photo("p1").at(WizardStep::MessageText);
    assert_eq!(chat.refused_for(), [Refusal::TextExpected]);
    let mut chat = Chat::begin(WizardKind::CreateScenario);
    chat.captioned("p1", "A name").at(WizardStep::ScenarioName);
    assert_eq!(chat.refused_for(), [Refusal::TextExpected]);
}

#[test]
fn words_below_a_photo_that_are_not_taken_are_said_not_to_be() {
    let mut chat = at_first_message();
    chat.text("Look").captioned("p1", "Lost").at(WizardStep::MessagePhotos);
    assert_eq!(*said_first(&chat), WizardNotice::CaptionLeft);
    let taken = content(&chat);
    assert_eq!((taken.text.as_str(), taken.photos), ("Look", photos(&["p1"])));
    chat.press(&Press::Done).text("0").press(&Press::Skip).press(&Press::Edit);
    chat.press(&Press::Field(WizardStep::MessageText)).captioned("p2", "Better");
    chat.at(WizardStep::ConfirmMessage);
    assert_eq!(*said_first(&chat), WizardNotice::PhotoLeft);
    let changed = content(&chat);
    assert_eq!((changed.text.as_str(), changed.photos), ("Better", photos(&["p1"])));
    let notices = [WizardNotice::CaptionTaken, WizardNotice::CaptionLeft, WizardNotice::PhotoLeft];
    for notice in notices {
        assert_ne!(notice.text(Language::En), notice.text(Language::Ru));
    }
}

#[test]
fn a_message_of_photos_alone_gets_its_text_from_below_a_photo() {
    let scenario = crate::scenario::tests::scenario();
    let slug = Slug::parse("msg_1").expect("a slug");
    let listed = ListedStep { slug: slug.clone(), title: String::new(), delay: 0 };
    let mut chat = Chat::of(Wizard::edit(&scenario, vec![listed], 7, NOW));
    chat.press(&Press::Messages);
    let bare = StepContent { photos: photos(&["p1"]), ..StepContent::default() };
    chat.send(Input::Chosen { step: slug, found: Some((bare, 0)) });
    chat.press(&Press::Edit).press(&Press::Field(WizardStep::MessagePhotos));
    chat.captioned("p2", "Look");
    assert_eq!(*said_first(&chat), WizardNotice::CaptionTaken);
    let content = content(&chat);
    assert_eq!((content.text.as_str(), content.photos), ("Look", photos(&["p1", "p2"])));
}
