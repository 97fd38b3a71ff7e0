//! Messages with photos of the object store: what Telegram has is called by its name, what it does not
//! have goes along in a form.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use domain::outcome::Outcome;
use domain::scenario::{Part, Photo};
use serde_json::Value;

use super::TelegramApi;
use super::answer::TelegramError;
use super::api::SentMessage;
use super::form::Form;
use super::patience::Patience;
use super::render;
use super::token::BotToken;

/// The fields of a form beside its files take about so many bytes.
const FIELDS: usize = 16 * 1024;

/// The stored photos of a message, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// What Telegram calls those that it has.
    pub known: BTreeMap<String, String>,
    /// The bytes of others.
    pub files: BTreeMap<String, Bytes>,
    /// What no file holds: random letters, digits, `-` and `_`, at most 70.
    pub boundary: String,
}

/// A message that went, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// What became of it.
    pub outcome: Outcome,
    /// Keys of photos that went along as files, and what Telegram calls them.
    pub file_ids: Vec<(String, String)>,
}

/// Telegram does not know a photo by what it was called. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongFile;

impl Stored {
    /// What Telegram is given for a photo. The key of one that is not here means nothing to it: such a photo
    /// is refused, and its words go alone.
    pub(super) fn source(&self, photo: &Photo) -> String {
        match photo {
            Photo::FileId(id) => id.clone(),
            Photo::Object(key) => match (self.known.get(key), self.place(key)) {
                (Some(id), _) => id.clone(),
                (None, Some(place)) => format!("attach://photo{place}"),
                (None, None) => key.clone(),
            },
        }
    }

    /// The number of a file in the form.
    fn place(&self, key: &str) -> Option<usize> {
        self.files.keys().position(|it| it == key)
    }

    /// Whether a part has a photo that Telegram is told by its name.
    fn names(&self, part: &Part) -> bool {
        part.photos().iter().filter_map(Photo::object).any(|it| self.known.contains_key(it))
    }

    /// Those that go along with a part, each once.
    fn along(&self, part: &Part) -> Vec<(&str, &Bytes)> {
        let mut along: Vec<(&str, &Bytes)> = Vec::new();
        for key in part.photos().iter().filter_map(Photo::object) {
            let Some((key, bytes)) = self.files.get_key_value(key) else { continue };
            if !self.known.contains_key(key) && along.iter().all(|(it, _)| *it != key) {
                along.push((key.as_str(), bytes));
            }
        }
        along
    }

    /// A request's fields, with the files beside them.
    fn form(&self, fields: &Value, along: &[(&str, &Bytes)]) -> (String, Bytes) {
        let mut form = Form::new(&self.boundary);
        form.reserve(along.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + FIELDS);
        for (name, value) in fields.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => form.text(name, text),
                other => form.text(name, &other.to_string()),
            }
        }
        for (key, bytes) in along {
            let place = self.place(key).unwrap_or_default();
            form.file(&format!("photo{place}"), bytes);
        }
        form.finish()
    }
}

impl TelegramApi {
    /// Sends one message of an author's, once. Of what Telegram refuses as much of the form goes as it takes: the
    /// buttons alone are left out where they are what is refused; otherwise the words go, where there are any,
    /// without their photos, then without their formatting, and at last without their buttons. When `patience` has
    /// ended, nothing more is asked for: nothing was sent, and it may be tried again.
    ///
    /// # Errors
    /// [`WrongFile`]: one of `stored.known` is not what Telegram calls a file of this bot's.
    pub async fn send_part(
        &self,
        token: &BotToken,
        chat_id: i64,
        (part, repeat): (&Part, bool),
        stored: &Stored,
        patience: Patience<'_>,
    ) -> Result<Delivered, WrongFile> {
        let (mut part, mut is_bare) = (Cow::Borrowed(part), false);
        loop {
            let sent = if is_bare {
                let words = render::bare(&part, repeat);
                self.send_rendered(token, chat_id, &words).await.map(|sent| vec![sent])
            } else {
                self.send_whole(token, chat_id, (&part, repeat), stored).await
            };
            let error = match sent {
                Ok(sent) => return Ok(delivered(&part, &stored.along(&part), &sent)),
                Err(error) => error,
            };
            if error.is_about_file_id() && stored.names(&part) {
                return Err(WrongFile);
            }
            let left = error.is_about_content().then(|| less(&part, is_bare, &error)).flatten();
            let Some((left, left_bare)) = left else {
                return Ok(failed(error));
            };
            if !patience.lasts() {
                return Ok(failed(error.put_off()));
            }
            (part, is_bare) = (Cow::Owned(left), left_bare);
        }
    }

    /// Sends a message as it is.
    async fn send_whole(
        &self,
        token: &BotToken,
        chat_id: i64,
        (part, repeat): (&Part, bool),
        stored: &Stored,
    ) -> Result<Vec<SentMessage>, TelegramError> {
        let (method, fields) = match render::request(chat_id, part, repeat, stored) {
            render::Request::One { method, body } => (method, body),
            render::Request::Album(body) => ("sendMediaGroup", body),
        };
        let along = stored.along(part);
        let form = (!along.is_empty()).then(|| stored.form(&fields, &along));
        self.messages(token, method, &fields, form).await
    }

    /// Calls a method that answers with one message, or with several.
    async fn messages(
        &self,
        token: &BotToken,
        method: &str,
        fields: &Value,
        form: Option<(String, Bytes)>,
    ) -> Result<Vec<SentMessage>, TelegramError> {
        let is_album = method == "sendMediaGroup";
        match form {
            None if is_album => self.call(token, method, fields).await,
            None => self.call(token, method, fields).await.map(|sent| vec![sent]),
            Some((kind, body)) if is_album => self.call_with(token, method, (&kind, body)).await,
            Some((kind, body)) => {
                self.call_with(token, method, (&kind, body)).await.map(|sent| vec![sent])
            }
        }
    }
}

/// What to ask for after a refusal, and whether as bare words; `None` where nothing more can be left out.
fn less(part: &Part, is_bare: bool, refused: &TelegramError) -> Option<(Part, bool)> {
    match part.without_buttons() {
        left if is_bare => left.map(|it| (it, true)),
        Some(left) if refused.is_about_buttons() => Some((left, false)),
        _ if part.plain().is_empty() => None,
        _ => Some(part.apart().map_or_else(|| (part.clone(), true), |(_, text)| (text, false))),
    }
}

fn failed(error: TelegramError) -> Delivered {
    Delivered { outcome: error.into_outcome(), file_ids: Vec::new() }
}

/// The message of a part with what its files are called: messages of an album stand in the order of its
/// photos.
fn delivered(part: &Part, along: &[(&str, &Bytes)], sent: &[SentMessage]) -> Delivered {
    let Some(first) = sent.first() else {
        let reason = "an answer without messages".to_owned();
        return Delivered { outcome: Outcome::Unknown { reason }, file_ids: Vec::new() };
    };
    let mut file_ids: Vec<(String, String)> = Vec::new();
    for (photo, message) in part.photos().iter().zip(sent) {
        let went = photo.object().filter(|key| along.iter().any(|(it, _)| it == key));
        if let (Some(key), Some(size)) = (went, message.photo.last())
            && file_ids.iter().all(|(it, _)| it != key)
        {
            file_ids.push((key.to_owned(), size.file_id.clone()));
        }
    }
    Delivered { outcome: Outcome::Sent { message_id: first.message_id }, file_ids }
}

#[cfg(test)]
mod tests;
