//! What messages say, and their buttons, as the API has them.

use domain::button::{Button, Buttons, Does, Row, Rows};
use domain::scenario::{Photo, StepContent, TimingDraft};
use serde::Serialize;
use utoipa::ToSchema;

/// A photo: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScenarioPhoto)]
pub(crate) struct PhotoBody {
    /// What Telegram calls it; good for this bot alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<String>,
    /// The key of a stored photo of the bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
}

impl From<&Photo> for PhotoBody {
    fn from(photo: &Photo) -> Self {
        match photo {
            Photo::FileId(id) => Self { file_id: Some(id.clone()), object: None },
            Photo::Object(key) => Self { file_id: None, object: Some(key.clone()) },
        }
    }
}

/// What a button does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ButtonType)]
pub(crate) enum ButtonKind {
    /// Opens an address.
    Url,
    /// Says something to the bot.
    Callback,
}

/// A button.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Button)]
pub(crate) struct ButtonBody {
    /// What it does.
    #[serde(rename = "type")]
    kind: ButtonKind,
    /// Its words: a template of at most 256 characters, with the longest values.
    text: String,
    /// Of `url`: the address, a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Of `callback`: 1 to 64 bytes; `accept` and `decline` are a consent's answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<String>,
}

impl From<&Button> for ButtonBody {
    fn from(button: &Button) -> Self {
        let text = button.text.clone();
        match &button.does {
            Does::Url { url } => {
                Self { kind: ButtonKind::Url, text, url: Some(url.clone()), callback_data: None }
            }
            Does::Callback { callback_data } => {
                let callback_data = Some(callback_data.clone());
                Self { kind: ButtonKind::Callback, text, url: None, callback_data }
            }
        }
    }
}

/// Buttons beside one another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ButtonRow)]
pub(crate) struct RowBody {
    /// 1 to 8.
    buttons: Vec<ButtonBody>,
}

impl From<&Row> for RowBody {
    fn from(row: &Row) -> Self {
        Self { buttons: row.buttons.iter().map(ButtonBody::from).collect() }
    }
}

/// Rows as they are written.
pub(crate) fn rows(rows: &Rows) -> Vec<RowBody> {
    rows.rows.iter().map(RowBody::from).collect()
}

/// A message's buttons: a set of the bot's, or rows of its own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Buttons)]
pub(crate) struct ButtonsBody {
    /// The slug of a set.
    #[serde(skip_serializing_if = "Option::is_none")]
    button_set_ref: Option<String>,
    /// At most 20 rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<RowBody>>,
}

impl From<&Buttons> for ButtonsBody {
    fn from(buttons: &Buttons) -> Self {
        match buttons {
            Buttons::Set { button_set_ref } => {
                Self { button_set_ref: Some(button_set_ref.to_string()), rows: None }
            }
            Buttons::Inline(inline) => Self { button_set_ref: None, rows: Some(rows(inline)) },
        }
    }
}

/// What a message says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageContent)]
pub(crate) struct ContentView {
    /// A template in Markdown.
    pub(crate) text: String,
    /// Its photos.
    pub(crate) photos: Vec<PhotoBody>,
    /// Its buttons.
    pub(crate) buttons: Option<ButtonsBody>,
}

impl From<&StepContent> for ContentView {
    fn from(content: &StepContent) -> Self {
        Self {
            text: content.text.clone(),
            photos: content.photos.iter().map(PhotoBody::from).collect(),
            buttons: content.buttons.as_ref().map(ButtonsBody::from),
        }
    }
}

/// What a message is to say.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = NewMessageContent)]
pub(crate) struct ContentBody {
    /// A template in Markdown; may be empty where there is a photo.
    #[schema(nullable = false)]
    text: Option<String>,
    /// At most 10.
    #[schema(nullable = false)]
    photos: Option<Vec<PhotoBody>>,
    /// Its buttons.
    buttons: Option<ButtonsBody>,
}

/// How long after the message before it a step is due: the sum of the three, at most 366 days.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = NewTiming)]
pub(crate) struct TimingBody {
    /// Hours.
    #[schema(nullable = false)]
    hours: Option<u32>,
    /// Minutes.
    #[schema(nullable = false)]
    minutes: Option<u32>,
    /// Seconds.
    #[schema(nullable = false)]
    seconds: Option<u32>,
}

/// How long after the message before it a step is due: the sum of the three.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timing)]
pub(crate) struct TimingView {
    /// Hours.
    hours: u32,
    /// Minutes.
    minutes: u32,
    /// Seconds.
    seconds: u32,
}

impl TimingView {
    pub(crate) const fn of(delay: u32) -> Self {
        let TimingDraft { hours, minutes, seconds } = TimingDraft::of(delay);
        Self { hours, minutes, seconds }
    }
}
