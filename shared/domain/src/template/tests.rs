use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

fn names() -> Names {
    Names::of(&Globals::from([("my_site".to_owned(), "https://example.com".to_owned())]))
}

fn faults(text: &str) -> Vec<(usize, usize, String)> {
    let faults = Template::parse(text, &names()).err().unwrap_or_default();
    faults.0.into_iter().map(|it| (it.line, it.column, it.flaw.to_string())).collect()
}

fn values() -> Values {
    let user = UserValues { user_name: Some("Ann\n Bo".to_owned()), ..UserValues::default() };
    let globals = Globals::from([("my_site".to_owned(), "https://example.com".to_owned())]);
    Values::default().with_bot(&globals).with_user(&user)
}

#[test]
fn variables_of_the_three_scopes_are_taken_with_and_without_white_space() {
    let values = values();
    for (text, expected) in [
        ("Hi {{user.user_name}}!", "Hi Ann Bo!"),
        ("Hi {{ user.user_name }}!", "Hi Ann Bo!"),
        ("Hi {{\n user . user_name\t}}!", "Hi Ann Bo!"),
        ("{{ bot.my_site }}{{bot.my_site}}", "https://example.comhttps://example.com"),
        ("[{{ user.invite_link }}]", "[]"),
        ("{{ bot.bot_name }}{{ scenario.product_price }}", ""),
        ("a { b } {c} 100%", "a { b } {c} 100%"),
    ] {
        let template = Template::parse(text, &names()).expect(text);
        assert_eq!(template.plain(&Fill::Values(&values)), expected, "{text}");
    }
}

#[test]
fn all_faults_are_named_at_once_with_line_and_column() {
    let text = "Привет {{ user.nobody }}\n{{ shop.name }} and {{ user.user_name }}\n  {{ name }} {{ a b }} {{";
    let found = faults(text);
    let places: Vec<_> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(places, [(1, 8), (2, 1), (3, 3), (3, 14), (3, 24)]);
    let says = ["user.nobody", "`shop`", "scope", "no variable", "without `}}`"];
    for ((_, _, message), part) in found.iter().zip(says) {
        assert!(message.contains(part), "{message} has {part}");
    }
    assert!(found[0].2.contains("payment_link"), "it says what there is: {}", found[0].2);
}

#[test]
fn a_text_outside_of_scenarios_has_no_variables_of_one() {
    let names = names().outside_scenarios();
    let text = "{{ user.user_name }} {{ user.payment_link }} {{ bot.my_site }}";
    assert!(Template::parse(text, &names).is_ok());
    let text =
        "{{ scenario.name }}\n{{ user.invite_link }} {{ user.joined_date }} {{ user.nobody }}";
    let faults = Template::parse(text, &names).expect_err("none of them has a value").0;
    let places: Vec<_> = faults.iter().map(|it| (it.line, it.column)).collect();
    assert_eq!(places, [(1, 1), (2, 1), (2, 24), (2, 47)]);
    assert!(
        faults[..3].iter().all(|it| it.flaw.to_string().contains("belongs to none")),
        "{faults:?}"
    );
    assert!(
        faults[3].flaw.to_string().ends_with("there are payment_link, reg_date, user_name"),
        "{faults:?}"
    );
}

#[test]
fn only_variables_are_possible() {
    for (text, part) in [
        ("{% if user.user_name %}x{% endif %}", "no statements"),
        ("{# note #}", "no statements"),
        ("{{ user.user_name|upper }}", "only a variable"),
        ("{{ 1 + 1 }}", "only a variable"),
        ("{{ 'x }}", "no variable"),
        ("{{ }}", "between the braces"),
        ("{{ user }}", "scope"),
        ("{{ user.user_name.x }}", "too many"),
        ("}} x", "without `{{`"),
        ("{{ user.user_name", "without `}}`"),
        ("{{ {{ user.user_name }}", "without `}}`"),
        ("{{- user.user_name -}}", "variable"),
    ] {
        let found = faults(text);
        assert!(found.first().is_some_and(|it| it.2.contains(part)), "{text}: {found:?}");
    }
    assert_eq!(faults(&"x".repeat(MAX_TEMPLATE + 1)).len(), 1);
}

#[test]
fn an_expression_is_not_worked_out_to_say_what_is_wrong_with_it() {
    let large = ["\"x\" * 100000000"; 5].join(" ~ ");
    for expression in [large, "-".repeat(3_000), "a.a".repeat(1_000), "not ".repeat(900)] {
        let found = faults(&format!("{{{{ {expression} }}}}"));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn a_demonstration_shows_the_names() {
    let template =
        Template::parse("{{ user.payment_link }} {{bot.my_site}}", &names()).expect("good");
    assert_eq!(template.plain(&Fill::Demo), "__user.payment_link__ __bot.my_site__");
}

#[test]
fn the_longest_values_are_at_least_as_long_as_real_ones() {
    let template = Template::parse("{{ user.reg_date }}", &names()).expect("good");
    let day = date(Timestamp::from_millis(1_763_756_391_000), chrono_tz::Europe::Moscow);
    assert_eq!(day, "21.11.2025");
    assert_eq!(template.plain(&Fill::Longest).len(), day.len());
}

#[test]
fn a_bots_own_variables_have_names_and_lengths() {
    let globals = |name: &str, value: &str| Globals::from([(name.to_owned(), value.to_owned())]);
    assert_eq!(check_globals("variables", &globals("my_site_2", "x")), []);
    for (name, value) in
        [("", "x"), ("2x", "x"), ("My", "x"), ("a b", "x"), ("a", &*"x".repeat(MAX_GLOBAL + 1))]
    {
        let errors = check_globals("variables", &globals(name, value));
        assert_eq!(errors.len(), 1, "{name}: {errors:?}");
    }
}

proptest! {
    #[test]
    fn of_what_passes_nobody_sees_the_braces_of_a_variable(
        text in "(\\{\\{ ?user\\.(user_name|payment_link) ?\\}\\}|\\}|\\{|%|[ a-z.]|\n){0,30}",
    ) {
        let values = values();
        if let Ok(template) = Template::parse(&text, &names()) {
            let plain = template.plain(&Fill::Values(&values));
            prop_assert!(!plain.contains("{{") && !plain.contains("user."), "{} of {}", plain, text);
        }
    }

    #[test]
    fn reading_never_panics_and_what_passes_reads_alike_when_it_is_sent(text in any::<String>()) {
        let lenient = Template::parse_lenient(&text);
        if let Ok(strict) = Template::parse(&text, &names()) {
            prop_assert_eq!(strict, lenient);
        }
    }
}
