use proptest::prelude::*;

use super::*;
use crate::template::{Globals, UserValues, Values};

fn url(text: &str, url: &str) -> Button {
    Button { text: text.to_owned(), does: Does::Url { url: url.to_owned() } }
}

fn rows(buttons: Vec<Button>) -> Rows {
    Rows { rows: vec![Row { buttons }] }
}

fn check(button: Button) -> Vec<String> {
    let names = Names::of(&Globals::from([("site".to_owned(), String::new())]));
    rows(vec![button]).check("buttons", &names).into_iter().map(|it| it.field).collect()
}

fn values() -> Values {
    let user = UserValues {
        user_name: Some("Ann & Bo/1".to_owned()),
        payment_link: Some("https://payform.ru/ab/?x=1&y=2".to_owned()),
        ..UserValues::default()
    };
    Values::default().with_user(&user)
}

fn led_to(url_template: &str, fill: &Fill<'_>) -> Option<RenderedDoes> {
    let rendered = rows(vec![url("Go", url_template)]).render(fill);
    rendered.rows.into_iter().flatten().next().map(|it| it.does)
}

#[test]
fn the_files_of_the_bot_before_are_read_as_they_are() {
    let json = r#"{"rows":[{"buttons":[
        {"type":"url","text":"Pay {{scenario.product_name}}","url":"{{user.payment_link}}"},
        {"type":"callback","text":"Yes","callback_data":"accept"}]}]}"#;
    let read: Buttons = serde_json::from_str(json).expect("buttons");
    let accept = Does::Callback { callback_data: "accept".to_owned() };
    let pay = url("Pay {{scenario.product_name}}", "{{user.payment_link}}");
    let yes = Button { text: "Yes".to_owned(), does: accept };
    assert_eq!(read, Buttons::Inline(rows(vec![pay, yes])));
    let set: Buttons =
        serde_json::from_str(r#"{"button_set_ref":"payment_button"}"#).expect("a set");
    let Buttons::Set { button_set_ref } = set else { panic!("{set:?}") };
    assert_eq!(button_set_ref.as_str(), "payment_button");
}

#[test]
fn faulty_buttons_are_refused_with_their_fields() {
    let at = |name: &str| vec![format!("buttons.rows[0].buttons[0].{name}")];
    for (button, expected) in [
        (url("Go", "https://example.com/a?b={{ user.user_name }}"), vec![]),
        (url("Go", "{{ user.payment_link }}"), vec![]),
        (url("Go", "{{ bot.site }}/{{ user.user_name }}"), vec![]),
        (url("Go", "tg://resolve?domain=x"), vec![]),
        (url("Go", "t.me/some_bot"), vec![]),
        (url(" ", "https://example.com"), at("text")),
        (url(&"x".repeat(MAX_TEXT + 1), "https://example.com"), at("text")),
        (url("{{ user.x }}", "https://example.com"), at("text")),
        (url("Go", ""), at("url")),
        (url("Go", "{{ user.user_name }}"), at("url")),
        (url("Go", "https://localhost/"), at("url")),
        (url("Go", "http://192.168.0.1/"), at("url")),
        (url("Go", "javascript:alert(1)"), at("url")),
        (url("Go", "mailto:a@example.com"), at("url")),
        (url("Go", "https://example.com/a b"), at("url")),
        (url("Go", "https://example.com/{{ user"), at("url")),
        (url("Go", &format!("https://example.com/{}", "x".repeat(MAX_URL))), at("url")),
        (
            Button {
                text: "Go".to_owned(),
                does: Does::Callback { callback_data: "x".repeat(65) },
            },
            at("callback_data"),
        ),
    ] {
        assert_eq!(check(button.clone()), expected, "{button:?}");
    }
    let many = Rows { rows: vec![Row::default(); MAX_ROWS + 1] };
    assert_eq!(many.check("buttons", &Names::default()).len(), MAX_ROWS + 2, "all at once");
    let wide = rows(vec![url("Go", "https://example.com"); MAX_IN_ROW + 1]);
    assert_eq!(wide.check("b", &Names::default())[0].field, "b.rows[0].buttons");
}

#[test]
fn a_value_is_escaped_in_an_address_unless_it_is_the_whole() {
    let values = values();
    let fill = Fill::Values(&values);
    for (template, expected) in [
        ("{{ user.payment_link }}", Some("https://payform.ru/ab/?x=1&y=2")),
        (
            "https://example.com/?u={{ user.user_name }}",
            Some("https://example.com/?u=Ann%20%26%20Bo%2F1"),
        ),
        (
            "https://example.com/?to={{ user.payment_link }}",
            Some("https://example.com/?to=https%3A%2F%2Fpayform.ru%2Fab%2F%3Fx%3D1%26y%3D2"),
        ),
        ("{{ user.invite_link }}", None),
        ("https://example.com/{{ user.invite_link }}", None),
        ("{{ user.user_name }}", None),
        ("example.com/x", Some("https://example.com/x")),
    ] {
        let expected = expected.map(|it| RenderedDoes::Url(it.to_owned()));
        assert_eq!(led_to(template, &fill), expected, "{template}");
    }
}

#[test]
fn a_demonstration_names_the_variables_and_leads_nowhere_without_values() {
    let rows = rows(vec![
        url("Pay {{ scenario.product_name }}", "{{ user.payment_link }}"),
        url("More", "https://example.com"),
    ]);
    let shown = rows.render(&Fill::Demo).rows.concat();
    assert_eq!(shown[0].text, "Pay __scenario.product_name__");
    assert_eq!(shown[0].does, RenderedDoes::Nothing);
    assert_eq!(shown[1].does, RenderedDoes::Url("https://example.com".to_owned()));
}

proptest! {
    #[test]
    fn whatever_a_value_is_an_address_is_one_or_the_button_is_left_out(
        template in "(https://example.com/)?(\\{\\{ user.(user_name|payment_link) \\}\\}|x){0,3}",
        value in any::<String>(),
    ) {
        let user = UserValues {
            user_name: Some(value.clone()),
            payment_link: Some(value),
            ..UserValues::default()
        };
        let values = Values::default().with_user(&user);
        if let Some(RenderedDoes::Url(url)) = led_to(&template, &Fill::Values(&values)) {
            prop_assert!(Url::parse(&url).is_ok(), "{}", url);
            prop_assert!(!url.contains(char::is_whitespace), "{}", url);
        }
    }
}

#[test]
fn a_link_that_the_system_makes_may_lead_to_this_machine_and_no_other_may() {
    let local = "http://127.0.0.1:8080/pay/1".to_owned();
    let globals = std::iter::once(("site".to_owned(), local.clone())).collect();
    let user = UserValues { payment_link: Some(local.clone()), ..UserValues::sample() };
    let values = Values::default().with_bot(&globals).with_user(&user);
    let shown = |button: Button| rows(vec![button]).render(&Fill::Values(&values)).rows.len();
    assert_eq!(shown(url("Pay", " {{ user.payment_link }}")), 1);
    assert_eq!(shown(url("Pay", "{{ bot.site }}")), 0);
    assert_eq!(shown(url("Pay", &local)), 0);
}
