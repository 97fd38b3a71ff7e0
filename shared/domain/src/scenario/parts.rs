//! The messages that one step, summary or broadcast becomes.

use super::Photo;
use crate::button::Rendered as Keyboard;
use crate::markup::{MAX_CAPTION, Rendered};

/// One message of a chat. Those of one step are sent in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A text, with buttons if there are any.
    Text {
        /// What it says.
        text: Rendered,
        /// Its buttons; may be empty.
        buttons: Keyboard,
    },
    /// One photo.
    Photo {
        /// The photo.
        photo: Photo,
        /// What stands below it; may be empty.
        caption: Rendered,
        /// Its buttons; may be empty.
        buttons: Keyboard,
    },
    /// Two to ten photos. An album has no buttons.
    Album {
        /// The photos.
        photos: Vec<Photo>,
    },
}

/// The messages of a text with photos and buttons: a single photo bears the text where that fits a
/// caption; otherwise the photos come first and the text bears the buttons.
pub fn parts(photos: &[Photo], text: Rendered, buttons: Keyboard) -> Vec<Part> {
    match photos {
        [] => vec![Part::Text { text, buttons }],
        [photo] if text.units <= MAX_CAPTION => {
            vec![Part::Photo { photo: photo.clone(), caption: text, buttons }]
        }
        [photo] => {
            let (caption, none) = (Rendered::default(), Keyboard::default());
            vec![
                Part::Photo { photo: photo.clone(), caption, buttons: none },
                Part::Text { text, buttons },
            ]
        }
        photos => {
            let album = Part::Album { photos: photos.to_vec() };
            let says = text.units > 0;
            std::iter::once(album).chain(says.then_some(Part::Text { text, buttons })).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(units: usize) -> Rendered {
        let text = "x".repeat(units);
        Rendered { html: text.clone(), plain: text, units }
    }

    fn photos(count: usize) -> Vec<Photo> {
        (0..count).map(|n| Photo::FileId(n.to_string())).collect()
    }

    fn shape(photos_sent: usize, units: usize) -> String {
        let name = |part: &Part| match part {
            Part::Text { text, .. } => format!("text {}", text.units),
            Part::Photo { caption, .. } => format!("photo {}", caption.units),
            Part::Album { photos } => format!("album of {}", photos.len()),
        };
        let made = parts(&photos(photos_sent), text(units), Keyboard::default());
        made.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn photos_and_text_become_messages_that_telegram_takes() {
        for (photos, units, expected) in [
            (0, 5, "text 5"),
            (1, 0, "photo 0"),
            (1, 1024, "photo 1024"),
            (1, 1025, "photo 0, text 1025"),
            (2, 5, "album of 2, text 5"),
            (10, 1025, "album of 10, text 1025"),
            (2, 0, "album of 2"),
        ] {
            assert_eq!(shape(photos, units), expected, "{photos} photos and {units} units");
        }
    }
}
