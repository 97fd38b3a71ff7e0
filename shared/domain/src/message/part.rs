//! Parts as messages.

use crate::button::{Rendered as Keyboard, RenderedButton, RenderedDoes};
use crate::markup::Rendered;
use crate::scenario::Part;

impl Part {
    /// Plain words with buttons one below the other, each with its words and its data.
    pub(super) fn of_words(plain: String, buttons: Vec<(String, String)>) -> Self {
        let html = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let units = plain.encode_utf16().count();
        let button =
            |(text, data)| vec![RenderedButton { text, does: RenderedDoes::Callback(data) }];
        let rows = buttons.into_iter().map(button).collect();
        Self::Text { text: Rendered { html, plain, units }, buttons: Keyboard { rows } }
    }

    /// What it says without its form; nothing when it is photos alone.
    pub fn plain(&self) -> &str {
        match self {
            Self::Text { text, .. } => &text.plain,
            Self::Photo { caption, .. } | Self::Album { caption, .. } => &caption.plain,
        }
    }
}
