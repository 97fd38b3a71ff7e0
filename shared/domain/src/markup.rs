//! Markdown to the HTML that Telegram reads.
//!
//! Authors write `CommonMark`, with `~~strikethrough~~`, tables and task lists, and may use Telegram's own
//! tags in it: texts of older bots are Telegram HTML throughout. What Telegram cannot show degrades to
//! what reads well: a list has bullets, a heading is bold, a table is lines.
//!
//! Values come in after the Markdown was read: where the text has a variable the reader meets a character
//! of private use, and the value is written in its place, escaped. So nothing in a value is markup.

mod blocks;
mod entities;
mod tag;
mod writer;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

use crate::button::filled_address;
use crate::template::{Fill, Template, Variable};
use blocks::Blocks;
pub use entities::{Entity, EntityKind, with_entities};
use tag::{Kind, Token, language, tokens};
use writer::Writer;

/// The longest message, in UTF-16 units of what a person reads. Telegram counts code points, which are
/// never more (FACTS: Telegram, Limits).
pub const MAX_TEXT: usize = 4096;
/// The longest caption of a photo, counted likewise.
pub const MAX_CAPTION: usize = 1024;

/// A text for Telegram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// In Telegram's HTML: well formed whatever the author wrote.
    pub html: String,
    /// Without markup: for a chat that cannot take it. A link's address follows its words.
    pub plain: String,
    /// How long it is for Telegram, in UTF-16 units: without tags, entities decoded.
    pub units: usize,
}

/// Writes a template in Markdown for Telegram, with its values.
pub fn to_telegram(template: &Template, fill: &Fill<'_>) -> Rendered {
    let (text, variables) = template.with_marks();
    let options =
        Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let mut reader = Reader {
        variables: &variables,
        fill,
        out: Writer::new(&variables, fill),
        blocks: Blocks::default(),
        blank: false,
        html: String::new(),
        emphasis: Vec::new(),
        suffixes: Vec::new(),
    };
    for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
        reader.blank = ends_with_blank_line(&text[..range.start]);
        reader.event(event, &text[range]);
    }
    reader.out.finish()
}

struct Reader<'a> {
    variables: &'a [&'a Variable],
    fill: &'a Fill<'a>,
    out: Writer<'a>,
    blocks: Blocks,
    /// Whether an empty line stands before what is read.
    blank: bool,
    /// A block of HTML, up to its end.
    html: String,
    /// Which open emphasis is shown rather than written.
    emphasis: Vec<bool>,
    /// What follows each open link or picture that cannot be one.
    suffixes: Vec<Option<String>>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, markup: &str) {
        match event {
            Event::Start(tag) => self.start(tag, markup),
            Event::End(tag) => self.end(tag, markup),
            Event::Text(text) => self.out.text(&text),
            Event::Code(text) => {
                self.out.open(Kind::Code(None));
                self.out.text(&text);
                self.out.close(&Kind::Code(None));
            }
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => self.tokens(&html),
            Event::SoftBreak | Event::HardBreak => self.out.text("\n"),
            Event::Rule => {
                self.blocks.gap_before(self.blank, &mut self.out);
                self.out.text("———");
                self.out.gap(1);
            }
            Event::TaskListMarker(done) => self.out.text(if done { "☑ " } else { "☐ " }),
            // Not asked for in the options.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.out.text(&text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, markup: &str) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => {
                // In code that is marked by a tag, signs are signs.
                let kind = inline(tag.to_end()).filter(|_| !self.out.is_verbatim());
                self.emphasis.push(kind.is_some());
                match kind {
                    Some(kind) => self.out.open(kind),
                    None => self.out.text(sign(tag.to_end(), markup)),
                }
            }
            Tag::Link { link_type, dest_url, .. } => {
                self.open_link(&dest_url, link_type != LinkType::Email);
            }
            Tag::Image { dest_url, .. } => {
                self.open_link(&dest_url, true);
                self.blocks.begin_picture(self.out.units());
            }
            Tag::Heading { .. } => {
                self.blocks.gap_before(self.blank, &mut self.out);
                self.out.open(Kind::Bold);
            }
            Tag::BlockQuote(_) => {
                self.blocks.gap_before(self.blank, &mut self.out);
                self.out.open(Kind::Quote { expandable: false });
            }
            Tag::CodeBlock(kind) => {
                self.blocks.gap_before(self.blank, &mut self.out);
                self.out.open(Kind::Pre);
                let CodeBlockKind::Fenced(info) = kind else { return };
                if let Some(language) = info.split_whitespace().next().and_then(language) {
                    self.out.open(Kind::Code(Some(language)));
                }
            }
            Tag::HtmlBlock | Tag::Paragraph | Tag::Table(_) => {
                self.blocks.gap_before(self.blank, &mut self.out);
            }
            Tag::List(first) => self.blocks.begin_list(first),
            Tag::Item => self.blocks.begin_item(self.blank, &mut self.out),
            Tag::TableHead => {
                self.blocks.begin_row();
                self.out.open(Kind::Bold);
            }
            Tag::TableRow => {
                self.out.gap(1);
                self.blocks.begin_row();
            }
            Tag::TableCell => self.blocks.begin_cell(&mut self.out),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, markup: &str) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                let opened = self.emphasis.pop().unwrap_or_default();
                match inline(tag).filter(|_| opened) {
                    Some(kind) => self.out.close(&kind),
                    None => self.out.text(sign(tag, markup)),
                }
            }
            TagEnd::Link => self.close_link(),
            TagEnd::Image => {
                if self.blocks.picture_is_bare(self.out.units()) {
                    self.out.text("🖼");
                }
                self.close_link();
            }
            TagEnd::Heading(_) => {
                self.out.close(&Kind::Bold);
                self.out.gap(1);
            }
            TagEnd::BlockQuote(_) => {
                self.out.close(&Kind::Quote { expandable: false });
                self.out.gap(1);
            }
            TagEnd::CodeBlock => {
                self.out.close(&Kind::Pre);
                self.out.gap(1);
            }
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.html);
                self.tokens(html.trim_end_matches('\n'));
                self.out.gap(1);
            }
            TagEnd::Paragraph | TagEnd::Table => self.out.gap(1),
            TagEnd::List(_) => self.blocks.end_list(&mut self.out),
            TagEnd::Item => self.blocks.end_item(&mut self.out),
            TagEnd::TableHead => self.out.close(&Kind::Bold),
            _ => {}
        }
    }

    /// Tags of HTML, and what stands between them.
    fn tokens(&mut self, html: &str) {
        for token in tokens(html) {
            match token {
                Token::Open(Kind::Link(href)) => match self.address(&href).1 {
                    Some(href) => self.out.open(Kind::Link(href)),
                    None => self.out.open_void(Kind::Link(String::new())),
                },
                Token::Open(kind) => self.out.open(kind),
                Token::Close(kind, source) => {
                    if self.out.is_open(&kind) {
                        self.out.close(&kind);
                    } else {
                        self.out.text(source);
                    }
                }
                Token::Text(text) => self.out.text(&text),
            }
        }
    }

    /// Opens a link, if it leads somewhere that Telegram opens. Otherwise its words stay, and its address
    /// as words behind them; of an address that lacks a value nothing.
    fn open_link(&mut self, to: &str, shown: bool) {
        let (filled, address) = self.address(to);
        if let Some(address) = address.filter(|_| shown) {
            self.out.open(Kind::Link(address));
            return self.suffixes.push(None);
        }
        self.out.open_void(Kind::Link(String::new()));
        let demo = matches!(self.fill, Fill::Demo);
        let told = if demo { to } else { &*filled };
        self.suffixes.push((shown && !told.is_empty()).then(|| told.to_owned()));
    }

    fn close_link(&mut self) {
        self.out.close(&Kind::Link(String::new()));
        if let Some(told) = self.suffixes.pop().flatten() {
            self.out.text(" (");
            self.out.text(&told);
            self.out.text(")");
        }
    }

    /// An address with its values, and as Telegram opens it.
    fn address(&self, marked: &str) -> (String, Option<String>) {
        let template = Template::of_marked(marked, self.variables);
        let filled = template.url(self.fill);
        let address = filled_address(&template, &filled);
        (filled, address)
    }
}

/// Whether a text ends with an empty line; the marks of quotes are no text.
fn ends_with_blank_line(text: &str) -> bool {
    let bare = |text: &'_ str| text.trim_end_matches([' ', '\t', '>', '\r']).len();
    let line = text[..bare(text)].strip_suffix('\n');
    line.is_some_and(|before| before[..bare(before)].ends_with('\n'))
}

/// What emphasis becomes.
const fn inline(tag: TagEnd) -> Option<Kind> {
    match tag {
        TagEnd::Emphasis => Some(Kind::Italic),
        TagEnd::Strong => Some(Kind::Bold),
        TagEnd::Strikethrough => Some(Kind::Strike),
        _ => None,
    }
}

/// The signs that emphasis is written with at its beginning and its end.
fn sign(tag: TagEnd, markup: &str) -> &str {
    let doubled = match tag {
        TagEnd::Strikethrough => markup.starts_with("~~"),
        other => other == TagEnd::Strong,
    };
    markup.get(..if doubled { 2 } else { 1 }).unwrap_or_default()
}

#[cfg(test)]
mod tests;
