//! Formatting that an author did with their Telegram's own buttons.

/// A part of a text that is formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// How.
    pub kind: EntityKind,
    /// Where it begins, in UTF-16 units.
    pub offset: usize,
    /// How long it is, in UTF-16 units.
    pub length: usize,
}

/// How a text is formatted. What Telegram finds by itself, such as bare addresses, needs no form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityKind {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Underlined.
    Underline,
    /// Struck through.
    Strikethrough,
    /// Hidden until it is touched.
    Spoiler,
    /// Code in a line.
    Code,
    /// A block of code.
    Pre {
        /// Its language.
        language: Option<String>,
    },
    /// Words that lead to an address.
    TextLink {
        /// The address.
        url: String,
    },
    /// A quote.
    Blockquote,
    /// A quote that is shown in part at first.
    ExpandableBlockquote,
    /// An emoji of someone's own.
    CustomEmoji {
        /// Its id.
        id: String,
    },
}

impl EntityKind {
    fn begin(&self) -> String {
        match self {
            Self::Bold => "<b>".to_owned(),
            Self::Italic => "<i>".to_owned(),
            Self::Underline => "<u>".to_owned(),
            Self::Strikethrough => "<s>".to_owned(),
            Self::Spoiler => "<tg-spoiler>".to_owned(),
            Self::Code => "<code>".to_owned(),
            Self::Pre { language: None } => "<pre>".to_owned(),
            Self::Pre { language: Some(language) } => {
                format!("<pre><code class=\"language-{}\">", escaped(language))
            }
            Self::TextLink { url } => format!("<a href=\"{}\">", escaped(url)),
            Self::Blockquote => "<blockquote>".to_owned(),
            Self::ExpandableBlockquote => "<blockquote expandable>".to_owned(),
            Self::CustomEmoji { id } => format!("<tg-emoji emoji-id=\"{}\">", escaped(id)),
        }
    }

    const fn end(&self) -> &'static str {
        match self {
            Self::Bold => "</b>",
            Self::Italic => "</i>",
            Self::Underline => "</u>",
            Self::Strikethrough => "</s>",
            Self::Spoiler => "</tg-spoiler>",
            Self::Code => "</code>",
            Self::Pre { language: None } => "</pre>",
            Self::Pre { .. } => "</code></pre>",
            Self::TextLink { .. } => "</a>",
            Self::Blockquote | Self::ExpandableBlockquote => "</blockquote>",
            Self::CustomEmoji { .. } => "</tg-emoji>",
        }
    }

    /// Whether it stands on lines of its own.
    const fn is_block(&self) -> bool {
        matches!(self, Self::Pre { .. } | Self::Blockquote | Self::ExpandableBlockquote)
    }
}

/// A text with its formatting as Telegram's tags, as an author could have written it. Code is escaped;
/// the rest stays as it was typed, Markdown and variables included.
pub fn with_entities(text: &str, entities: &[Entity]) -> String {
    let mut entities: Vec<&Entity> = entities.iter().filter(|it| it.length > 0).collect();
    // Those around others first.
    entities.sort_by_key(|it| (it.offset, std::cmp::Reverse(it.length)));
    let mut entities = entities.into_iter().peekable();
    let (mut out, mut open, mut at) = (String::with_capacity(text.len()), Vec::<&Entity>::new(), 0);
    for c in text.chars() {
        close(&mut out, &mut open, at, c);
        while let Some(it) = entities.next_if(|it| it.offset <= at) {
            if it.kind.is_block() && !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&it.kind.begin());
            open.push(it);
        }
        let code = open.iter().any(|it| it.kind == EntityKind::Code);
        let block = open.iter().any(|it| matches!(it.kind, EntityKind::Pre { .. }));
        push(&mut out, c, code, block);
        at += c.len_utf16();
    }
    close(&mut out, &mut open, usize::MAX, '\n');
    out
}

/// Ends what ends before `next`, the innermost first.
fn close(out: &mut String, open: &mut Vec<&Entity>, at: usize, next: char) {
    while let Some(it) = open.pop_if(|it| it.offset.saturating_add(it.length) <= at) {
        out.push_str(it.kind.end());
        if it.kind.is_block() && next != '\n' {
            out.push('\n');
        }
    }
}

fn push(out: &mut String, c: char, code: bool, block: bool) {
    match c {
        '<' if code || block => out.push_str("&lt;"),
        '&' if code || block => out.push_str("&amp;"),
        // In a line, Markdown reads on; of emphasis the reader itself sees that it is code.
        '`' | '\\' | '[' | ']' if code && !block => {
            out.push('\\');
            out.push(c);
        }
        c => out.push(c),
    }
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::markup::{Rendered, to_telegram};
    use crate::template::{Fill, Template, Values};

    fn entity(kind: EntityKind, offset: usize, length: usize) -> Entity {
        Entity { kind, offset, length }
    }

    fn rendered(text: &str, entities: &[Entity]) -> Rendered {
        let values = Values::default();
        let text = with_entities(text, entities);
        to_telegram(&Template::parse_lenient(&text), &Fill::Values(&values))
    }

    #[test]
    fn a_text_that_was_formatted_in_telegram_arrives_like_that() {
        use EntityKind as K;
        let link = || K::TextLink { url: "https://example.com/?a=1&b=2".to_owned() };
        for (text, entities, expected) in [
            ("bold text", vec![entity(K::Bold, 0, 4)], "<b>bold</b> text"),
            ("👍 bold", vec![entity(K::Bold, 3, 4)], "👍 <b>bold</b>"),
            (
                "one two",
                vec![entity(K::Italic, 4, 3), entity(K::Bold, 0, 7)],
                "<b>one <i>two</i></b>",
            ),
            ("a\n\nb", vec![entity(K::Underline, 0, 4)], "<u>a\n\nb</u>"),
            (
                "a 2*3*4 <b> `x` \\ _y_",
                vec![entity(K::Code, 2, 19)],
                "a <code>2*3*4 &lt;b&gt; `x` \\ _y_</code>",
            ),
            (
                "go here",
                vec![entity(link(), 3, 4)],
                "go <a href=\"https://example.com/?a=1&amp;b=2\">here</a>",
            ),
            (
                "quote\nafter",
                vec![entity(K::Blockquote, 0, 5)],
                "<blockquote>quote</blockquote>\nafter",
            ),
            (
                "see\n*a*\n\nb\nafter",
                vec![entity(K::Pre { language: Some("c".to_owned()) }, 4, 6)],
                "see\n<pre><code class=\"language-c\">*a*\n\nb</code></pre>\nafter",
            ),
            ("plain **bold**", vec![], "plain <b>bold</b>"),
            (
                "x",
                vec![entity(K::Bold, 0, 0), entity(K::Bold, 5, 3), entity(K::Italic, 0, 99)],
                "<i>x</i>",
            ),
        ] {
            assert_eq!(rendered(text, &entities).html, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn formatting_changes_no_letter(
            text in "[a-zа-я👍]{1,5}( [a-zа-я👍]{1,5}){0,5}",
            spans in prop::collection::vec((0_usize..6, 0_usize..40, 0_usize..40), 0..6),
        ) {
            use EntityKind as K;
            let kinds = [K::Bold, K::Italic, K::Underline, K::Strikethrough, K::Spoiler, K::Code];
            let entities: Vec<_> =
                spans.iter().map(|(kind, at, long)| entity(kinds[*kind].clone(), *at, *long)).collect();
            prop_assert_eq!(rendered(&text, &entities).plain, text);
        }
    }
}
