//! Contents as messages that Telegram takes.
//!
//! What Telegram would refuse must not leave: lengths are counted, markup is
//! built from spans and never from strings, and addresses that its servers
//! call wrong become text (FACTS: Telegram, Limits and HTML).

mod address;
mod digest;
mod keyboard;
mod offer;
mod part;
mod styled;

use domain::alert::AlertMessage;
use domain::message::{Content, REPEAT_MARK};
use serde::Serialize;

use keyboard::Keyboard;
pub(super) use part::{Request, bare, request};
use styled::Styled;

use crate::words::clip;

/// The longest message, in UTF-16 units of the text without its markup.
/// Telegram counts code points, which are never more.
pub const MAX_TEXT: usize = 4096;

/// A message as `sendMessage` takes it, without the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// The text, 1–4096 after its markup is read.
    pub text: String,
    /// `HTML`; `None` when the text has no markup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_mode: Option<&'static str>,
    /// Which page is shown with the message.
    pub link_preview_options: LinkPreview,
    /// The buttons below the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Keyboard>,
}

/// `LinkPreviewOptions`. A picture is shown as the preview of its address:
/// where that is dead, the message arrives without it, while `sendPhoto`
/// would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum LinkPreview {
    /// No preview.
    None {
        /// Always true.
        is_disabled: bool,
    },
    /// The preview of a page or a picture.
    Of {
        /// Its address.
        url: String,
        /// Show the picture large.
        prefer_large_media: bool,
        /// Show it above the text.
        show_above_text: bool,
    },
}

impl LinkPreview {
    const NONE: Self = Self::None { is_disabled: true };

    fn of(url: &str) -> Self {
        Self::Of { url: url.to_owned(), prefer_large_media: true, show_above_text: true }
    }
}

/// Renders a content as HTML with buttons. `repeat` puts the mark of a
/// message that may have arrived before at its head.
pub fn render(content: &Content, repeat: bool) -> Rendered {
    let (link_preview_options, reply_markup) = match content {
        Content::Offer(offer) => (offer::preview(offer), Some(offer::keyboard(offer))),
        Content::Notice(notice) => (LinkPreview::NONE, Keyboard::column(notice.buttons())),
        Content::Digest(digest) => (LinkPreview::NONE, digest::keyboard(digest)),
        Content::Alert(_) | Content::Text { .. } | Content::Part(_) | Content::Relay(_) => {
            (LinkPreview::NONE, None)
        }
    };
    Rendered {
        text: words(content, repeat).to_html(),
        parse_mode: Some("HTML"),
        link_preview_options,
        reply_markup,
    }
}

/// Renders the same words without anything that could be refused: no markup,
/// no preview, no buttons.
pub fn render_bare(content: &Content, repeat: bool) -> Rendered {
    Rendered {
        text: clip(&words(content, repeat).to_plain(), MAX_TEXT).into_owned(),
        parse_mode: None,
        link_preview_options: LinkPreview::NONE,
        reply_markup: None,
    }
}

/// What the message says, mark included.
fn words(content: &Content, repeat: bool) -> Styled {
    let mut words = Styled::new(MAX_TEXT);
    if repeat {
        words.italic(REPEAT_MARK);
        words.text("\n\n");
    }
    match content {
        Content::Offer(offer) => offer::write(offer, &mut words),
        Content::Digest(digest) => digest::write(digest, &mut words),
        Content::Notice(notice) => write_text(&notice.text(), &mut words),
        Content::Alert(alert) => write_alert(alert, &mut words),
        Content::Text { text } => write_text(text, &mut words),
        Content::Part(part) => write_text(part.plain(), &mut words),
        Content::Relay(relay) => write_text(&relay.instead, &mut words),
    }
    words
}

/// The title bold, then paragraphs, then each part under its heading.
fn write_alert(alert: &AlertMessage, words: &mut Styled) {
    words.bold(&clip(&alert.title, words.room()));
    let mut block = |heading: &str, body: &str| {
        if !heading.is_empty() {
            words.text("\n\n");
            words.bold(&clip(heading, words.room()));
        }
        if !body.is_empty() {
            words.text(if heading.is_empty() { "\n\n" } else { "\n" });
            words.text(&clip(body, words.room()));
        }
    };
    block("", &alert.body);
    for section in &alert.sections {
        block(&section.title, &section.body);
    }
}

fn write_text(text: &str, words: &mut Styled) {
    words.text(&clip(text, words.room()));
}

#[cfg(test)]
mod tests;
