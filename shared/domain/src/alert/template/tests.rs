use proptest::prelude::*;
use serde_json::json;

use super::*;

fn input(body: &str) -> TemplateInput {
    TemplateInput { title: "T".to_owned(), body: body.to_owned(), sections: Vec::new() }
}

fn made(body: &str, context: &serde_json::Value) -> Result<String, TemplateError> {
    let context = context.as_object().cloned().unwrap_or_default();
    render(&input(body), &context).map(|message| message.body)
}

#[test]
fn plain_names_and_the_whole_language_are_taken() {
    let context = json!({ "device": "pump 7", "n": 3, "it": { "at": "noon" }, "all": [1, 2] });
    for (body, expected) in [
        ("{device} is offline", "pump 7 is offline"),
        ("{{ device }} is offline", "pump 7 is offline"),
        ("{device}{n} at {it.at}", "pump 73 at noon"),
        ("{% if n > 2 %}{n} times{% endif %}", "3 times"),
        ("{% for x in all %}{{ x }};{% endfor %}", "1;2;"),
        ("{{ device|upper }}", "PUMP 7"),
        ("{{ device|replace(\"pump\", \"fan\")|trim|title }}", "Fan 7"),
        ("{{ all|join(\", \") }} {{ all|first }}{{ all|last }}{{ all|length }}", "1, 2 122"),
        ("{% for k, v in it|items %}{{ k }}: {{ v }}{% endfor %}", "at: noon"),
        ("{{ n + 1 }} {{ n|float * 2 }} {{ n - 1 }} {{ 7 // n }} {{ -n }}", "4 6.0 2 2 -3"),
        ("{{ device[:4] }}{{ device[-1] }} {{ it.gone|default(\"-\") }}", "pump7 -"),
        ("{% if n in [1, 3, -5] and device is startingwith \"pump\" %}y{% endif %}", "y"),
        ("{% set x = n|int %}{{ x }}{% with y = x %}{{ y }}{% endwith %}", "33"),
        ("a { b } { 1} {} {\"x\": 1}", "a { b } { 1} {} {\"x\": 1}"),
        ("<b>{device}</b>", "<b>pump 7</b>"),
    ] {
        assert_eq!(made(body, &context).as_deref(), Ok(expected), "{body}");
    }
}

#[test]
fn what_the_context_lacks_is_named_all_at_once() {
    let lacks = made("{a} {{ b }} {c.d} {here}", &json!({ "here": 1 }));
    let named = ["context.a", "context.b", "context.c"];
    let errors = named.map(|field| FieldError::new(field, "is required"));
    assert_eq!(lacks, Err(TemplateError::Faulty(errors.to_vec())));
    let deeper = made("{c.d}", &json!({ "c": {} }));
    assert!(matches!(deeper, Err(TemplateError::Faulty(_))), "{deeper:?}");
}

#[test]
fn faulty_templates_are_refused_when_they_are_saved_with_their_lines() {
    let many = "x".repeat(200);
    let each = format!("{{% for a in \"{many}\" %}}");
    let endless = format!("{each}{each}{{% endfor %}}{{% endfor %}}");
    for (body, part) in [
        ("one\n{{ a", "line 2"),
        ("{% if a %}", "line 1"),
        ("a\nb\n{{ a|nope }}", "line 3"),
        ("{{ nope() }}", "line 1"),
        ("{% include 'x' %}", "line 1"),
        (&*endless, "fuel"),
        (&*format!("{{% for a in \"{many}\" %}}{many}{{% endfor %}}"), "longer"),
    ] {
        let errors = input(body).check().expect_err(body);
        assert!(errors[0].field == "body" && errors[0].message.contains(part), "{errors:?}");
    }
    let both = TemplateInput { title: "{{".to_owned(), ..input("{%") };
    assert_eq!(both.check().expect_err("faulty").len(), 2, "all faults at once");
    assert!(input("{{ a.b.c|upper }} {% for x in xs %}{{ x.y }}{% endfor %}").check().is_ok());
}

/// Texts that a few characters make large, slow or deep.
fn hostile() -> Vec<String> {
    let doubled = "{% set x = x ~ x %}".repeat(60);
    let captured = "{% set x %}{{ x }}{{ x }}{% endset %}".repeat(60);
    let nested = format!("{{% set x = [1] %}}{}", "{% set x = [x, x] %}".repeat(60));
    let replaced = "|replace(\"x\", \"xxxxxxxxxxxxxxxxxxxx\")".repeat(20);
    let mut all: Vec<String> = [
        "{{ \"x\"|indent(99999999999) }}",
        "{{ \"x\"|indent(18446744073709551615) }}",
        "{{ \"x\" * 100000000 }}",
        "{{ 100000000 * \"x\" * 10 }}",
        "{{ value * 100000000 }}",
        "{{ ([\"x\"] * 100000000)|join }}",
        "{{ \"%999999999d\"|format(1) }}",
        "{{ [1]|batch(18446744073709551615, 1) }}",
        "{{ [1]|slice(18446744073709551615) }}",
        "{{ [1]|map(\"indent\", 99999999999) }}",
        "{{ 1 is divisibleby 0 }}",
        "{{ \"\"[::-1] }}",
        "{{ \"ab\"[0:2:-1] }}",
        "{{ range(100000)|join(value) }}",
        "{{ value|int(value) * 100000000 }}",
        "{% filter indent(99999999999) %}x{% endfilter %}",
        "{% for a in value recursive %}{{ loop(value) }}{% endfor %}",
        "{{ debug() }}",
        "{{ namespace(a=value) }}",
        "{{ {\"a\": value} }}",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend([
        format!("{{% set x = value %}}{doubled}{{{{ x }}}}"),
        format!("{{% set x = value %}}{captured}{{{{ x }}}}"),
        format!("{nested}{{{{ x == x }}}}{{{{ x }}}}"),
        format!("{{{{ value{replaced} }}}}"),
        format!("{{{{ {}value }}}}", "not ".repeat(1_500)),
        format!("{{{{ {}1 }}}}", "-".repeat(3_000)),
        format!("{{{{ value{} }}}}", ".a".repeat(3_500)),
        format!("{{{{ 1{} }}}}", " - 1".repeat(1_900)),
        format!("{{% if value %}}{}{{% endif %}}", "{% elif value %}".repeat(490)),
    ]);
    all
}

#[test]
fn a_short_template_cannot_make_much() {
    let long = "x".repeat(15_000);
    for body in hostile() {
        let shown: String = body.chars().take(80).collect();
        let made = made(&body, &json!({ "value": long }));
        let Err(TemplateError::Faulty(errors)) = made else { panic!("{shown}: it was made") };
        assert_eq!(errors[0].field, "body", "{shown}: {errors:?}");
    }
    let loops = "{% for a in value %}{% for b in value %}{{ value }}{% endfor %}{% endfor %}";
    let Err(TemplateError::Faulty(errors)) = made(loops, &json!({ "value": long })) else {
        panic!("it was made")
    };
    assert!(errors[0].message.contains("longer than an alert"), "{errors:?}");
}

#[test]
fn what_would_grow_is_refused_when_it_is_saved() {
    for body in hostile() {
        let shown: String = body.chars().take(80).collect();
        // How much these make depends on what the context holds.
        let depends = body.contains("|replace");
        let errors = input(&body).check().err();
        assert_eq!(errors.is_some(), !depends, "{shown}: {errors:?}");
        assert!(errors.iter().flatten().all(|it| it.field == "body"), "{errors:?}");
    }
}

#[test]
fn a_context_that_holds_too_much_is_refused() {
    for context in [
        json!({ "log": "x".repeat(20_000) }),
        json!({ "all": vec![1; 2_000] }),
        json!({ "all": [[{ "x".repeat(20_000): 1 }]] }),
    ] {
        let Err(TemplateError::Faulty(errors)) = made("{{ 1 }}", &context) else {
            panic!("it was made")
        };
        assert_eq!(errors[0].field, "context");
    }
}

#[test]
fn every_filter_that_is_offered_is_there() {
    for name in allowed::FILTERS {
        let body = format!("{{{{ a|{name} }}}}");
        let result = made(&body, &json!({ "a": "1" }));
        let unknown = format!("{result:?}").contains("unknown");
        assert!(!unknown, "{name}: {result:?}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{%",
        "%}",
        "{",
        "}",
        "a",
        "b",
        "1",
        "99999999999",
        "\"x\"",
        "|",
        "join",
        "replace",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        ".",
        "*",
        "+",
        "-",
        "/",
        "//",
        "~",
        "**",
        "for ",
        " in ",
        "if ",
        "endif",
        "endfor",
        "set ",
        "=",
        "endset",
        "else",
        "not ",
        "is ",
        "default",
        "items",
        "round",
        "int",
        "loop",
        "with ",
        "endwith",
        "\n",
        "{{ a }}",
        "{% for b in a %}",
        "{% endfor %}",
        "{% set b = a %}",
        "a|replace(\"\", a)",
        " ",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn no_pieces_of_the_language_make_the_templates_panic_or_grow(
        body in pieces(),
        value in any::<String>(),
    ) {
        let _ = input(&body).check();
        if let Ok(text) = made(&body, &json!({ "a": value, "b": [value, -1, 0.5] })) {
            prop_assert!(text.len() <= MAX_MADE, "{}", body);
        }
    }

    #[test]
    fn no_text_makes_the_templates_panic(body in any::<String>(), value in any::<String>()) {
        let checked = input(&body).check();
        let made = made(&body, &json!({ "a": value }));
        if checked.is_ok() && variables(&input(&body)).is_empty() {
            prop_assert!(made.is_ok(), "{:?}", made);
        }
    }
}
