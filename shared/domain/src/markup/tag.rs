//! Telegram's own tags in a text.

/// What Telegram can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `<b>`, `<strong>`
    Bold,
    /// `<i>`, `<em>`
    Italic,
    /// `<u>`, `<ins>`
    Underline,
    /// `<s>`, `<strike>`, `<del>`
    Strike,
    /// `<tg-spoiler>`, `<span class="tg-spoiler">`
    Spoiler,
    /// `<code>`, and the language of a block
    Code(Option<String>),
    /// `<pre>`
    Pre,
    /// `<a href>`
    Link(String),
    /// `<blockquote>`
    Quote {
        /// Whether it is shown in part at first.
        expandable: bool,
    },
    /// `<tg-emoji emoji-id>`
    Emoji(String),
}

impl Kind {
    /// Whether both are of a kind, whatever they lead to.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The tag's name, as it is written.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Bold => "b",
            Self::Italic => "i",
            Self::Underline => "u",
            Self::Strike => "s",
            Self::Spoiler => "tg-spoiler",
            Self::Code(_) => "code",
            Self::Pre => "pre",
            Self::Link(_) => "a",
            Self::Quote { .. } => "blockquote",
            Self::Emoji(_) => "tg-emoji",
        }
    }

    /// The kind that a tag's name is, with what its attributes say.
    fn of(name: &str, attributes: &[(String, String)]) -> Option<Self> {
        let value = |of: &str| {
            attributes.iter().find(|(name, _)| name == of).map(|(_, value)| value.clone())
        };
        Some(match name {
            "b" | "strong" => Self::Bold,
            "i" | "em" => Self::Italic,
            "u" | "ins" => Self::Underline,
            "s" | "strike" | "del" => Self::Strike,
            "tg-spoiler" => Self::Spoiler,
            "span" if value("class").as_deref() == Some("tg-spoiler") => Self::Spoiler,
            "code" => {
                let class = value("class").unwrap_or_default();
                Self::Code(class.strip_prefix("language-").and_then(language))
            }
            "pre" => Self::Pre,
            "a" => Self::Link(value("href")?),
            "blockquote" => Self::Quote { expandable: value("expandable").is_some() },
            "tg-emoji" => {
                let id = value("emoji-id")?;
                let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
                return fits.then_some(Self::Emoji(id));
            }
            _ => return None,
        })
    }
}

/// The language of a block of code, if it is one that Telegram can take.
pub(super) fn language(name: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"+-#_.".contains(&b);
    ((1..=32).contains(&name.len()) && name.bytes().all(fits)).then(|| name.to_owned())
}

/// A piece of a text with tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A tag of Telegram's.
    Open(Kind),
    /// Its end, and how it is written.
    Close(Kind, &'a str),
    /// Anything else, entities decoded.
    Text(String),
}

/// Reads a text with tags. What is no tag of Telegram's is text; comments are nothing.
pub(super) fn tokens(html: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut text, mut rest) = (Vec::new(), String::new(), html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--").and_then(|it| it.split_once("-->")) {
            rest = comment.1;
            continue;
        }
        let Some((token, length)) = tag(rest) else {
            text.push('<');
            rest = &rest[1..];
            continue;
        };
        if !text.is_empty() {
            tokens.push(Token::Text(decode(&std::mem::take(&mut text))));
        }
        tokens.push(token);
        rest = &rest[length..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        tokens.push(Token::Text(decode(&text)));
    }
    tokens
}

/// The tag of Telegram's that a text begins with, and its length.
fn tag(text: &str) -> Option<(Token<'_>, usize)> {
    let closing = text.starts_with("</");
    let inner = &text[if closing { 2 } else { 1 }..];
    let name_ends = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    let name = inner[..name_ends].to_ascii_lowercase();
    let (attributes, after) = attributes(&inner[name_ends..])?;
    let length = text.len() - after.len();
    if closing {
        let any = [("href", ""), ("class", "tg-spoiler"), ("emoji-id", "0")];
        let any = any.map(|(name, value)| (name.to_owned(), value.to_owned()));
        return Some((Token::Close(Kind::of(&name, &any)?, &text[..length]), length));
    }
    Some((Token::Open(Kind::of(&name, &attributes)?), length))
}

type Attributes = Vec<(String, String)>;

/// A tag's attributes up to its `>`, and what follows that.
fn attributes(text: &str) -> Option<(Attributes, &str)> {
    let (mut attributes, mut rest) = (Vec::new(), text);
    loop {
        let before = rest;
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
            return Some((attributes, after));
        }
        // White space must stand before each of them.
        if before.len() == rest.len() {
            return None;
        }
        let ends = rest.find(|c: char| c.is_whitespace() || "=>/\"'<".contains(c))?;
        if ends == 0 {
            return None;
        }
        let name = rest[..ends].to_ascii_lowercase();
        rest = &rest[ends..];
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            attributes.push((name, String::new()));
            continue;
        };
        let (value, after) = value_of(value.trim_start())?;
        attributes.push((name, decode(value)));
        rest = after;
    }
}

/// An attribute's value, and what follows it.
fn value_of(text: &str) -> Option<(&str, &str)> {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote);
        }
    }
    let ends = text.find(|c: char| c.is_whitespace() || c == '>')?;
    (ends > 0).then(|| text.split_at(ends))
}

/// A text with the entities that Telegram knows decoded.
fn decode(text: &str) -> String {
    let (mut decoded, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.find(';').filter(|end| *end <= 10).map(|end| &rest[1..end]);
        if let Some((entity, c)) = entity.and_then(|it| Some((it, character(it)?))) {
            decoded.push(c);
            rest = &rest[entity.len() + 2..];
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    decoded
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{A0}'),
        other => {
            let number = other.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')
        }
    }
}
