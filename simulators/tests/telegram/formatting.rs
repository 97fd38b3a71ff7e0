use serde_json::{Value, json};

use crate::setup::{ANNA, setup};

/// Source, text, and the kind, offset and length of each entity.
type Case = (&'static str, &'static str, &'static [(&'static str, i64, i64)]);

fn html(text: &str) -> Value {
    json!({ "chat_id": ANNA, "text": text, "parse_mode": "HTML" })
}

fn markdown(text: &str) -> Value {
    json!({ "chat_id": ANNA, "text": text, "parse_mode": "MarkdownV2" })
}

fn plain(entities: &Value) -> Vec<(String, i64, i64)> {
    let list = entities.as_array().cloned().unwrap_or_default();
    let of = |e: &Value| {
        (
            e["type"].as_str().unwrap().to_owned(),
            e["offset"].as_i64().unwrap(),
            e["length"].as_i64().unwrap(),
        )
    };
    list.iter().map(of).collect()
}

#[test]
fn html_becomes_plain_text_and_entities_in_utf16_units() {
    let setup = setup();
    let table: &[Case] = &[
        ("a <b>bold</b> word", "a bold word", &[("bold", 2, 4)]),
        ("😀 <i>é</i>", "😀 é", &[("italic", 3, 1)]),
        ("<b>x <i>y</i></b>", "x y", &[("bold", 0, 3), ("italic", 2, 1)]),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;&#33;&#x21;", "1 < 2 && 3 > 2 \"!!", &[]),
        ("AT&T &nbsp; &", "AT&T &nbsp; &", &[]),
        (
            "<u>a</u><s>b</s><code>c</code>",
            "abc",
            &[("underline", 0, 1), ("strikethrough", 1, 1), ("code", 2, 1)],
        ),
        (
            "<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>",
            "ab",
            &[("spoiler", 0, 1), ("spoiler", 1, 1)],
        ),
        ("<blockquote>a</blockquote>", "a", &[("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", &[("expandable_blockquote", 0, 1)]),
        ("<PRE>a</PRE>", "a", &[("pre", 0, 1)]),
        ("<b></b>a<i> </i>", "a", &[]),
        ("  <b> x </b>  ", "x", &[("bold", 0, 1)]),
        ("<a href='nonsense'>a</a>", "a", &[]),
    ];
    for (source, text, entities) in table {
        let message = setup.ok("sendMessage", &html(source));
        assert_eq!(message["text"], *text, "{source}");
        let expected: Vec<_> = entities.iter().map(|(k, o, l)| ((*k).to_owned(), *o, *l)).collect();
        assert_eq!(plain(&message["entities"]), expected, "{source}");
    }
}

#[test]
fn html_links_and_code_carry_their_address_and_language() {
    let setup = setup();
    let link =
        setup.ok("sendMessage", &html("<a href=\"https://example.org/?a=1&amp;b=2\">here</a>"));
    let expected = json!({ "type": "text_link", "offset": 0, "length": 4, "url": "https://example.org/?a=1&b=2" });
    assert_eq!(link["entities"][0], expected);
    let mention = setup.ok("sendMessage", &html("<a href=\"tg://user?id=501\">Anna</a>"));
    assert_eq!(mention["entities"][0]["type"], "text_mention");
    assert_eq!(mention["entities"][0]["user"]["id"], 501);
    let code = setup.ok("sendMessage", &html("<pre><code class=\"language-rust\">fn</code></pre>"));
    let expected = json!([{ "type": "pre", "offset": 0, "length": 2, "language": "rust" }]);
    assert_eq!(code["entities"], expected);
}

#[test]
fn broken_html_is_refused_in_telegrams_words() {
    let setup = setup();
    let table = [
        ("<b>a", "Can't find end tag corresponding to start tag \"b\""),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        ("é <div>a</div>", "Unsupported start tag \"div\" at byte offset 3"),
        ("5 < 6", "Unsupported start tag \"\" at byte offset 2"),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<a href=\"x\">a</a", "Unclosed end tag at byte offset 13"),
        ("<a href=\"x", "Unclosed start tag at byte offset 0"),
        ("<a href", "Unclosed start tag \"a\" at byte offset 0"),
        ("<br/>", "Unsupported start tag \"br/\" at byte offset 0"),
        ("<span>a</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ("<a \"x\">a</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
        ("<a href=x_y>a</a>", "Unexpected end of name token at byte offset 8"),
        ("<tg-emoji emoji-id=\"x\">a</tg-emoji>", "Invalid custom emoji identifier specified"),
    ];
    for (source, complaint) in table {
        let expected = format!("400 Bad Request: can't parse entities: {complaint}");
        assert_eq!(setup.refused("sendMessage", &html(source)), expected, "{source}");
    }
}

#[test]
fn markdown_becomes_plain_text_and_entities() {
    let setup = setup();
    let table: &[Case] = &[
        ("*bold* _italic_", "bold italic", &[("bold", 0, 4), ("italic", 5, 6)]),
        (
            "__under__ ~gone~ ||hidden||",
            "under gone hidden",
            &[("underline", 0, 5), ("strikethrough", 6, 4), ("spoiler", 11, 6)],
        ),
        ("*a _b_*", "a b", &[("bold", 0, 3), ("italic", 2, 1)]),
        ("1\\.5 \\- \\\\ \\!", "1.5 - \\ !", &[]),
        ("`a*b`", "a*b", &[("code", 0, 3)]),
        ("```\na_b\n```", "a_b", &[("pre", 0, 3)]),
        (">a\n>b\nc", "a\nb\nc", &[("blockquote", 0, 4)]),
        (">a\n>b||", "a\nb", &[("expandable_blockquote", 0, 3)]),
        ("a\n>b", "a\nb", &[("blockquote", 2, 1)]),
        ("😀 *é*", "😀 é", &[("bold", 3, 1)]),
        ("[x](tg://user?id=501)", "x", &[("text_mention", 0, 1)]),
    ];
    for (source, text, entities) in table {
        let message = setup.ok("sendMessage", &markdown(source));
        assert_eq!(message["text"], *text, "{source}");
        let expected: Vec<_> = entities.iter().map(|(k, o, l)| ((*k).to_owned(), *o, *l)).collect();
        assert_eq!(plain(&message["entities"]), expected, "{source}");
    }
    let link = setup.ok("sendMessage", &markdown("[here](https://example.org/a\\)b)"));
    assert_eq!(link["entities"][0]["url"], "https://example.org/a)b");
    let code = setup.ok("sendMessage", &markdown("```rust\nfn\n```"));
    assert_eq!(code["entities"][0]["language"], "rust");
}

#[test]
fn broken_markdown_is_refused_in_telegrams_words() {
    let setup = setup();
    let reserved = |c: char| {
        format!("Character '{c}' is reserved and must be escaped with the preceding '\\'")
    };
    let table = [
        ("1.5", reserved('.')),
        ("a - b", reserved('-')),
        ("a! b", reserved('!')),
        ("a > b", reserved('>')),
        ("a | b", reserved('|')),
        ("a ] b", reserved(']')),
        ("*a", "Can't find end of Bold entity at byte offset 0".into()),
        ("é _a", "Can't find end of Italic entity at byte offset 3".into()),
        ("__a", "Can't find end of Underline entity at byte offset 0".into()),
        ("`a", "Can't find end of Code entity at byte offset 0".into()),
        ("```a", "Can't find end of Pre entity at byte offset 0".into()),
        ("```rust\na", "Can't find end of PreCode entity at byte offset 0".into()),
        ("[a](b", "Can't find end of a URL at byte offset 4".into()),
        ("[a", "Can't find end of TextUrl entity at byte offset 0".into()),
        ("![a]", "The entity must contain a tg://emoji or tg://time URL".into()),
        (">*a\nb*", "Can't find end of Bold entity at byte offset 1".into()),
    ];
    for (source, complaint) in table {
        let expected = format!("400 Bad Request: can't parse entities: {complaint}");
        assert_eq!(setup.refused("sendMessage", &markdown(source)), expected, "{source}");
    }
}

#[test]
fn commands_mentions_and_addresses_are_found_by_themselves() {
    let setup = setup();
    let text = "/start now @someone #tag see https://example.org/x, mail a@example.org";
    let message = setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": text }));
    let kinds: Vec<_> = plain(&message["entities"]).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["bot_command", "mention", "hashtag", "url", "email"]);
    let message = setup.ok("sendMessage", &html("<code>/start</code>"));
    assert_eq!(plain(&message["entities"]), [("code".to_owned(), 0, 6)]);
}

#[test]
fn entities_may_be_given_apart_and_must_lie_in_the_text() {
    let setup = setup();
    let send = |entity: Value| json!({ "chat_id": ANNA, "text": "hello", "entities": [entity] });
    let message =
        setup.ok("sendMessage", &send(json!({ "type": "bold", "offset": 0, "length": 5 })));
    assert_eq!(plain(&message["entities"]), [("bold".to_owned(), 0, 5)]);
    let outside =
        setup.refused("sendMessage", &send(json!({ "type": "bold", "offset": 3, "length": 5 })));
    assert!(outside.contains("ends after the end of the text at UTF-16 offset 8"), "{outside}");
    let missing = setup.refused("sendMessage", &send(json!({ "type": "bold", "offset": 3 })));
    assert_eq!(missing, "400 Bad Request: can't parse MessageEntity: Can't find field \"length\"");
}

#[test]
fn lengths_count_characters_after_the_markup_is_gone() {
    let setup = setup();
    let longest = "é".repeat(4_096);
    setup.ok("sendMessage", &html(&format!("<b>{longest}</b>")));
    let too_long = html(&format!("<b>{longest}x</b>"));
    assert_eq!(setup.refused("sendMessage", &too_long), "400 Bad Request: message is too long");
    let photo = |caption: String| json!({ "chat_id": ANNA, "photo": "https://example.org/a.jpg", "caption": caption });
    setup.ok("sendPhoto", &photo("x".repeat(1_024)));
    let refused = setup.refused("sendPhoto", &photo("x".repeat(1_025)));
    assert_eq!(refused, "400 Bad Request: message caption is too long");
}

#[test]
fn a_text_must_say_something_and_its_mode_must_exist() {
    let setup = setup();
    let table = [
        (json!({ "chat_id": ANNA }), "message text is empty"),
        (json!({ "chat_id": ANNA, "text": "" }), "message text is empty"),
        (json!({ "chat_id": ANNA, "text": "  \n " }), "text must be non-empty"),
        (html("<b></b>"), "text must be non-empty"),
        (json!({ "chat_id": ANNA, "text": "a", "parse_mode": "bbcode" }), "unsupported parse_mode"),
    ];
    for (parameters, reason) in table {
        assert_eq!(setup.refused("sendMessage", &parameters), format!("400 Bad Request: {reason}"));
    }
}
