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
        /// What stands below them; may be empty.
        #[serde(default)]
        caption: Rendered,
    },
}

impl Part {
    /// The number of the message that bears a content's text, alone or below a photo.
    pub const TEXT: u16 = 0;
    /// The number of photos that go on their own, before the text if there is one.
    pub const PHOTOS: u16 = 1;

    /// Its number among the deliveries of its content. It says what the message bears and not where it stands: the
    /// same content has another shape when its text grows past a caption, and its text must neither be lost nor come
    /// twice for that.
    pub const fn number(&self) -> u16 {
        let has_text = match self {
            Self::Text { .. } => true,
            Self::Photo { caption, .. } | Self::Album { caption, .. } => caption.units > 0,
        };
        if has_text { Self::TEXT } else { Self::PHOTOS }
    }

    /// Photos and the text below them as two messages, the text with the buttons; `None` for what is not both.
    pub fn apart(&self) -> Option<(Self, Self)> {
        match self {
            Self::Photo { photo, caption: text, buttons } if text.units > 0 => {
                let (caption, none) = Default::default();
                let photo = Self::Photo { photo: photo.clone(), caption, buttons: none };
                Some((photo, Self::Text { text: text.clone(), buttons: buttons.clone() }))
            }
            Self::Album { photos, caption: text } if text.units > 0 => {
                let (caption, buttons) = Default::default();
                let album = Self::Album { photos: photos.clone(), caption };
                Some((album, Self::Text { text: text.clone(), buttons }))
            }
            Self::Text { .. } | Self::Photo { .. } | Self::Album { .. } => None,
        }
    }

    /// The same without its buttons; `None` for what has none.
    #[must_use]
    pub fn without_buttons(&self) -> Option<Self> {
        let none = Keyboard::default();
        match self {
            Self::Text { text, buttons } if *buttons != none => {
                Some(Self::Text { text: text.clone(), buttons: none })
            }
            Self::Photo { photo, caption, buttons } if *buttons != none => {
                let (photo, caption) = (photo.clone(), caption.clone());
                Some(Self::Photo { photo, caption, buttons: none })
            }
            Self::Text { .. } | Self::Photo { .. } | Self::Album { .. } => None,
        }
    }

    /// Its photos, in order.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::Text { .. } => &[],
            Self::Photo { photo, .. } => std::slice::from_ref(photo),
            Self::Album { photos, .. } => photos,
        }
    }

    /// The same without those photos of the object store that are gone; `None` when nothing is left to be
    /// said.
    #[must_use]
    pub fn without(self, gone: impl Fn(&str) -> bool) -> Option<Self> {
        let is_gone = |photo: &Photo| photo.object().is_some_and(&gone);
        match self {
            Self::Photo { photo, caption: text, buttons } if is_gone(&photo) => {
                (text.units > 0).then_some(Self::Text { text, buttons })
            }
            Self::Album { mut photos, caption } if photos.iter().any(is_gone) => {
                photos.retain(|it| !is_gone(it));
                if photos.len() > 1 {
                    return Some(Self::Album { photos, caption });
                }
                let buttons = Keyboard::default();
                match photos.pop() {
                    Some(photo) => Some(Self::Photo { photo, caption, buttons }),
                    None => (caption.units > 0).then_some(Self::Text { text: caption, buttons }),
                }
            }
            part => Some(part),
        }
    }
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

/// The messages of a text with photos and buttons: photos bear the text where that fits a caption, and an album
/// only one without buttons, since it can have none; otherwise the photos come first and the text bears the buttons.
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
        photos if text.units <= MAX_CAPTION && buttons.rows.is_empty() => {
            vec![Part::Album { photos: photos.to_vec(), caption: text }]
        }
        photos => {
            let (photos, caption) = (photos.to_vec(), Rendered::default());
            let album = Part::Album { photos, caption };
            let says = text.units > 0;
            std::iter::once(album).chain(says.then_some(Part::Text { text, buttons })).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::button::{RenderedButton, RenderedDoes};
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

    fn buttons(count: usize) -> Keyboard {
        let does = RenderedDoes::Nothing;
        let button = RenderedButton { text: "Go".to_owned(), does };
        Keyboard { rows: (0..count).map(|_| vec![button.clone()]).collect() }
    }

    fn shape(photos_sent: usize, units: usize, buttons: Keyboard) -> String {
        let name = |part: &Part| match part {
            Part::Text { text, .. } => format!("text {}", text.units),
            Part::Photo { caption, .. } => format!("photo {}", caption.units),
            Part::Album { photos, caption } => {
                format!("album of {} {}", photos.len(), caption.units)
            }
        };
        let made = parts(&photos(photos_sent), text(units), buttons);
        made.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_is_gone_takes_no_words_and_no_other_photos_with_it() {
        let object = |key: &str| Photo::Object(key.to_owned());
        let gone = |key: &str| key.starts_with("gone");
        let left = |photos: &[Photo], units: usize| {
            let parts = parts(photos, text(units), Keyboard::default());
            let left = parts.into_iter().map(|it| it.without(gone)).map(|it| match it {
                None => "nothing".to_owned(),
                Some(Part::Text { text, .. }) => format!("text {}", text.units),
                Some(Part::Photo { caption, .. }) => format!("photo {}", caption.units),
                Some(Part::Album { photos, caption }) => {
                    format!("album of {} {}", photos.len(), caption.units)
                }
            });
            left.collect::<Vec<_>>().join(", ")
        };
        let (here, first, second) = (object("here"), object("gone1"), object("gone2"));
        let all = [first.clone(), here.clone(), second.clone()];
        for (photos, units, expected) in [
            (&all[..1], 5, "text 5"),
            (&all[..1], 0, "nothing"),
            (&all[..1], 1025, "nothing, text 1025"),
            (&all[..2], 5, "photo 5"),
            (&all[..], 5, "photo 5"),
            (&all[..], 1025, "photo 0, text 1025"),
            (&[first.clone(), second.clone()][..], 5, "text 5"),
            (&[first, second][..], 1025, "nothing, text 1025"),
            (&[here.clone(), all[0].clone(), here.clone()][..], 5, "album of 2 5"),
            (&[here.clone(), here.clone()][..], 0, "album of 2 0"),
            (&[here, Photo::FileId("gone1".to_owned())][..], 0, "album of 2 0"),
        ] {
            assert_eq!(left(photos, units), expected, "{photos:?} and {units} units");
        }
    }

    #[test]
    fn a_text_has_one_number_whatever_shape_it_goes_in() {
        for (photos_sent, units, rows, expected) in [
            (0, 5, 0, &[Part::TEXT][..]),
            (1, 1024, 1, &[Part::TEXT]),
            (1, 1025, 0, &[Part::PHOTOS, Part::TEXT]),
            (1, 0, 0, &[Part::PHOTOS]),
            (2, 5, 0, &[Part::TEXT]),
            (2, 5, 1, &[Part::PHOTOS, Part::TEXT]),
            (2, 1025, 0, &[Part::PHOTOS, Part::TEXT]),
            (2, 0, 0, &[Part::PHOTOS]),
        ] {
            let made = parts(&photos(photos_sent), text(units), buttons(rows));
            let numbers: Vec<u16> = made.iter().map(Part::number).collect();
            assert_eq!(numbers, expected, "{photos_sent} photos, {units} units, {rows} rows");
        }
    }

    #[test]
    fn a_photo_and_its_caption_apart_are_numbered_as_they_would_be_had_the_text_been_longer() {
        for count in [1, 2] {
            let whole = |units| parts(&photos(count), text(units), Keyboard::default()).remove(0);
            let (photo, words) = whole(5).apart().expect("two messages");
            assert_eq!((photo.number(), words.number()), (Part::PHOTOS, Part::TEXT));
            assert_eq!(photo.photos().len(), count);
            assert!(matches!(&words, Part::Text { text, .. } if text.units == 5), "{words:?}");
            for part in [whole(0), photo, words] {
                assert_eq!(part.apart(), None);
            }
        }
    }

    #[test]
    fn photos_and_text_become_messages_that_telegram_takes() {
        for (photos, units, rows, expected) in [
            (0, 5, 1, "text 5"),
            (1, 0, 0, "photo 0"),
            (1, 1024, 1, "photo 1024"),
            (1, 1025, 1, "photo 0, text 1025"),
            (2, 5, 0, "album of 2 5"),
            (10, 1024, 0, "album of 10 1024"),
            (10, 1025, 0, "album of 10 0, text 1025"),
            (2, 5, 1, "album of 2 0, text 5"),
            (2, 0, 0, "album of 2 0"),
        ] {
            let shape = shape(photos, units, buttons(rows));
            assert_eq!(shape, expected, "{photos} photos, {units} units, {rows} rows");
        }
    }
}
