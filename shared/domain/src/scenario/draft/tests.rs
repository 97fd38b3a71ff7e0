use serde_json::{Value, json};

use super::*;
use crate::ids::BotId;
use crate::scenario::Outline;
use crate::time::Timestamp;

fn scenario() -> Scenario {
    Scenario {
        bot_id: BotId::default_bot(),
        slug: Slug::parse("course").expect("a slug"),
        name: "Course".to_owned(),
        is_active: true,
        created_at: Timestamp::from_millis(0),
        product: None,
        private_group_id: None,
        on_payment: OnPayment::Continue,
        on_refund: OnRefund::Revoke,
        consent: None,
        summary: Some(StepContent {
            text: "Bye".to_owned(),
            photos: vec![Photo::Object("kept".to_owned())],
            buttons: None,
        }),
        outline: Outline::default(),
        version: 0,
    }
}

fn content(draft: Value) -> ContentDraft {
    serde_json::from_value(draft).expect("a draft")
}

fn fields(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|it| it.field.as_str()).collect()
}

#[test]
fn what_is_not_said_stays_and_null_takes_away() {
    let before = StepContent {
        text: "Hi".to_owned(),
        photos: vec![Photo::FileId("a".to_owned())],
        buttons: Some(crate::button::Buttons::Set {
            button_set_ref: Slug::parse("pay").expect("a slug"),
        }),
    };
    let mut errors = Vec::new();
    let read = content(json!({ "text": "Ho" })).read("", &before, &mut errors);
    assert_eq!(read, StepContent { text: "Ho".to_owned(), ..before.clone() });
    let read = content(json!({ "photos": [], "buttons": null })).read("", &before, &mut errors);
    assert_eq!(read, StepContent { text: "Hi".to_owned(), ..StepContent::default() });
    assert_eq!(errors, []);
}

#[test]
fn a_stored_photo_is_kept_and_none_is_brought_in() {
    let mut errors = Vec::new();
    let mut it = scenario();
    let summary = content(json!({ "text": "x", "photos": [{ "object": "kept" }] }));
    let draft = ScenarioDraft { summary: Some(Some(summary)), ..ScenarioDraft::default() };
    draft.apply(&mut it, &mut errors);
    assert_eq!(errors, []);
    let summary = content(json!({ "photos": [{ "object": "theirs" }, {}, { "file_id": "a" }] }));
    let draft = ScenarioDraft { summary: Some(Some(summary)), ..ScenarioDraft::default() };
    draft.apply(&mut it, &mut errors);
    assert_eq!(fields(&errors), ["summary.photos[0]", "summary.photos[1]"]);
}

#[test]
fn a_delay_is_the_sum_of_its_parts() {
    for (hours, minutes, seconds, delay) in
        [(0, 0, 0, 0), (1, 1, 1, 3_661), (0, 90, 0, 5_400), (24 * 366, 0, 0, MAX_DELAY)]
    {
        let mut errors = Vec::new();
        let read = TimingDraft { hours, minutes, seconds }.read("timing", &mut errors);
        assert_eq!((read, errors), (delay, vec![]));
        assert_eq!(TimingDraft::of(delay).read("timing", &mut Vec::new()), delay);
    }
    assert_eq!(TimingDraft::of(5_400), TimingDraft { hours: 1, minutes: 30, seconds: 0 });
    let mut errors = Vec::new();
    TimingDraft { hours: 24 * 366, minutes: 0, seconds: 1 }.read("timing", &mut errors);
    TimingDraft { hours: u32::MAX, minutes: u32::MAX, seconds: 1 }.read("timing", &mut errors);
    assert_eq!(fields(&errors), ["timing", "timing"]);
}

#[test]
fn a_spot_is_before_or_after_a_step_or_at_the_end() {
    let read = |before: Option<&str>, after: Option<&str>| {
        let draft =
            SpotDraft { before: before.map(str::to_owned), after: after.map(str::to_owned) };
        let mut errors = Vec::new();
        (draft.read(&mut errors), fields(&errors).join(","))
    };
    let slug = Slug::parse("a").expect("a slug");
    assert_eq!(read(None, None), (Spot::End, String::new()));
    assert_eq!(read(Some("a"), None), (Spot::Before(slug.clone()), String::new()));
    assert_eq!(read(None, Some("a")), (Spot::After(slug), String::new()));
    assert_eq!(read(Some("a"), Some("a")).1, "after");
    assert_eq!(read(Some("A!"), None).1, "before");
}

#[test]
fn all_that_is_wrong_with_a_scenarios_form_is_told_at_once() {
    let draft = ScenarioDraft {
        product: Some(Some(ProductDraft { price: Some(json!("dear")), ..Default::default() })),
        private_group_id: Some(Some(json!(1234))),
        consent: Some(Some(content(json!({ "text": "?", "buttons": {} })))),
        ..ScenarioDraft::default()
    };
    let mut errors = Vec::new();
    draft.apply(&mut scenario(), &mut errors);
    let expected = ["product.name", "product.price", "private_group_id", "consent.buttons"];
    assert_eq!(fields(&errors), expected);
    add_faults(
        &mut errors,
        vec![
            FieldError::new("product.price", "again"),
            FieldError::new("name", "first"),
            FieldError::new("name", "second"),
        ],
    );
    assert_eq!(fields(&errors)[4..], ["name", "name"], "one fault of a field hides no other's");
}
