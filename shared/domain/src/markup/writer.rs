//! Writes Telegram's HTML so that it is well formed whatever comes.

use super::Rendered;
use super::tag::Kind;
use crate::template::{Fill, Variable, marked};

/// A tag that is open.
#[derive(Clone, Debug)]
struct Open {
    kind: Kind,
    /// Whether it is written: a tag is when the first text in it is, so none is empty.
    written: bool,
    /// Whether it must not be written: it stands where Telegram does not allow it.
    void: bool,
    /// Where it began in the plain text.
    from: usize,
}

impl Open {
    fn shows(&self) -> bool {
        !self.void
    }
}

/// Text with tags.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    variables: &'a [&'a Variable],
    fill: &'a Fill<'a>,
    html: String,
    plain: String,
    units: usize,
    open: Vec<Open>,
    /// New lines that come before the next text, if there is one: a tag that ends is before them.
    lines: usize,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(variables: &'a [&'a Variable], fill: &'a Fill<'a>) -> Self {
        Self {
            variables,
            fill,
            html: String::new(),
            plain: String::new(),
            units: 0,
            open: Vec::new(),
            lines: 0,
        }
    }

    /// How long the text is so far, in UTF-16 units.
    pub(super) const fn units(&self) -> usize {
        self.units
    }

    /// At least so many new lines before the next text.
    pub(super) fn gap(&mut self, lines: usize) {
        self.lines = self.lines.max(lines);
    }

    /// So many new lines before the next text.
    pub(super) fn set_gap(&mut self, lines: usize) {
        self.lines = lines;
    }

    /// Whether a tag of this kind is open.
    pub(super) fn is_open(&self, kind: &Kind) -> bool {
        self.open.iter().any(|it| it.kind.is_like(kind))
    }

    /// Whether the text is code.
    pub(super) fn is_verbatim(&self) -> bool {
        self.open.iter().any(|it| it.shows() && matches!(it.kind, Kind::Code(_) | Kind::Pre))
    }

    /// Opens a tag; one that Telegram does not allow there is as if it were not.
    pub(super) fn open(&mut self, kind: Kind) {
        let void = !self.allows(&kind);
        let in_block = self.open.last().is_some_and(|it| it.shows() && it.kind == Kind::Pre);
        // Only a block of code has a language.
        let kind = if matches!(kind, Kind::Code(_)) && !in_block { Kind::Code(None) } else { kind };
        self.push(kind, void);
    }

    /// Opens a tag that is not written.
    pub(super) fn open_void(&mut self, kind: Kind) {
        self.push(kind, true);
    }

    fn push(&mut self, kind: Kind, void: bool) {
        self.open.push(Open { kind, written: false, void, from: self.plain.len() });
    }

    /// Whether Telegram takes this tag where the text is: nothing in code but the language of a block,
    /// no quote in a quote or in a line's tag, nothing twice.
    fn allows(&self, kind: &Kind) -> bool {
        let mut shown = self.open.iter().filter(|it| it.shows());
        if shown.clone().any(|it| it.kind.is_like(kind)) {
            return false;
        }
        match shown.next_back() {
            Some(Open { kind: Kind::Pre, written: false, .. }) => {
                matches!(kind, Kind::Code(Some(_)))
            }
            Some(Open { kind: Kind::Pre | Kind::Code(_) | Kind::Emoji(_), .. }) => false,
            Some(Open { kind: Kind::Quote { .. }, .. }) | None => true,
            // Blocks are whole: a quote or a block of code inside a line's tag would end it.
            Some(_) => !matches!(kind, Kind::Quote { .. }),
        }
    }

    /// Closes the innermost open tag of this kind. Those inside it are closed with it and opened again.
    pub(super) fn close(&mut self, kind: &Kind) {
        let Some(at) = self.open.iter().rposition(|it| it.kind.is_like(kind)) else { return };
        let inside = self.open.split_off(at + 1);
        for it in inside.iter().rev() {
            self.write_end(it);
        }
        if let Some(closed) = self.open.pop() {
            self.write_end(&closed);
            self.tell_address(&closed);
        }
        // A block ends with all that is in it.
        let ends_all = matches!(kind, Kind::Pre | Kind::Quote { .. });
        for it in inside.into_iter().filter(|_| !ends_all) {
            let void = it.void || !self.allows(&it.kind);
            self.push(it.kind, void);
        }
    }

    fn write_end(&mut self, it: &Open) {
        if it.written {
            self.html.push_str("</");
            self.html.push_str(it.kind.name());
            self.html.push('>');
        }
    }

    /// The address of a link, in the plain text behind its words.
    fn tell_address(&mut self, closed: &Open) {
        let Kind::Link(address) = &closed.kind else { return };
        if closed.written && self.plain.get(closed.from..).is_some_and(|it| it.trim() != address) {
            for part in [" (", address, ")"] {
                self.plain.push_str(part);
            }
        }
    }

    /// Writes text, with the values of the variables in it.
    pub(super) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match marked(c, self.variables) {
                Some(variable) => {
                    let fill = self.fill;
                    fill.text(variable).chars().for_each(|c| self.character(c));
                }
                None => self.character(c),
            }
        }
    }

    fn character(&mut self, c: char) {
        if c == '\n' {
            self.lines += 1;
            return;
        }
        if (c.is_control() && c != '\t') || (self.units == 0 && c.is_whitespace()) {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        if self.units > 0 {
            (0..lines).for_each(|_| self.put('\n'));
        }
        self.write_open();
        self.put(c);
    }

    fn write_open(&mut self) {
        for it in self.open.iter_mut().filter(|it| !it.written && !it.void) {
            it.written = true;
            it.from = self.plain.len();
            self.html.push('<');
            self.html.push_str(it.kind.name());
            match &it.kind {
                Kind::Link(address) => attribute(&mut self.html, "href", address),
                Kind::Emoji(id) => attribute(&mut self.html, "emoji-id", id),
                Kind::Code(Some(language)) => {
                    attribute(&mut self.html, "class", &format!("language-{language}"));
                }
                Kind::Quote { expandable: true } => self.html.push_str(" expandable"),
                _ => {}
            }
            self.html.push('>');
        }
    }

    fn put(&mut self, c: char) {
        self.units += c.len_utf16();
        self.plain.push(c);
        match c {
            '&' => self.html.push_str("&amp;"),
            '<' => self.html.push_str("&lt;"),
            '>' => self.html.push_str("&gt;"),
            c => self.html.push(c),
        }
    }

    /// The text, with all that is open closed.
    pub(super) fn finish(mut self) -> Rendered {
        while let Some(it) = self.open.pop() {
            self.write_end(&it);
            self.tell_address(&it);
        }
        Rendered { html: self.html, plain: self.plain, units: self.units }
    }
}

fn attribute(html: &mut String, name: &str, value: &str) {
    for part in [" ", name, "=\""] {
        html.push_str(part);
    }
    for c in value.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c if c.is_control() => {}
            c => html.push(c),
        }
    }
    html.push('"');
}
