//! The buttons below a message.

use domain::button::{Rendered, RenderedButton, RenderedDoes};
use domain::message::Action;
use serde::Serialize;

/// `InlineKeyboardMarkup`: rows of buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keyboard {
    inline_keyboard: Vec<Vec<Button>>,
}

/// `InlineKeyboardButton`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Button {
    text: String,
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
        Self { inline_keyboard: vec![vec![button(action.label().to_owned(), action)]] }
    }

    /// One button below the other, each with its words; none at all without any.
    pub(super) fn column(buttons: Vec<(String, Action)>) -> Option<Self> {
        let rows: Vec<Vec<Button>> =
            buttons.into_iter().map(|(text, action)| vec![button(text, action)]).collect();
        (!rows.is_empty()).then_some(Self { inline_keyboard: rows })
    }

    /// An author's buttons; none at all without any.
    pub(super) fn of_author(buttons: &Rendered) -> Option<Self> {
        let button = |button: &RenderedButton| Button {
            text: button.text.clone(),
            does: match &button.does {
                RenderedDoes::Url(url) => Does::Url(url.clone()),
                RenderedDoes::Callback(data) => Does::CallbackData(data.clone()),
                // Something has to come back: the press is answered, and nothing happens.
                RenderedDoes::Nothing => Does::CallbackData("-".to_owned()),
            },
        };
        let row = |row: &Vec<RenderedButton>| row.iter().map(button).collect();
        let rows: Vec<Vec<Button>> = buttons.rows.iter().map(row).collect();
        (!rows.is_empty()).then_some(Self { inline_keyboard: rows })
    }

    /// The same with a button before it that opens `url`, which must be one
    /// that Telegram takes.
    pub(super) fn opening(mut self, url: &str) -> Self {
        let open = Button { text: "Open".to_owned(), does: Does::Url(url.to_owned()) };
        match self.inline_keyboard.first_mut() {
            Some(row) => row.insert(0, open),
            None => self.inline_keyboard.push(vec![open]),
        }
        self
    }
}

fn button(text: String, action: Action) -> Button {
    Button { text, does: Does::CallbackData(action.to_string()) }
}
