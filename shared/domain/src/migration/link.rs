//! A button as a link in a text.

/// What is markup in the words of a link.
const IN_WORDS: &str = r"\`*_[]<>&~!";
/// What would end an address, or be read as another one.
const IN_ADDRESS: &str = r"\()<>&";

/// A link in Markdown with the words and the address of a button, which are no Markdown: a person reads and opens
/// what the button said and led to. Variables stay variables.
pub(super) fn link(words: &str, address: &str) -> String {
    let words = escaped(words, IN_WORDS).replace(['\n', '\r'], " ");
    format!("[{words}]({})", escaped(address.trim(), IN_ADDRESS))
}

/// A template with a backslash before each of these characters that stands outside its braces.
fn escaped(template: &str, special: &str) -> String {
    let (mut text, mut rest) = (String::new(), template);
    while let Some(c) = rest.chars().next() {
        let braces = rest.strip_prefix("{{").and_then(|inner| inner.find("}}"));
        let taken = braces.map_or(c.len_utf8(), |end| end + "{{}}".len());
        if braces.is_none() && special.contains(c) {
            text.push('\\');
        }
        let (piece, left) = rest.split_at(taken);
        text.push_str(piece);
        rest = left;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::button::address;
    use crate::markup::to_telegram;
    use crate::template::{Fill, Template, UserValues, Values};

    fn html(markdown: &str) -> String {
        let user = UserValues {
            user_name: Some("A_n_n".to_owned()),
            payment_link: Some("https://payform.ru/ab/".to_owned()),
            ..UserValues::default()
        };
        let values = Values::default().with_user(&user);
        to_telegram(&Template::parse_lenient(markdown), &Fill::Values(&values)).html
    }

    /// The address and the words of the one link that a text is.
    fn read(html: &str) -> Option<(String, String)> {
        let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        let plain = |text: &str| {
            signs.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
        };
        let (address, words) = html.strip_prefix("<a href=\"")?.split_once("\">")?;
        let words = words.strip_suffix("</a>").filter(|it| !it.contains('<'))?;
        Some((plain(address), plain(words)))
    }

    fn said(words: &str, address: &str) -> Option<(String, String)> {
        read(&html(&link(words, address)))
    }

    fn pair(address: &str, words: &str) -> (String, String) {
        (address.to_owned(), words.to_owned())
    }

    #[test]
    fn a_link_says_and_opens_what_its_button_did() {
        for (words, address) in [
            ("В группу [VIP]", "https://t.me/+abc"),
            ("](https://evil.example)", "https://example.com/a_(b)_c"),
            ("**Скидка** 50% <b>!", "https://example.com/?a=1&copy=2&amp;b=)"),
            (r"C:\[x] `code` ~~no~~ &amp;", r"https://example.com/a\)b"),
            ("![cat]", "https://example.com/\"x\""),
        ] {
            assert_eq!(
                said(words, address),
                Some(pair(address, words)),
                "{}",
                link(words, address)
            );
        }
        assert_eq!(
            said("one\ntwo", "https://a.example/"),
            Some(pair("https://a.example/", "one two"))
        );
    }

    #[test]
    fn variables_of_a_button_stay_variables_of_its_link() {
        let (words, address) = ("*{{ user.user_name }}*", " {{user.payment_link}} ");
        let expected = "[\\*{{ user.user_name }}\\*]({{user.payment_link}})";
        assert_eq!(link(words, address), expected);
        assert_eq!(said(words, address), Some(pair("https://payform.ru/ab/", "*A_n_n*")));
    }

    fn is_no_template(text: &str) -> bool {
        ["{{", "}}", "{%", "{#"].iter().all(|it| !text.contains(it))
    }

    fn some_words() -> impl Strategy<Value = String> {
        let words = prop_oneof!["[ -~а-я]{1,40}", "[\\[\\]()\\\\*_`~<>&!a ]{1,40}", "\\PC{1,20}"];
        let kept = |text: &String| is_no_template(text) && !text.is_empty() && text.trim() == text;
        words.prop_filter("whole words", kept)
    }

    fn some_address() -> impl Strategy<Value = String> {
        let rest = prop_oneof!["[!-~а-я]{0,30}", "[()\\\\<>&;a-z*_`]{0,30}"];
        let whole = rest.prop_map(|rest| format!("https://example.com/{rest}"));
        whole.prop_filter("an address", |it| is_no_template(it) && address(it).is_some())
    }

    proptest! {
        #[test]
        fn whatever_a_button_says_and_leads_to_its_link_does_too(
            words in some_words(), address in some_address(),
        ) {
            let link = link(&words, &address);
            prop_assert_eq!(read(&html(&link)), Some((address, words)), "{}", link);
        }
    }
}
