//! The messages that one step, summary or broadcast becomes.

use serde::{Deserialize, Serialize};

use super::{Photo, StepContent};
use crate::button::{Buttons, Rendered as Keyboard, Rows};
use crate::markup::{MAX_CAPTION, Rendered, to_telegram};
use crate::slug::Slug;
use crate::template::{Fill, Template};

/// One message of a chat. Those of one step are sent in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
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

/// The messages that a content becomes with its values. `set` finds the buttons of a set; one that is gone
/// leaves the message without buttons.
pub fn render<'a>(
    content: &StepContent,
    set: impl Fn(&Slug) -> Option<&'a Rows>,
    fill: &Fill<'_>,
) -> Vec<Part> {
    let text = to_telegram(&Template::parse_lenient(&content.text), fill);
    let buttons = match &content.buttons {
        Some(Buttons::Inline(rows)) => rows.render(fill),
        Some(Buttons::Set { button_set_ref }) => {
            set(button_set_ref).map(|rows| rows.render(fill)).unwrap_or_default()
        }
        None => Keyboard::default(),
    };
    parts(&content.photos, text, buttons)
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
    use crate::template::{UserValues, Values};

    #[test]
    fn a_content_is_rendered_with_its_values_and_the_buttons_of_its_set() {
        let set = Slug::parse("pay").expect("a slug");
        let json = r#"{"rows":[{"buttons":[{"type":"url","text":"Pay","url":"{{ user.payment_link }}"}]}]}"#;
        let rows: Rows = serde_json::from_str(json).expect("rows");
        let content = StepContent {
            text: "Hello *{{ user.user_name }}*".to_owned(),
            photos: photos(1),
            buttons: Some(Buttons::Set { button_set_ref: set.clone() }),
        };
        let values = Values::default().with_user(&UserValues::sample());
        let fill = Fill::Values(&values);
        let made = render(&content, |it| (*it == set).then_some(&rows), &fill);
        let [Part::Photo { caption, buttons, .. }] = &made[..] else { panic!("{made:?}") };
        assert_eq!(caption.html, "Hello <i>Anna</i>");
        assert_eq!(buttons.rows.len(), 1);
        let made = render(&content, |_| None, &fill);
        assert!(matches!(&made[..], [Part::Photo { buttons, .. }] if buttons.rows.is_empty()));
    }

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
