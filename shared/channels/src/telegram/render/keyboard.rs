//! The buttons below a message.

use domain::message::Action;
use serde::Serialize;

/// `InlineKeyboardMarkup`: one row of buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keyboard {
    inline_keyboard: [Vec<Button>; 1],
}

/// `InlineKeyboardButton`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Button {
    text: &'static str,
    #[serde(flatten)]
    does: Does,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    /// Opens an address.
    Url(String),
    /// Sends this back to the bot, 1–64 bytes.
    CallbackData(String),
}

impl Keyboard {
    /// One button that does this.
    pub(super) fn of(action: Action) -> Self {
        let does = Does::CallbackData(action.to_string());
        Self { inline_keyboard: [vec![Button { text: action.label(), does }]] }
    }

    /// The same with a button before it that opens `url`, which must be one
    /// that Telegram takes.
    pub(super) fn opening(mut self, url: &str) -> Self {
        let [row] = &mut self.inline_keyboard;
        row.insert(0, Button { text: "Open", does: Does::Url(url.to_owned()) });
        self
    }
}
