//! Text with markup that is well formed by construction and knows its length.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Text made of spans, up to a length.
#[derive(Debug)]
pub(super) struct Styled {
    spans: Vec<Span>,
    room: usize,
}

#[derive(Debug)]
enum Span {
    Text(String),
    Bold(String),
    Italic(String),
    Link { label: String, url: String },
}

impl Styled {
    /// Empty text that has room for `max` UTF-16 units.
    pub(super) const fn new(max: usize) -> Self {
        Self { spans: Vec::new(), room: max }
    }

    /// How many UTF-16 units still fit.
    pub(super) const fn room(&self) -> usize {
        self.room
    }

    /// Adds plain text.
    pub(super) fn text(&mut self, text: &str) {
        self.push(text, Span::Text);
    }

    /// Adds bold text.
    pub(super) fn bold(&mut self, text: &str) {
        self.push(text, Span::Bold);
    }

    /// Adds italic text.
    pub(super) fn italic(&mut self, text: &str) {
        self.push(text, Span::Italic);
    }

    /// Adds a link. `url` must be one that Telegram takes.
    pub(super) fn link(&mut self, label: &str, url: &str) {
        self.push(label, |label| Span::Link { label, url: url.to_owned() });
    }

    /// Adds a span whole or, when it does not fit, not at all: the blocks
    /// that matter come first and are clipped to fit, so what is left out is
    /// what matters least.
    fn push(&mut self, text: &str, span: impl FnOnce(String) -> Span) {
        let units = units(text);
        if units > 0 && units <= self.room {
            self.room -= units;
            self.spans.push(span(text.to_owned()));
        }
    }

    /// The text in Telegram's HTML.
    pub(super) fn to_html(&self) -> String {
        let mut html = String::new();
        for span in &self.spans {
            match span {
                Span::Text(text) => escape_into(&mut html, text),
                Span::Bold(text) => element(&mut html, "b", text),
                Span::Italic(text) => element(&mut html, "i", text),
                Span::Link { label, url } => {
                    html.push_str("<a href=\"");
                    escape_into(&mut html, url);
                    html.push_str("\">");
                    escape_into(&mut html, label);
                    html.push_str("</a>");
                }
            }
        }
        html
    }

    /// The text without markup; links show their address.
    pub(super) fn to_plain(&self) -> String {
        let mut plain = String::new();
        for span in &self.spans {
            match span {
                Span::Text(text) | Span::Bold(text) | Span::Italic(text) => plain.push_str(text),
                Span::Link { label, url } => {
                    plain.push_str(label);
                    plain.push_str(": ");
                    plain.push_str(url);
                }
            }
        }
        plain
    }
}

fn element(html: &mut String, name: &str, text: &str) {
    html.push('<');
    html.push_str(name);
    html.push('>');
    escape_into(html, text);
    html.push_str("</");
    html.push_str(name);
    html.push('>');
}

/// Escapes for text and for attributes in double quotes.
fn escape_into(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

/// The length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// `text`, or its beginning with an ellipsis, in at most `max` UTF-16 units.
/// Cut between words where one ends in the last third, else between
/// graphemes: never inside an emoji.
pub(in crate::telegram) fn clip(text: &str, max: usize) -> Cow<'_, str> {
    if units(text) <= max {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find_map(|(at, grapheme)| {
            used += units(grapheme);
            // One unit is for the ellipsis.
            (used + 1 > max).then_some(at)
        })
        .unwrap_or(text.len());
    let kept = &text[..end];
    let last_word_ends = if text[end..].starts_with(char::is_whitespace) {
        Some(end)
    } else {
        kept.rfind(char::is_whitespace)
    };
    let kept = match last_word_ends {
        Some(word_end) if word_end * 3 >= end * 2 => &kept[..word_end],
        _ => kept,
    };
    let kept = kept.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '.')
    });
    Cow::Owned(if max == 0 { String::new() } else { format!("{kept}…") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_at_a_word() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("one two three four", 15), "one two three…");
        assert_eq!(clip("one two, three", 9), "one two…");
        assert_eq!(clip("Donaudampfschifffahrt", 6), "Donau…");
    }

    #[test]
    fn text_is_never_cut_inside_an_emoji() {
        // 👨‍👩‍👧 is 8 units: three faces of 2 and two joiners.
        assert_eq!(clip("ab👨‍👩‍👧cd", 10), "ab…");
        assert_eq!(clip("ab👨‍👩‍👧cd", 11), "ab👨‍👩‍👧…");
        assert_eq!(clip("🇩🇪🇫🇷", 7), "🇩🇪…");
        assert_eq!(clip("✌🏽✌🏽", 4), "✌🏽…");
    }

    proptest! {
        #[test]
        fn a_clipped_text_fits_and_begins_like_the_whole(text in any::<String>(), max in 0_usize..40) {
            let clipped = clip(&text, max);
            prop_assert!(units(&clipped) <= max);
            let kept = clipped.strip_suffix('…').unwrap_or(&clipped);
            prop_assert!(text.starts_with(kept) || text == clipped);
        }
    }
}
