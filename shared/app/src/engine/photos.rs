//! Stored photos of messages: brought to Telegram once, and called by their name from then on.
//!
//! ```text
//! loaded ▶ what does Telegram call it? ─ known ▶ sent by that name
//!            └─ nothing yet ▶ the first message of the run brings the file, those behind it wait for its name
//!                 └─ the file is gone ▶ the message goes without it
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use channels::telegram::{BotToken, Patience, Stored, WrongFile};
use domain::engine::Timer;
use domain::ids::BotId;
use domain::message::Content;
use domain::outcome::Outcome;
use domain::scenario::{Part, Photo};
use runtime::objects::ObjectError;
use table::TableError;
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::engine::missing;
use crate::engine::work::{Send, To, What};
use crate::photo::{self, Ahead};

/// Files that a job may have to bring.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Those that were fetched ahead, by their keys, each with the room that it takes.
    ahead: BTreeMap<String, (Bytes, OwnedSemaphorePermit)>,
    /// Whether there are others, for which there was no room.
    others: bool,
}

impl Files {
    /// Whether nothing is to be brought.
    pub(super) fn is_empty(&self) -> bool {
        self.ahead.is_empty() && !self.others
    }

    fn get(&self, key: &str) -> Option<Bytes> {
        self.ahead.get(key).map(|(bytes, _)| bytes.clone())
    }
}

/// A job is tried again so often for a store that does not answer; then its messages go without photos.
const TRIES: u32 = 3;
/// A message brings at most so many bytes of files: the Bot API takes 50 MB.
const MAX_FILES: usize = 45 * 1024 * 1024;
/// A message waits so long for another one that brings its files, within the margin of a run's deadline.
const WAIT_FOR_TURN: Duration = Duration::from_secs(4);

/// Finds the stored photos of a job's messages. Those that are gone are left out; of those that Telegram does
/// not have yet the files are answered. Costs nothing where there are none.
pub(super) async fn prepare(
    app: &App,
    timer: &Timer,
    sends: &mut Vec<Send>,
) -> Result<Files, TableError> {
    let wanted: BTreeSet<(BotId, String)> =
        sends.iter().flat_map(objects).map(|(bot, key)| (bot.clone(), key.to_owned())).collect();
    // A job's messages go through one bot.
    let Some(bot) = wanted.first().map(|(bot, _)| bot.clone()) else {
        return Ok(Files::default());
    };
    photo::look_up(app, &bot, wanted.iter().map(|(_, key)| key.as_str())).await?;
    let unknown = wanted.iter().map(|(_, key)| key.as_str());
    let unknown = unknown.filter(|key| app.photos.known(&bot, key).is_none());
    let (mut files, mut gone) = (Files::default(), BTreeSet::new());
    for key in unknown {
        match app.photos.ahead(&bot, key).await {
            Ok(Ahead::File(bytes, room)) => {
                files.ahead.insert(key.to_owned(), (bytes, room));
            }
            Ok(Ahead::NoRoom) => {
                files.others = true;
                break;
            }
            Err(error) if timer.failures < TRIES => {
                return Err(TableError::Unavailable(error.to_string()));
            }
            missing => {
                tell_missing(app, &bot, key, missing.err().as_ref()).await;
                gone.insert(key.to_owned());
            }
        }
    }
    if !gone.is_empty() {
        leave_out(sends, &gone);
    }
    Ok(files)
}

/// The stored photos of a message.
fn objects(send: &Send) -> impl Iterator<Item = (&BotId, &str)> {
    let found = match (&send.to, &send.what) {
        (To::Chat(bot, _), What::Message(Content::Part(part))) => Some((bot, &**part)),
        _ => None,
    };
    found.into_iter().flat_map(|(bot, part)| keys_of(part).map(move |key| (bot, key)))
}

fn keys_of(part: &Part) -> impl Iterator<Item = &str> {
    part.photos().iter().filter_map(Photo::object)
}

/// Whether a message has stored photos.
pub(super) fn has_stored(part: &Part) -> bool {
    keys_of(part).next().is_some()
}

/// The photos that a message would bring to Telegram now.
pub(super) fn brings(app: &App, send: &Send) -> Vec<(BotId, String)> {
    let unknown = objects(send).filter(|(bot, key)| app.photos.known(bot, key).is_none());
    unknown.map(|(bot, key)| (bot.clone(), key.to_owned())).collect()
}

fn leave_out(sends: &mut Vec<Send>, gone: &BTreeSet<String>) {
    sends.retain_mut(|send| {
        let What::Message(Content::Part(part)) = &send.what else { return true };
        let left = (**part).clone().without(|key| gone.contains(key));
        match left {
            Some(left) => {
                send.what = What::Message(left.into());
                true
            }
            None => false,
        }
    });
}

async fn tell_missing(app: &App, bot: &BotId, key: &str, error: Option<&ObjectError>) {
    if let Some(error) = error {
        tracing::error!(%bot, %error, "a message goes without its photo");
        return;
    }
    tracing::error!(%bot, key, "a photo is gone; its message goes without it");
    Box::pin(missing::tell(app, bot, key)).await;
}

/// Sends a message with stored photos. A name that Telegram does not know any more is forgotten, and the
/// file itself goes along at once, or with the next attempt when `patience` has ended: nothing was sent
/// before.
pub(super) async fn send(
    app: &App,
    (bot, chat_id): (&BotId, i64),
    (part, repeat): (&Part, bool),
    files: &Files,
    (token, patience): (&BotToken, Patience<'_>),
) -> Outcome {
    let mut turn = None;
    for is_first in [true, false] {
        if turn.is_none() && lacks(app, bot, part, files) {
            turn = app.env.clock.within(WAIT_FOR_TURN, app.photos.turn()).await.flatten();
            if turn.is_none() {
                return Outcome::NotSent { reason: "others bring their photos".to_owned() };
            }
        }
        let (part, stored) = match stored(app, bot, part, files).await {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        if !is_first && !patience.lasts() {
            return Outcome::NotSent { reason: "no time left to bring a photo".to_owned() };
        }
        let what = (&part, repeat);
        match app.telegram.send_part(token, chat_id, what, &stored, patience).await {
            Ok(delivered) => {
                photo::remember(app, bot, delivered.file_ids).await;
                return delivered.outcome;
            }
            Err(WrongFile) => photo::forget(app, bot, stored.known.into_keys()).await,
        }
    }
    Outcome::NotSent { reason: "Telegram knows a photo by none of its names".to_owned() }
}

/// Whether a message has a photo that is to be fetched now.
fn lacks(app: &App, bot: &BotId, part: &Part, files: &Files) -> bool {
    keys_of(part).any(|key| app.photos.known(bot, key).is_none() && files.get(key).is_none())
}

/// A message's photos, each by its name or as a file; without those that are gone meanwhile.
async fn stored(
    app: &App,
    bot: &BotId,
    part: &Part,
    files: &Files,
) -> Result<(Part, Stored), Outcome> {
    let mut stored = Stored { boundary: app.env.secret(), ..Stored::default() };
    let (mut size, mut gone) = (0, BTreeSet::new());
    for key in keys_of(part) {
        if let Some(id) = app.photos.known(bot, key) {
            stored.known.insert(key.to_owned(), id);
            continue;
        }
        if stored.files.contains_key(key) || gone.contains(key) {
            continue;
        }
        let bytes = match files.get(key) {
            Some(bytes) => bytes,
            None => match app.photos.get(bot, key).await {
                Ok(Some(bytes)) => Bytes::from(bytes),
                Ok(None) => {
                    tell_missing(app, bot, key, None).await;
                    gone.insert(key.to_owned());
                    continue;
                }
                Err(error) => return Err(Outcome::NotSent { reason: error.to_string() }),
            },
        };
        if size + bytes.len() > MAX_FILES {
            tracing::error!(%bot, key, "an album is too large; it goes without this photo");
            gone.insert(key.to_owned());
        } else {
            size += bytes.len();
            stored.files.insert(key.to_owned(), bytes);
        }
    }
    let left = part.clone().without(|key| gone.contains(key));
    let nothing = || Outcome::ContentRefused { reason: "its photo is gone".to_owned() };
    left.map(|part| (part, stored)).ok_or_else(nothing)
}
