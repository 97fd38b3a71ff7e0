//! Messages as people get them.

use app::scenario::author::PreviewedPart;
use domain::button::{Rendered as Keyboard, RenderedButton, RenderedDoes};
use domain::markup::Rendered;
use domain::scenario::Photo;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::PhotoBody;

/// Which kind of message it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewKind)]
enum Kind {
    /// A text.
    Text,
    /// One photo; the text is its caption.
    Photo,
    /// Several photos; the text is their caption.
    Album,
}

/// A button as a person gets it; it does nothing where a demonstration has no address.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewButton)]
struct ButtonView {
    /// Its words.
    text: String,
    /// Where it leads.
    url: Option<String>,
    /// What it says to the bot.
    callback_data: Option<String>,
}

/// One message as a person gets it.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewPart)]
pub(crate) struct PartView {
    /// Which kind of message it is.
    kind: Kind,
    /// Its photos.
    photos: Vec<PhotoBody>,
    /// Its text in Telegram's HTML.
    html: String,
    /// The text without markup.
    plain: String,
    /// How long the text is for Telegram, which takes 4096, and 1024 below a photo.
    units: usize,
    /// Rows of buttons.
    buttons: Vec<Vec<ButtonView>>,
}

impl From<PreviewedPart> for PartView {
    fn from(part: PreviewedPart) -> Self {
        match part {
            PreviewedPart::Text { text, buttons } => Self::new(Kind::Text, &[], text, buttons),
            PreviewedPart::Photo { photo, caption, buttons } => {
                Self::new(Kind::Photo, &[photo], caption, buttons)
            }
            PreviewedPart::Album { photos, caption } => {
                Self::new(Kind::Album, &photos, caption, Keyboard::default())
            }
        }
    }
}

impl PartView {
    fn new(kind: Kind, photos: &[Photo], text: Rendered, keyboard: Keyboard) -> Self {
        let photos = photos.iter().map(PhotoBody::from).collect();
        let Rendered { html, plain, units } = text;
        let row = |row: Vec<_>| row.into_iter().map(ButtonView::from).collect();
        let buttons = keyboard.rows.into_iter().map(row).collect();
        Self { kind, photos, html, plain, units, buttons }
    }
}

impl From<RenderedButton> for ButtonView {
    fn from(button: RenderedButton) -> Self {
        let (url, callback_data) = match button.does {
            RenderedDoes::Url(url) => (Some(url), None),
            RenderedDoes::Callback(data) => (None, Some(data)),
            RenderedDoes::Nothing => (None, None),
        };
        Self { text: button.text, url, callback_data }
    }
}
