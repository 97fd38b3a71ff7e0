//! Telegram's HTML: a handful of tags, four named character references, and
//! exact complaints about everything else.
//!
//! Offsets in complaints count bytes of the text as sent.

use super::text_builder::TextBuilder;
use super::{Entity, EntityKind, Formatted, links, sort};

const TAGS: [&str; 17] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "tg-time",
    "span",
    "pre",
    "code",
    "blockquote",
];

/// A tag that was opened and not closed yet.
struct Open {
    tag: String,
    argument: String,
    date: i64,
    offset: usize,
    text_begin: usize,
}

impl Open {
    /// Keeps the attributes that mean something; all others are allowed and
    /// ignored.
    fn set(&mut self, name: &str, value: String) {
        match (self.tag.as_str(), name) {
            ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format") => {
                self.argument = value;
            }
            ("code", "class") => {
                if let Some(language) = value.strip_prefix("language-") {
                    self.argument = language.into();
                }
            }
            ("span", "class") => {
                if let Some(class) = value.strip_prefix("tg-") {
                    self.argument = class.into();
                }
            }
            ("blockquote", "expandable") => self.argument = "1".into(),
            ("tg-time", "unix") => self.date = value.parse().unwrap_or(0),
            _ => {}
        }
    }
}

/// An entity with the language that its `<code>` named, which counts only
/// together with a `<pre>` around or inside.
struct Draft {
    entity: Entity,
    language: String,
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    out: TextBuilder,
    open: Vec<Open>,
    drafts: Vec<Draft>,
}

pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut parser =
        Parser { source, at: 0, out: TextBuilder::default(), open: Vec::new(), drafts: Vec::new() };
    while let Some(c) = parser.peek() {
        match c {
            '<' => parser.tag()?,
            '&' => {
                let c = parser.reference().unwrap_or_else(|| {
                    parser.at += 1;
                    '&'
                });
                parser.out.push(c);
            }
            c => {
                parser.at += c.len_utf8();
                parser.out.push(c);
            }
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    let mut entities: Vec<Entity> = parser.drafts.into_iter().map(|draft| draft.entity).collect();
    sort(&mut entities);
    Ok(Formatted { text: parser.out.finish(), entities })
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.source[self.at..];
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_space(&mut self) {
        self.take_while(is_space);
    }

    /// A character reference at the cursor, if it is one that Telegram knows.
    fn reference(&mut self) -> Option<char> {
        let rest = &self.source[self.at + 1..];
        let (c, length) = if let Some(number) = rest.strip_prefix('#') {
            let (radix, digits, prefix) = match number.strip_prefix(['x', 'X']) {
                Some(hex) => (16, hex, 2),
                None => (10, number, 1),
            };
            let count = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
            let code =
                u32::from_str_radix(&digits[..count], radix).ok().filter(|code| *code != 0)?;
            (char::from_u32(code)?, prefix + count)
        } else {
            let named = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"')];
            let word = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (name, c) = named.into_iter().find(|(name, _)| *name == &rest[..word])?;
            (c, name.len())
        };
        self.at += 1 + length;
        if self.peek() == Some(';') {
            self.at += 1;
        }
        Some(c)
    }

    fn tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        if self.peek() == Some('/') {
            self.at += 1;
            return self.end_tag(begin);
        }
        let name = self.take_while(|c| !is_space(c) && c != '>').to_ascii_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if !TAGS.contains(&name.as_str()) {
            return Err(format!("Unsupported start tag \"{name}\" at byte offset {begin}"));
        }
        let (offset, text_begin) = (self.out.offset(), self.out.bytes());
        let mut open = Open { tag: name, argument: String::new(), date: 0, offset, text_begin };
        loop {
            self.skip_space();
            if self.peek() == Some('>') {
                break;
            }
            self.attribute(&mut open, begin)?;
        }
        self.at += 1;
        if open.tag == "span" && open.argument != "spoiler" {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn attribute(&mut self, open: &mut Open, begin: usize) -> Result<(), String> {
        let unclosed = || format!("Unclosed start tag \"{}\" at byte offset {begin}", open.tag);
        let name = self.take_while(|c| !is_space(c) && !matches!(c, '=' | '>' | '/' | '"' | '\''));
        if name.is_empty() {
            if self.peek().is_none() {
                return Err(unclosed());
            }
            return Err(format!(
                "Empty attribute name in the tag \"{}\" at byte offset {begin}",
                open.tag
            ));
        }
        self.skip_space();
        if self.peek() != Some('=') {
            if self.peek().is_none() {
                return Err(unclosed());
            }
            if open.tag == "blockquote" && name == "expandable" {
                open.argument = "1".into();
            }
            return Ok(());
        }
        self.at += 1;
        self.skip_space();
        let value = match self.peek() {
            None => return Err(unclosed()),
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(_) => self.name_token()?,
        };
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        open.set(name, value);
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> String {
        self.at += 1;
        let mut value = String::new();
        while let Some(c) = self.peek().filter(|c| *c != quote) {
            if c == '&'
                && let Some(decoded) = self.reference()
            {
                value.push(decoded);
                continue;
            }
            self.at += c.len_utf8();
            value.push(c);
        }
        if self.peek().is_some() {
            self.at += 1;
        }
        value
    }

    fn name_token(&mut self) -> Result<String, String> {
        let begin = self.at;
        let token = self
            .take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
            .to_ascii_lowercase();
        match self.peek() {
            Some(c) if !is_space(c) && c != '>' => {
                Err(format!("Unexpected end of name token at byte offset {begin}"))
            }
            _ => Ok(token),
        }
    }

    fn end_tag(&mut self, begin: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        let name = self.take_while(|c| !is_space(c) && c != '>').to_ascii_lowercase();
        self.skip_space();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !name.is_empty() && name != open.tag {
            let expected = &open.tag;
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{expected}>\", found \"</{name}>\""
            ));
        }
        if self.out.offset() > open.offset { self.close(&open) } else { Ok(()) }
    }

    fn close(&mut self, open: &Open) -> Result<(), String> {
        let length = self.out.offset() - open.offset;
        let entity = |kind| Entity::new(kind, open.offset, length);
        let made = match open.tag.as_str() {
            "i" | "em" => entity(EntityKind::Italic),
            "b" | "strong" => entity(EntityKind::Bold),
            "s" | "strike" | "del" => entity(EntityKind::Strikethrough),
            "u" | "ins" => entity(EntityKind::Underline),
            "tg-spoiler" | "span" => entity(EntityKind::Spoiler),
            "blockquote" if open.argument.is_empty() => entity(EntityKind::Blockquote),
            "blockquote" => entity(EntityKind::ExpandableBlockquote),
            "tg-emoji" => {
                if !open.argument.parse::<i64>().is_ok_and(|id| id != 0) {
                    return Err("Invalid custom emoji identifier specified".into());
                }
                Entity {
                    custom_emoji_id: Some(open.argument.clone()),
                    ..entity(EntityKind::CustomEmoji)
                }
            }
            "tg-time" if open.date <= 0 => return Ok(()),
            "tg-time" => Entity { unix_time: Some(open.date), ..entity(EntityKind::DateTime) },
            "a" => {
                self.close_link(open, length);
                return Ok(());
            }
            _ => {
                self.close_monospace(open, length);
                return Ok(());
            }
        };
        self.drafts.push(Draft { entity: made, language: String::new() });
        Ok(())
    }

    fn close_link(&mut self, open: &Open, length: usize) {
        let link =
            if open.argument.is_empty() { self.out.since(open.text_begin) } else { &open.argument };
        if let Some(entity) = linked(link, open.offset, length) {
            self.drafts.push(Draft { entity, language: String::new() });
        }
    }

    /// `<pre><code class="language-x">` is one entity, whichever is outside.
    fn close_monospace(&mut self, open: &Open, length: usize) {
        let same_place = |draft: &&mut Draft| {
            draft.entity.offset == open.offset && draft.entity.length == length
        };
        let last = self.drafts.last_mut().filter(same_place);
        match (open.tag.as_str(), last) {
            ("pre", Some(inner))
                if inner.entity.kind == EntityKind::Code && !inner.language.is_empty() =>
            {
                inner.entity.kind = EntityKind::Pre;
                inner.entity.language = Some(std::mem::take(&mut inner.language));
            }
            ("code", Some(inner))
                if inner.entity.kind == EntityKind::Pre && !open.argument.is_empty() =>
            {
                inner.entity.language = Some(open.argument.clone());
            }
            (tag, _) => {
                let kind = if tag == "pre" { EntityKind::Pre } else { EntityKind::Code };
                let language = if tag == "pre" { String::new() } else { open.argument.clone() };
                self.drafts
                    .push(Draft { entity: Entity::new(kind, open.offset, length), language });
            }
        }
    }
}

/// The entity that a link makes of its text; none when the link is not usable.
pub(super) fn linked(link: &str, offset: usize, length: usize) -> Option<Entity> {
    if let Some(id) = links::mentioned_user(link) {
        let user = serde_json::json!({ "id": id, "is_bot": false, "first_name": "" });
        return Some(Entity {
            user: Some(user),
            ..Entity::new(EntityKind::TextMention, offset, length)
        });
    }
    let url = links::checked_link(link).ok()?;
    Some(Entity { url: Some(url), ..Entity::new(EntityKind::TextLink, offset, length) })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\0' | '\u{b}')
}
