//! The messages of scenarios and broadcasts: an author's text, photos and buttons.

use domain::markup::{MAX_CAPTION, Rendered};
use domain::message::REPEAT_MARK;
use domain::scenario::Part;
use serde_json::{Value, json};

use super::keyboard::Keyboard;
use super::{LinkPreview, MAX_TEXT, Rendered as Message};
use crate::telegram::stored::Stored;
use crate::words::{clip, units};

/// Between the mark of a repeat and the words.
const BELOW_MARK: &str = "\n\n";

/// What Telegram is asked.
pub(in crate::telegram) enum Request {
    /// A method that answers with one message.
    One {
        /// `sendMessage` or `sendPhoto`.
        method: &'static str,
        /// What it is called with.
        body: Value,
    },
    /// `sendMediaGroup`, which answers with one message for each photo.
    Album(Value),
}

/// How a part is sent. `repeat` puts the mark of a message that may have arrived before at the head of its
/// words, where Telegram takes both.
pub(in crate::telegram) fn request(
    chat_id: i64,
    part: &Part,
    repeat: bool,
    stored: &Stored,
) -> Request {
    match part {
        Part::Text { text, buttons } => {
            let mut body = json!({
                "chat_id": chat_id,
                "text": html(text, repeat, MAX_TEXT),
                "parse_mode": "HTML",
            });
            add_buttons(&mut body, Keyboard::of_author(buttons));
            Request::One { method: "sendMessage", body }
        }
        Part::Photo { photo, caption, buttons } => {
            let mut body = json!({ "chat_id": chat_id, "photo": stored.source(photo) });
            if caption.units > 0 {
                body["caption"] = html(caption, repeat, MAX_CAPTION).into();
                body["parse_mode"] = "HTML".into();
            }
            add_buttons(&mut body, Keyboard::of_author(buttons));
            Request::One { method: "sendPhoto", body }
        }
        Part::Album { photos, caption } => {
            let media =
                photos.iter().map(|it| json!({ "type": "photo", "media": stored.source(it) }));
            let mut media: Vec<Value> = media.collect();
            // Telegram shows it below all of them where the first alone has one.
            if let Some(first) = media.first_mut().filter(|_| caption.units > 0) {
                first["caption"] = html(caption, repeat, MAX_CAPTION).into();
                first["parse_mode"] = "HTML".into();
            }
            Request::Album(json!({ "chat_id": chat_id, "media": media }))
        }
    }
}

/// The words of a part with its buttons, and without anything else that could be refused: no markup, no photos, no
/// preview.
pub(in crate::telegram) fn bare(part: &Part, repeat: bool) -> Message {
    let words = part.plain();
    let text = if repeat && has_room(units(words), MAX_TEXT) {
        format!("{REPEAT_MARK}{BELOW_MARK}{words}")
    } else {
        clip(words, MAX_TEXT).into_owned()
    };
    let reply_markup = match part {
        Part::Text { buttons, .. } | Part::Photo { buttons, .. } => Keyboard::of_author(buttons),
        Part::Album { .. } => None,
    };
    Message { text, parse_mode: None, link_preview_options: LinkPreview::NONE, reply_markup }
}

fn html(text: &Rendered, repeat: bool, max: usize) -> String {
    if repeat && has_room(text.units, max) {
        format!("<i>{REPEAT_MARK}</i>{BELOW_MARK}{}", text.html)
    } else {
        text.html.clone()
    }
}

/// Whether the mark of a repeat fits with so long a text. One that has no room for it goes as it is: it would be
/// refused with the mark, and what an author wrote is not cut.
fn has_room(length: usize, max: usize) -> bool {
    length + units(REPEAT_MARK) + units(BELOW_MARK) <= max
}

fn add_buttons(body: &mut Value, keyboard: Option<Keyboard>) {
    if let Some(keyboard) = keyboard {
        body["reply_markup"] = json!(keyboard);
    }
}
