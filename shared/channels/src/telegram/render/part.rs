//! The messages of scenarios and broadcasts: an author's text, photos and buttons.

use domain::markup::Rendered;
use domain::message::REPEAT_MARK;
use domain::scenario::Part;
use serde_json::{Value, json};

use super::keyboard::Keyboard;
use crate::telegram::stored::Stored;

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
/// words.
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
                "text": html(text, repeat),
                "parse_mode": "HTML",
            });
            add_buttons(&mut body, Keyboard::of_author(buttons));
            Request::One { method: "sendMessage", body }
        }
        Part::Photo { photo, caption, buttons } => {
            let mut body = json!({ "chat_id": chat_id, "photo": stored.source(photo) });
            if caption.units > 0 {
                body["caption"] = html(caption, repeat).into();
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
                first["caption"] = html(caption, repeat).into();
                first["parse_mode"] = "HTML".into();
            }
            Request::Album(json!({ "chat_id": chat_id, "media": media }))
        }
    }
}

fn html(text: &Rendered, repeat: bool) -> String {
    if repeat { format!("<i>{REPEAT_MARK}</i>\n\n{}", text.html) } else { text.html.clone() }
}

fn add_buttons(body: &mut Value, keyboard: Option<Keyboard>) {
    if let Some(keyboard) = keyboard {
        body["reply_markup"] = json!(keyboard);
    }
}
