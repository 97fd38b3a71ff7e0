//! HTML that shops put into titles and descriptions, as readable plain text.

use domain::text;

/// How often markup inside escapes is looked for: feeds escape once too often
/// (`&lt;b&gt;`), but hardly twice.
const ROUNDS: usize = 2;

/// The longest tag that is recognised, in bytes. Bounds the work on text that
/// is full of `<`.
const MAX_TAG_BYTES: usize = 2_000;

/// Elements that say nothing of a text's shape. A `<` before any other name
/// is text: `List<String>`.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd",
    "label", "link", "mark", "meta", "o", "picture", "q", "s", "small", "source", "span", "strike",
    "strong", "sub", "sup", "svg", "tt", "u", "video", "wbr",
];

/// Elements that begin and end a line.
const BLOCK: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "main",
    "nav",
    "ol",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "thead",
    "ul",
];

/// Elements whose content is not for people.
const HIDDEN: &[&str] = &["head", "iframe", "noscript", "script", "style"];

/// The text of `html` as paragraphs: tags gone, line breaks where blocks end,
/// entities decoded. Text that is no HTML stays as it is.
pub(crate) fn paragraphs(html: &str) -> String {
    let mut current = html.to_owned();
    for _ in 0..ROUNDS {
        let stripped = strip_tags(&current);
        let decoded = html_escape::decode_html_entities(&stripped).into_owned();
        if decoded == current {
            break;
        }
        current = decoded;
    }
    text::paragraphs(&current)
}

/// The text of `html` as one line.
pub(crate) fn one_line(html: &str) -> String {
    text::one_line(&paragraphs(html))
}

/// Removes the tags that HTML knows.
fn strip_tags(html: &str) -> String {
    let Some(last_end) = html.rfind('>') else {
        return html.to_owned();
    };
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        // Behind the last `>` no tag can end.
        if html.len() - rest.len() + at > last_end {
            break;
        }
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let tag = tag(from).unwrap_or(Tag { len: 1, replacement: "<" });
        out.push_str(tag.replacement);
        rest = &from[tag.len..];
    }
    out.push_str(rest);
    out
}

/// A tag at the start of a text.
struct Tag {
    /// Its length in bytes, for hidden elements with their content.
    len: usize,
    /// What stands in its place.
    replacement: &'static str,
}

/// The tag that `text` begins with, if it is one.
fn tag(text: &str) -> Option<Tag> {
    let inside = &text[1..];
    if let Some(comment) = inside.strip_prefix("!--") {
        let len = comment.find("-->")? + "<!---->".len();
        return Some(Tag { len, replacement: "" });
    }
    if inside.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("!doctype")) {
        return Some(Tag { len: tag_len(text)?, replacement: "" });
    }
    let (closes, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, after) = inside.split_at(end);
    // `<o:p>` is what Word leaves behind.
    if !after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | ':')) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let len = tag_len(text)?;
    let replacement = match name.as_str() {
        "p" | "tr" => {
            if closes {
                "\n\n"
            } else {
                "\n"
            }
        }
        // The next item or the end of the list begins a line.
        "li" => {
            if closes {
                ""
            } else {
                "\n• "
            }
        }
        "td" | "th" => " ",
        name if BLOCK.contains(&name) => "\n",
        name if INLINE.contains(&name) => "",
        name if HIDDEN.contains(&name) => {
            if closes {
                return Some(Tag { len, replacement: "" });
            }
            return Some(Tag { len: len + hidden_len(&text[len..], name), replacement: "\n" });
        }
        _ => return None,
    };
    Some(Tag { len, replacement })
}

/// The length of a tag up to its `>`, one inside quotes apart.
fn tag_len(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut first_end = None;
    for (at, byte) in text.bytes().enumerate().take(MAX_TAG_BYTES) {
        match (byte, quote) {
            (b'>', None) => return Some(at + 1),
            (b'>', Some(_)) => first_end = first_end.or(Some(at + 1)),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    // A quote that never ends was an apostrophe.
    first_end
}

/// The length of a hidden element's content; nothing when it never ends.
fn hidden_len(content: &str, name: &str) -> usize {
    let closing = format!("</{name}");
    content
        .match_indices("</")
        .find(|(at, _)| {
            content
                .get(*at..at + closing.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(&closing))
        })
        .map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_of_shops_reads_as_text() {
        for (html, expected) in [
            (
                "<p>Fao Schwarz Toy Luxury Luggage Playset</p> Travel",
                "Fao Schwarz Toy Luxury Luggage Playset\n\nTravel",
            ),
            ("Black &amp; <b>White</b>", "Black & White"),
            ("one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour"),
            ("<ul><li>red</li><li>blue</li></ul>", "• red\n• blue"),
            ("<table><tr><td>Size</td><td>42</td></tr></table>", "Size 42"),
            ("&lt;b&gt;bold&lt;/b&gt; &amp;amp; brave", "bold & brave"),
            ("a<script>alert('<b>')</script>b<style>p{}</style>", "a\nb"),
            ("<a href=\"https://e.com/?a>b\" title='x'>link</a>", "link"),
            ("<!-- hidden --><!DOCTYPE html>shown", "shown"),
            ("Don&#39;t &quot;stop&quot;&nbsp;&#x1F600;", "Don't \"stop\" 😀"),
            ("<span class='it's'>x</span>", "x"),
        ] {
            assert_eq!(paragraphs(html), expected, "{html}");
        }
    }

    #[test]
    fn text_that_only_looks_like_markup_stays() {
        for text in [
            "5 < 6 and 7 > 3",
            "List<String> and Map<K, V>",
            "a <- b",
            "I <3 you > all",
            "AT&T, R&D; & more",
            "price<100",
            "<",
            "<b",
            "unique&innovative",
        ] {
            assert_eq!(paragraphs(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), html in "[<>/a-pbr!\"' &;#-]{0,80}") {
            let _ = paragraphs(&text);
            let _ = paragraphs(&html);
        }

        #[test]
        fn words_without_markup_are_kept(text in "[a-zA-Zя-ё0-9 .,;:!?()-]{0,80}") {
            prop_assert_eq!(paragraphs(&text), text::paragraphs(&text));
        }
    }
}
