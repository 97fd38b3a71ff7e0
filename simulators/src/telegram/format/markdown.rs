//! Telegram's `MarkdownV2`: every reserved character is either markup or escaped.
//!
//! Offsets in complaints count bytes of the text as sent.

use super::html::linked;
use super::text_builder::TextBuilder;
use super::{Entity, EntityKind, Formatted, links, sort};

const RESERVED: &str = "_*[]()~`>#+-=|{}.!\n";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Span {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre,
    Link,
    Emoji,
    Quote,
}

impl Span {
    /// Its name in complaints.
    fn name(self, has_language: bool) -> &'static str {
        match self {
            Self::Bold => "Bold",
            Self::Italic => "Italic",
            Self::Underline => "Underline",
            Self::Strikethrough => "Strikethrough",
            Self::Spoiler => "Spoiler",
            Self::Code => "Code",
            Self::Pre if has_language => "PreCode",
            Self::Pre => "Pre",
            Self::Link => "TextUrl",
            Self::Emoji => "CustomEmoji",
            Self::Quote => "BlockQuote",
        }
    }
}

struct Open {
    span: Span,
    language: Option<String>,
    offset: usize,
    begin: usize,
    text_begin: usize,
}

impl Open {
    fn unfinished(&self) -> String {
        let name = self.span.name(self.language.is_some());
        format!("Can't find end of {name} entity at byte offset {}", self.begin)
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    out: TextBuilder,
    open: Vec<Open>,
    entities: Vec<Entity>,
    /// A quote can begin only at the beginning of a line.
    line_begins: bool,
    in_quote: bool,
}

pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        source,
        at: 0,
        out: TextBuilder::default(),
        open: Vec::new(),
        entities: Vec::new(),
        line_begins: true,
        in_quote: false,
    };
    while let Some(c) = parser.rest().chars().next() {
        parser.step(c)?;
    }
    parser.finish_quote();
    if let Some(open) = parser.open.last() {
        return Err(open.unfinished());
    }
    sort(&mut parser.entities);
    Ok(Formatted { text: parser.out.finish(), entities: parser.entities })
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn innermost(&self) -> Option<Span> {
        self.open.last().map(|open| open.span)
    }

    fn step(&mut self, c: char) -> Result<(), String> {
        if c == '\\' {
            // Only ASCII can be escaped; elsewhere the backslash is itself.
            if let Some(escaped @ '\u{1}'..='\u{7e}') = self.rest()[1..].chars().next() {
                self.at += 2;
                self.out.push(escaped);
                self.line_begins = false;
                return Ok(());
            }
        }
        let in_code = matches!(self.innermost(), Some(Span::Code | Span::Pre));
        let reserved = if in_code { c == '`' } else { RESERVED.contains(c) };
        if !reserved {
            self.keep(c);
            self.line_begins = false;
            return Ok(());
        }
        if in_code && !(self.innermost() == Some(Span::Code) || self.rest().starts_with("```")) {
            self.keep(c);
            return Ok(());
        }
        if self.closes(c) { self.close(c) } else { self.begin(c) }
    }

    fn keep(&mut self, c: char) {
        self.at += c.len_utf8();
        self.out.push(c);
    }

    fn closes(&self, c: char) -> bool {
        let Some(innermost) = self.innermost() else {
            return false;
        };
        if c == '\n' && self.in_quote && !self.quote_goes_on() {
            return true;
        }
        let rest = self.rest();
        match innermost {
            Span::Bold => c == '*',
            Span::Italic => c == '_' && !rest.starts_with("__"),
            Span::Underline => rest.starts_with("__"),
            Span::Strikethrough => c == '~',
            Span::Spoiler => rest.starts_with("||"),
            Span::Code => c == '`',
            Span::Pre => rest.starts_with("```"),
            Span::Link | Span::Emoji => c == ']',
            Span::Quote => false,
        }
    }

    fn quote_goes_on(&self) -> bool {
        self.rest()[1..].starts_with('>')
    }

    fn begin(&mut self, c: char) -> Result<(), String> {
        let begin = self.at;
        let rest = self.rest();
        let mut language = None;
        let (span, skip) = match c {
            '_' if rest.starts_with("__") => (Span::Underline, 2),
            '_' => (Span::Italic, 1),
            '*' => (Span::Bold, 1),
            '~' => (Span::Strikethrough, 1),
            '|' if rest.starts_with("||") => (Span::Spoiler, 2),
            '[' => (Span::Link, 1),
            '!' if rest.starts_with("![") => (Span::Emoji, 2),
            '`' if rest.starts_with("```") => {
                let (named, skip) = fence(rest);
                language = named;
                (Span::Pre, skip)
            }
            '`' => (Span::Code, 1),
            '\n' => {
                self.keep('\n');
                self.line_begins = true;
                return Ok(());
            }
            '>' if self.line_begins && self.in_quote => {
                self.at += 1;
                return Ok(());
            }
            '>' if self.line_begins => {
                self.in_quote = true;
                (Span::Quote, 1)
            }
            _ => {
                return Err(format!(
                    "Character '{c}' is reserved and must be escaped with the preceding '\\'"
                ));
            }
        };
        self.at += skip;
        self.line_begins = false;
        let (offset, text_begin) = (self.out.offset(), self.out.bytes());
        self.open.push(Open { span, language, offset, begin, text_begin });
        Ok(())
    }

    fn close(&mut self, c: char) -> Result<(), String> {
        if c == '\n' {
            return self.end_quoted_line();
        }
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        self.at += match open.span {
            Span::Underline | Span::Spoiler => 2,
            Span::Pre => 3,
            _ => 1,
        };
        let length = self.out.offset() - open.offset;
        let kind = match open.span {
            Span::Bold => EntityKind::Bold,
            Span::Italic => EntityKind::Italic,
            Span::Underline => EntityKind::Underline,
            Span::Strikethrough => EntityKind::Strikethrough,
            Span::Spoiler => EntityKind::Spoiler,
            Span::Code => EntityKind::Code,
            Span::Pre => EntityKind::Pre,
            Span::Quote => EntityKind::Blockquote,
            Span::Link => {
                let link = match self.target()? {
                    Some(link) => link,
                    None => self.out.since(open.text_begin).to_owned(),
                };
                self.entities.extend(linked(&link, open.offset, length).filter(|_| length > 0));
                return Ok(());
            }
            Span::Emoji => return self.close_emoji(&open, length),
        };
        if length > 0 {
            self.entities
                .push(Entity { language: open.language, ..Entity::new(kind, open.offset, length) });
        }
        Ok(())
    }

    fn close_emoji(&mut self, open: &Open, length: usize) -> Result<(), String> {
        let link = self.target()?.ok_or("The entity must contain a tg://emoji or tg://time URL")?;
        let id =
            links::custom_emoji(&link).ok_or("Invalid tg://emoji or tg://time URL specified")?;
        if length > 0 {
            let entity = Entity::new(EntityKind::CustomEmoji, open.offset, length);
            self.entities.push(Entity { custom_emoji_id: Some(id), ..entity });
        }
        Ok(())
    }

    /// `(…)` behind a closing bracket, unescaped.
    fn target(&mut self) -> Result<Option<String>, String> {
        if !self.rest().starts_with('(') {
            return Ok(None);
        }
        self.at += 1;
        let begin = self.at;
        let mut link = String::new();
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            match c {
                ')' => return Ok(Some(link)),
                '\\' => match self.rest().chars().next() {
                    Some(escaped) if escaped.is_ascii() => {
                        self.at += 1;
                        link.push(escaped);
                    }
                    _ => link.push(c),
                },
                c => link.push(c),
            }
        }
        Err(format!("Can't find end of a URL at byte offset {begin}"))
    }

    /// The line break after the last line of a quote. A quote whose last line
    /// ends in `||` is an expandable one.
    fn end_quoted_line(&mut self) -> Result<(), String> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        let mut kind = EntityKind::Blockquote;
        if open.span == Span::Spoiler && open.begin + 2 == self.at {
            kind = EntityKind::ExpandableBlockquote;
            match self.open.pop() {
                Some(outer) => open = outer,
                None => return Err(open.unfinished()),
            }
        }
        if open.span != Span::Quote {
            return Err(open.unfinished());
        }
        self.in_quote = false;
        self.keep('\n');
        self.line_begins = true;
        self.entities.push(Entity::new(kind, open.offset, self.out.offset() - open.offset));
        Ok(())
    }

    /// The end of the text ends a quote as well.
    fn finish_quote(&mut self) {
        if !self.in_quote {
            return;
        }
        let mut kind = EntityKind::Blockquote;
        if self
            .open
            .last()
            .is_some_and(|open| open.span == Span::Spoiler && open.begin + 2 == self.source.len())
        {
            self.open.pop();
            kind = EntityKind::ExpandableBlockquote;
        }
        if let Some(open) = self.open.pop_if(|open| open.span == Span::Quote) {
            let length = self.out.offset() - open.offset;
            if length > 0 {
                self.entities.push(Entity::new(kind, open.offset, length));
            }
        }
    }
}

/// What follows three backticks: a language, if the word is ended by white
/// space, and one line break that is not part of the text.
fn fence(rest: &str) -> (Option<String>, usize) {
    let after = &rest[3..];
    let word = after.find(|c: char| c == '`' || c.is_ascii_whitespace()).unwrap_or(after.len());
    let named = word > 0 && word < after.len() && !after[word..].starts_with('`');
    let language = named.then(|| after[..word].to_owned());
    let mut skip = 3 + if named { word } else { 0 };
    if ["\r\n", "\n\r"].iter().any(|pair| rest[skip..].starts_with(pair)) {
        skip += 2;
    } else if rest[skip..].starts_with(['\n', '\r']) {
        skip += 1;
    }
    (language, skip)
}
