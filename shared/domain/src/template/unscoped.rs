//! Templates of before there were scopes: `{{payment_link}}`.

use super::{Fault, Names, Scope, Variable, scan};

/// Names that have changed: before, and the scope and name now.
const RENAMED: [(&str, Scope, &str); 1] = [("payment_price", Scope::Scenario, "product_price")];

/// A text whose variables have their scopes, and those that no scope has: they stay as they are, and the
/// text is refused until their author has changed them.
pub fn with_scopes(text: &str, names: &Names) -> (String, Vec<Fault>) {
    let (mut scoped, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        let inner = &rest[open + 2..open + length];
        scoped.push_str(&rest[..open]);
        match scope_of(inner.trim(), names) {
            Some((scope, name)) => {
                for part in ["{{", scope.as_str(), ".", name, "}}"] {
                    scoped.push_str(part);
                }
            }
            None => scoped.push_str(&rest[open..open + length + 2]),
        }
        rest = &rest[open + length + 2..];
    }
    scoped.push_str(rest);
    let faults = scan::scan(&scoped, Some(names)).1;
    (scoped, faults)
}

/// The scope and the name of a variable that has none, if one scope alone has it.
fn scope_of<'a>(name: &'a str, names: &Names) -> Option<(Scope, &'a str)> {
    if let Some((_, scope, now)) = RENAMED.iter().find(|(before, ..)| *before == name) {
        return Some((*scope, now));
    }
    let has =
        |scope: &Scope| names.why_not(&Variable { scope: *scope, name: name.to_owned() }).is_none();
    let mut scopes = Scope::ALL.into_iter().filter(has);
    let scope = scopes.next()?;
    scopes.next().is_none().then_some((scope, name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::template::{Globals, Template};

    fn names() -> Names {
        Names::of(&Globals::from([("shop".to_owned(), String::new())]))
    }

    #[test]
    fn variables_of_the_bot_before_get_their_scopes() {
        for (text, expected) in [
            (
                "{{payment_price}}₽: {{payment_link}}",
                "{{scenario.product_price}}₽: {{user.payment_link}}",
            ),
            ("{{ invite_link }}", "{{user.invite_link}}"),
            (
                "{{user_name}} {{shop}} {{product_name}}",
                "{{user.user_name}} {{bot.shop}} {{scenario.product_name}}",
            ),
            ("{{ user.user_name }}", "{{ user.user_name }}"),
            ("no variables {", "no variables {"),
        ] {
            assert_eq!(with_scopes(text, &names()), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_no_scope_has_is_told_with_its_place_and_left_as_it_is() {
        let text = "{{payment_link}}\nand {{ coupon }} {{ open";
        let (scoped, faults) = with_scopes(text, &names());
        assert_eq!(scoped, "{{user.payment_link}}\nand {{ coupon }} {{ open");
        let places: Vec<_> = faults.iter().map(|it| (it.line, it.column)).collect();
        assert_eq!(places, [(2, 5), (2, 18)]);
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "(\\{\\{|\\}\\}|payment_link|user\\.|shop|[ a-z]){0,20}") {
            let (once, faults) = with_scopes(&text, &names());
            prop_assert_eq!(with_scopes(&once, &names()), (once.clone(), faults.clone()));
            prop_assert_eq!(faults.is_empty(), Template::parse(&once, &names()).is_ok());
        }
    }
}
