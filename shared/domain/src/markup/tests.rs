use proptest::prelude::*;

use super::*;
use crate::template::{Globals, Names, UserValues, Values};

fn values(user_name: &str) -> Values {
    let user = UserValues {
        user_name: Some(user_name.to_owned()),
        payment_link: Some("https://payform.ru/ab/?x=1&y=2".to_owned()),
        ..UserValues::default()
    };
    Values::default().with_user(&user)
}

fn rendered(text: &str, user_name: &str) -> Rendered {
    let values = values(user_name);
    to_telegram(&Template::parse_lenient(text), &Fill::Values(&values))
}

fn html(text: &str) -> String {
    let rendered = rendered(text, "Ann");
    assert_eq!(check(&rendered.html), Ok(rendered.units), "{}", rendered.html);
    rendered.html
}

#[test]
fn what_telegram_can_show_is_shown() {
    for (text, expected) in [
        (
            "**bold** and *italic* and __bold__ and _italic_",
            "<b>bold</b> and <i>italic</i> and <b>bold</b> and <i>italic</i>",
        ),
        ("~~gone~~ <u>line</u>", "<s>gone</s> <u>line</u>"),
        ("`a < b`", "<code>a &lt; b</code>"),
        (
            "```rust\nlet a = 1;\nlet b;\n```",
            "<pre><code class=\"language-rust\">let a = 1;\nlet b;</code></pre>",
        ),
        ("```\na & b\n```\nafter", "<pre>a &amp; b</pre>\nafter"),
        (
            "[shop](https://example.com/?a=1&b=2)",
            "<a href=\"https://example.com/?a=1&amp;b=2\">shop</a>",
        ),
        ("<https://example.com/>", "<a href=\"https://example.com/\">https://example.com/</a>"),
        ("> quoted\n> twice\n\nafter", "<blockquote>quoted\ntwice</blockquote>\n\nafter"),
        ("<tg-spoiler>secret</tg-spoiler>", "<tg-spoiler>secret</tg-spoiler>"),
        ("<span class=\"tg-spoiler\">secret</span>", "<tg-spoiler>secret</tg-spoiler>"),
        ("***both***", "<i><b>both</b></i>"),
        ("one\ntwo\n\n\n\nthree", "one\ntwo\n\nthree"),
        ("a\\*b\\* &lt;b&gt; &copy;", "a*b* &lt;b&gt; ©"),
        ("some_snake_case 2*3", "some_snake_case 2*3"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn what_telegram_cannot_show_reads_well() {
    for (text, expected) in [
        ("# Title\ntext", "<b>Title</b>\ntext"),
        ("## A **b** c", "<b>A b c</b>"),
        (
            "text\n- one\n- two\n  - deep\n- three\n\nafter",
            "text\n• one\n• two\n    • deep\n• three\n\nafter",
        ),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n\n  more\n\n- two", "• one\n\nmore\n\n• two"),
        ("- # head\n- > quote", "• <b>head</b>\n• <blockquote>quote</blockquote>"),
        ("- [x] done\n- [ ] open", "• ☑ done\n• ☐ open"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "<b>A | B</b>\n1 | 2\n3 | 4"),
        ("![cat](https://example.com/c.png)", "<a href=\"https://example.com/c.png\">cat</a>"),
        ("![](https://example.com/c.png)", "<a href=\"https://example.com/c.png\">🖼</a>"),
        ("[here](#part)", "here (#part)"),
        ("[mail](mailto:a@example.com)", "mail (mailto:a@example.com)"),
        ("> a\n>> b", "<blockquote>a\nb</blockquote>"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn telegrams_own_tags_pass_and_any_other_is_text() {
    for (text, expected) in [
        ("<b>a</b> <strong>b</strong> <em>c</em>", "<b>a</b> <b>b</b> <i>c</i>"),
        ("<ins>a</ins><del>b</del><strike>c</strike>", "<u>a</u><s>b</s><s>c</s>"),
        (
            "<a href=\"https://t.me/x?a=1&amp;b=2\">go</a>",
            "<a href=\"https://t.me/x?a=1&amp;b=2\">go</a>",
        ),
        ("<blockquote expandable>long</blockquote>", "<blockquote expandable>long</blockquote>"),
        (
            "<blockquote>one\n\n**two**</blockquote> after",
            "<blockquote>one\n\n<b>two</b></blockquote> after",
        ),
        (
            "<pre><code class=\"language-py\">a\n\nb</code></pre>",
            "<pre><code class=\"language-py\">a\n\nb</code></pre>",
        ),
        ("<code>2*3*4 _a_ ~~b~~</code>", "<code>2*3*4 _a_ ~~b~~</code>"),
        (
            "<tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>",
            "<tg-emoji emoji-id=\"5368324170671202286\">👍</tg-emoji>",
        ),
        ("<b>first\n\nsecond</b>", "<b>first\n\nsecond</b>"),
        ("<B>a</B>", "<b>a</b>"),
        ("a<br>b <font color=red>c</font>", "a&lt;br&gt;b &lt;font color=red&gt;c&lt;/font&gt;"),
        ("<div>\nx\n</div>", "&lt;div&gt;\nx\n&lt;/div&gt;"),
        ("<span>a</span>", "&lt;span&gt;a&lt;/span&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <!-- note --> b", "a  b"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn tags_that_are_crossed_doubled_or_left_open_come_out_well_formed() {
    for (text, expected) in [
        ("<b>a <i>b</b> c</i>", "<b>a <i>b</i></b><i> c</i>"),
        ("**a <i>b** c</i>", "<b>a <i>b</i></b><i> c</i>"),
        ("<b>open", "<b>open</b>"),
        ("a</b>", "a&lt;/b&gt;"),
        ("<b>a <b>b</b> c</b>", "<b>a b c</b>"),
        (
            "<a href=\"https://a.example\">x [y](https://b.example) z</a>",
            "<a href=\"https://a.example\">x y z</a>",
        ),
        ("<a href=\"javascript:alert(1)\">x</a>", "x"),
        ("<a>x</a>", "&lt;a&gt;x&lt;/a&gt;"),
        ("<code>a <b>b</b></code>", "<code>a b</code>"),
        ("> <b>a\n\nb", "<blockquote><b>a</b></blockquote>\n\nb"),
        ("<b></b>x", "x"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn nothing_in_a_value_is_markup() {
    for name in [
        "**Ann**",
        "_x_",
        "<b>Ann</b>",
        "[a](https://evil.example)",
        "`x`",
        "a & b",
        "# x",
        "- x",
        "> x",
    ] {
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for (text, before, after) in [
            ("{{ user.user_name }}", "", ""),
            ("Hi **{{user.user_name}}**!", "Hi <b>", "</b>!"),
            ("`{{ user.user_name }}`", "<code>", "</code>"),
            ("<i>{{ user.user_name }}</i>", "<i>", "</i>"),
        ] {
            let rendered = rendered(text, name);
            assert_eq!(rendered.html, format!("{before}{escaped}{after}"), "{text}");
            assert_eq!(check(&rendered.html), Ok(rendered.units), "{text}");
        }
    }
    // What an author writes cannot name a variable past the reader.
    assert_eq!(html("{{ user.user_name }}\u{F0000}\u{F0001}"), "Ann");
}

#[test]
fn a_link_has_its_value_or_is_words() {
    for (text, expected) in [
        (
            "[pay]({{ user.payment_link }})",
            "<a href=\"https://payform.ru/ab/?x=1&amp;y=2\">pay</a>",
        ),
        (
            "<a href=\"{{ user.payment_link }}\">pay</a>",
            "<a href=\"https://payform.ru/ab/?x=1&amp;y=2\">pay</a>",
        ),
        (
            "<a href='https://example.com/?u={{user.user_name}}'>x</a>",
            "<a href=\"https://example.com/?u=Ann\">x</a>",
        ),
        ("[join]({{ user.invite_link }}) now", "join now"),
        ("<a href=\"{{ user.invite_link }}\">join</a> now", "join now"),
        ("[x](https://example.com/{{ user.invite_link }})", "x"),
        ("{{ user.payment_link }}", "https://payform.ru/ab/?x=1&amp;y=2"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn a_demonstration_names_the_variables_literally() {
    let shown = |text: &str| to_telegram(&Template::parse_lenient(text), &Fill::Demo).html;
    assert_eq!(
        shown("Costs **{{ scenario.product_price }}**"),
        "Costs <b>__scenario.product_price__</b>"
    );
    assert_eq!(
        shown("{{user.user_name}}{{user.user_name}}"),
        "__user.user_name____user.user_name__"
    );
    assert_eq!(shown("[pay]({{ user.payment_link }})"), "pay (__user.payment_link__)");
}

#[test]
fn plain_words_keep_the_addresses() {
    let plain = |text: &str| rendered(text, "Ann").plain;
    assert_eq!(plain("**a** [shop](https://example.com) b"), "a shop (https://example.com) b");
    assert_eq!(plain("<https://example.com/>"), "https://example.com/");
}

#[test]
fn the_length_is_what_telegram_counts() {
    for (text, units) in [
        ("", 0),
        ("**abc**", 3),
        ("&amp;&lt;", 2),
        ("👍", 2),
        ("[a](https://example.com)", 1),
        ("a\n\n\nb\n\n", 4),
        ("{{ user.user_name }}", 3),
    ] {
        assert_eq!(rendered(text, "Ann").units, units, "{text}");
    }
    let longest = to_telegram(&Template::parse_lenient("{{ user.reg_date }}!"), &Fill::Longest);
    assert_eq!(longest.units, 11);
}

/// Reads a text as Telegram does, and refuses what it would: a tag that it does not know, is not closed
/// in its order, is empty, or stands where it must not; a sign that is not escaped. The length in
/// UTF-16 units.
fn check(html: &str) -> Result<usize, String> {
    let (mut open, mut units, mut rest) = (Vec::<String>::new(), 0, html);
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '<' => {
                let tag = rest.split_once('>').ok_or("a tag without end")?.0;
                check_tag(&tag[1..], &mut open, units)?;
                tag.len() + 1
            }
            '&' => {
                let entity = rest.split_once(';').ok_or("an entity without end")?.0;
                if !["&amp", "&lt", "&gt", "&quot"].contains(&entity) {
                    return Err(format!("entity {entity}"));
                }
                units += 1;
                entity.len() + 1
            }
            '>' => return Err("a bare >".to_owned()),
            c => {
                units += c.len_utf16();
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    if open.is_empty() { Ok(units) } else { Err(format!("left open: {open:?}")) }
}

/// Open tags are kept as `name@units`: what has no text in it is empty.
fn check_tag(tag: &str, open: &mut Vec<String>, units: usize) -> Result<(), String> {
    let name_of = |it: &String| it.split('@').next().unwrap_or_default().to_owned();
    if let Some(name) = tag.strip_prefix('/') {
        let last = open.pop().ok_or("an end without beginning")?;
        if last == format!("{name}@{units}") || name_of(&last) != name {
            return Err(format!("</{name}> ends {last}"));
        }
        return Ok(());
    }
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let value = |of: &str| -> Option<&str> {
        attributes
            .strip_prefix(of)?
            .strip_prefix("=\"")?
            .strip_suffix('"')
            .filter(|it| !it.contains(['"', '<', '>']))
    };
    let around: Vec<String> = open.iter().map(name_of).collect();
    let fits = match name {
        "b" | "i" | "u" | "s" | "tg-spoiler" | "pre" => attributes.is_empty(),
        "code" => {
            attributes.is_empty()
                || (value("class").is_some_and(|it| it.starts_with("language-"))
                    && around.last().is_some_and(|it| it == "pre"))
        }
        "a" => value("href").is_some_and(|it| it.starts_with("http") || it.starts_with("tg://")),
        "blockquote" => (attributes.is_empty() || attributes == "expandable") && around.is_empty(),
        "tg-emoji" => value("emoji-id").is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit())),
        _ => false,
    };
    let in_code = around.iter().any(|it| it == "code")
        || (around.iter().any(|it| it == "pre") && name != "code");
    if !fits || in_code || around.iter().any(|it| it == name) {
        return Err(format!("<{tag}> in {around:?}"));
    }
    open.push(format!("{name}@{units}"));
    Ok(())
}

/// Text that is rich in markup of all kinds, whole and broken.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zа-я ]{1,6}",
        2 => "[*_~`]{1,3}",
        2 => "\n{1,2}[ ]{0,5}(> |- |1\\. |# |```|    )?",
        3 => "</?(b|i|u|s|code|pre|a|blockquote|tg-spoiler|span|div|tg-emoji|b/|x-y)>",
        1 => Just("<a href=\"https://example.com/?a=1&b=<2>\">".to_owned()),
        1 => Just("<a href='{{user.payment_link}}'>".to_owned()),
        1 => Just("[x]({{ user.payment_link }})".to_owned()),
        1 => Just("![y](https://example.com/y.png)".to_owned()),
        1 => Just("<pre><code class=\"language-c++\">".to_owned()),
        1 => Just("<span class=\"tg-spoiler\">".to_owned()),
        1 => Just("<tg-emoji emoji-id=\"5\">".to_owned()),
        1 => Just("{{ user.user_name }}".to_owned()),
        1 => Just("\n| a | b |\n|---|---|\n| 1 | <b>2 |\n".to_owned()),
        1 => "[&<>\"'\\[\\]()|!\\\\#+={}.-]{1,3}",
    ];
    prop::collection::vec(piece, 0..25).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn whatever_an_author_writes_telegram_can_read_it(text in markup(), name in any::<String>()) {
        for rendered in [
            rendered(&text, &name),
            to_telegram(&Template::parse_lenient(&text), &Fill::Demo),
        ] {
            prop_assert_eq!(check(&rendered.html), Ok(rendered.units), "{}", rendered.html);
        }
    }

    #[test]
    fn a_value_stands_in_the_text_as_it_is(
        before in "[a-z]{1,5} (\\*\\*|`|<i>)?",
        value in "[a-z*_<>&`\\[\\]()#~|-]{1,20}",
    ) {
        let values = values(&value);
        let text = format!("{before}{{{{ user.user_name }}}}");
        let shown = to_telegram(&Template::parse_lenient(&text), &Fill::Values(&values));
        prop_assert!(shown.plain.ends_with(&value), "{}", shown.plain);
    }

    #[test]
    fn what_fits_with_the_longest_values_fits_with_any(
        text in markup(),
        name in "[a-z&<*]{0,129}",
    ) {
        let names = Names::of(&Globals::default());
        if let Ok(template) = Template::parse(&text, &names) {
            let longest = to_telegram(&template, &Fill::Longest).units;
            prop_assert!(rendered(&text, &name).units <= longest, "{}", text);
        }
    }
}
