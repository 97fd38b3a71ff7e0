use super::*;
use crate::button::{Button, Does, Row};
use crate::scenario::Outline;
use crate::template::Globals;

fn fields(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|it| it.field.as_str()).collect()
}

fn check(content: &StepContent) -> Vec<FieldError> {
    let names = Names::of(&Globals::from([("site".to_owned(), "x".to_owned())]));
    let sets = BTreeMap::from([(Slug::parse("pay").expect("a slug"), Rows::default())]);
    check_content("", content, ContentRules { names: &names, button_sets: &sets })
}

fn text(text: &str) -> StepContent {
    StepContent { text: text.to_owned(), ..StepContent::default() }
}

fn photos(count: usize) -> Vec<Photo> {
    (0..count).map(|n| Photo::FileId(format!("f{n}"))).collect()
}

fn callback(data: &str) -> Buttons {
    let does = Does::Callback { callback_data: data.to_owned() };
    let button = Button { text: "Yes".to_owned(), does };
    Buttons::Inline(Rows { rows: vec![Row { buttons: vec![button] }] })
}

fn set(name: &str) -> Buttons {
    Buttons::Set { button_set_ref: Slug::parse(name).expect("a slug") }
}

#[test]
fn a_message_that_can_be_sent_passes() {
    for content in [
        text("Hello {{ user.user_name }}, see {{ bot.site }}"),
        StepContent { photos: photos(1), ..text("") },
        StepContent { photos: photos(1), buttons: Some(set("pay")), ..text("") },
        StepContent { photos: photos(10), buttons: Some(set("pay")), ..text("Pay") },
        StepContent { photos: photos(10), ..text("") },
        text(&"x".repeat(MAX_TEXT)),
        text(&format!("**{}**", "x".repeat(MAX_TEXT))),
    ] {
        assert_eq!(check(&content), [], "{content:?}");
    }
}

#[test]
fn a_message_that_cannot_be_sent_is_refused_with_its_field() {
    for (content, expected) in [
        (text(""), "text"),
        (text("{{ user.user_name }}"), "text"),
        (text("**{{ user.user_name }}** \u{200B}"), "text"),
        (text(&"x".repeat(MAX_TEXT + 1)), "text"),
        (text(&format!("{} {{{{ user.user_name }}}}", "x".repeat(MAX_TEXT - 100))), "text"),
        (text("{{ user.nobody }}"), "text"),
        (StepContent { photos: photos(2), buttons: Some(set("pay")), ..text("") }, "text"),
        (StepContent { photos: photos(11), ..text("x") }, "photos"),
        (StepContent { photos: vec![Photo::Object(String::new())], ..text("x") }, "photos[0]"),
        (StepContent { buttons: Some(set("gone")), ..text("x") }, "buttons.button_set_ref"),
        (
            StepContent { buttons: Some(callback("")), ..text("x") },
            "buttons.rows[0].buttons[0].callback_data",
        ),
    ] {
        assert_eq!(fields(&check(&content)), [expected], "{content:?}");
    }
}

#[test]
fn all_faults_of_a_scenario_are_named_at_once() {
    let mut scenario = crate::scenario::start::tests::scenario(Outline::default());
    let names = Names::default();
    let agree = Slug::parse("agree").expect("a slug");
    let Buttons::Inline(rows) = callback(ACCEPT) else { panic!("its own buttons") };
    let sets = BTreeMap::from([(agree, rows)]);
    let rules = ContentRules { names: &names, button_sets: &sets };
    assert_eq!(check_scenario(&scenario, rules), []);
    scenario.name = " ".to_owned();
    scenario.product = Some(Product {
        name: "x".repeat(MAX_NAME + 1),
        price: Decimal::ZERO,
        paid_content: "{{ user.a }} {{ x.b }}".to_owned(),
    });
    scenario.private_group_id = Some(-5);
    scenario.consent = Some(text("Do you agree?"));
    scenario.summary = Some(text(""));
    assert_eq!(
        fields(&check_scenario(&scenario, rules)),
        [
            "name",
            "product.name",
            "product.price",
            "product.paid_content",
            "product.paid_content",
            "private_group_id",
            "consent.buttons",
            "summary.text"
        ]
    );
    for (buttons, accepts) in [
        (callback(ACCEPT), true),
        (callback(DECLINE), false),
        (set("agree"), true),
        (set("gone"), false),
    ] {
        scenario.consent = Some(StepContent { buttons: Some(buttons), ..text("Agree?") });
        let errors = check_scenario(&scenario, rules);
        assert_eq!(
            !fields(&errors).contains(&"consent.buttons"),
            accepts,
            "{:?}",
            scenario.consent
        );
    }
}

#[test]
fn prices_and_groups_are_as_the_payment_page_and_telegram_have_them() {
    for (price, good) in [
        ("1", true),
        ("1500.50", true),
        ("0.01", true),
        ("1000000", true),
        ("1.000", true),
        ("0", false),
        ("-1", false),
        ("1000000.01", false),
        ("1.005", false),
    ] {
        let price: Decimal = price.parse().expect("a number");
        assert_eq!(check_price(price).is_ok(), good, "{price}");
    }
    assert_eq!(check_group_id(" -1001234567890 "), Ok(-1_001_234_567_890));
    for text in ["", "-100", "1001234", "-1234567", "-100 1", "-100x", "-10099999999999999999999"] {
        assert!(check_group_id(text).is_err(), "{text}");
    }
}
