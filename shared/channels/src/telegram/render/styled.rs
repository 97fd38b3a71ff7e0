//! Text with markup that is well formed by construction and knows its length.

use crate::words::units;

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
