//! Stored photos: where their files are, and what Telegram calls them.
//!
//! A file goes to Telegram with the first message that has it. What Telegram calls it then is good for the
//! bot that sent it, is kept in the table for all processes, and here for this one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::photo::{MAX_BYTES, StoredPhoto};
use runtime::objects::{NoStore, ObjectError, Objects};
use table::{TableError, keys};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::App;

/// So many names are remembered.
const AT_MOST: usize = 4_096;
/// Files that wait for their messages have at most so many bytes in a process, all together: a function has
/// 256 MB, and a message that is sent needs its files twice.
const AHEAD: usize = 24 * 1024 * 1024;
/// Room is counted in units of so many bytes.
const UNIT: usize = 1024;

/// What Telegram calls photos, by bot and key.
type Known = HashMap<(BotId, String), String>;

/// The store of photos, with what a process knows of them. Clones share it.
#[derive(Clone)]
pub struct Photos {
    store: Arc<dyn Objects>,
    known: Arc<Mutex<Known>>,
    /// On which day photos that are gone were missed last.
    missed: Arc<Mutex<HashMap<(BotId, String), i64>>>,
    ahead: Arc<Semaphore>,
    alone: Arc<Semaphore>,
}

/// What became of a file that was to be fetched ahead.
#[derive(Debug)]
pub(crate) enum Ahead {
    /// It is here, with the room that it takes as long as it is held.
    File(Bytes, OwnedSemaphorePermit),
    /// There is none.
    Gone,
    /// The others take all the room: it is fetched when its message goes.
    NoRoom,
}

impl Default for Photos {
    fn default() -> Self {
        Self::kept_by(Arc::new(NoStore))
    }
}

impl fmt::Debug for Photos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Photos").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What a bot's object is called in the store: each bot has its own, and takes them along when it goes.
pub fn name_in_store(bot: &BotId, key: &str) -> String {
    format!("{bot}.{key}")
}

impl Photos {
    /// Kept by this store.
    pub fn kept_by(store: Arc<dyn Objects>) -> Self {
        Self {
            store,
            known: Arc::default(),
            missed: Arc::default(),
            ahead: Arc::new(Semaphore::new(AHEAD / UNIT)),
            alone: Arc::new(Semaphore::new(1)),
        }
    }

    /// The store.
    pub fn store(&self) -> &dyn Objects {
        &*self.store
    }

    /// The same, reached another way.
    #[must_use]
    pub fn through(&self, store: Arc<dyn Objects>) -> Self {
        Self { store, ..self.clone() }
    }

    /// Forgets what this process knows, as one does that starts.
    pub fn start_over(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The file of a key, if there is one.
    pub(crate) async fn get(&self, bot: &BotId, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        self.store.get(&name_in_store(bot, key)).await
    }

    /// The file of a key, ahead of its message. Room for the largest one is taken before anything is read.
    pub(crate) async fn ahead(&self, bot: &BotId, key: &str) -> Result<Ahead, ObjectError> {
        let Some(mut room) = take_room(&self.ahead, MAX_BYTES) else { return Ok(Ahead::NoRoom) };
        let Some(bytes) = self.get(bot, key).await? else { return Ok(Ahead::Gone) };
        let left = MAX_BYTES.saturating_sub(bytes.len()) / UNIT;
        drop(room.split(left));
        Ok(Ahead::File(bytes.into(), room))
    }

    /// The turn to bring files that were not fetched ahead: one message of this process at a time has it.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.alone).acquire_owned().await.ok()
    }

    /// What Telegram calls a photo, as far as this process knows.
    pub(crate) fn known(&self, bot: &BotId, key: &str) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(bot.clone(), key.to_owned())).cloned()
    }

    /// Whether this process knows that the admins were told on this day that a photo is missed.
    pub(crate) fn is_told_of(&self, bot: &BotId, key: &str, day: i64) -> bool {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.get(&(bot.clone(), key.to_owned())) == Some(&day)
    }

    /// The admins were told on this day that a photo is missed.
    pub(crate) fn told_of(&self, bot: &BotId, key: &str, day: i64) {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() >= AT_MOST {
            missed.clear();
        }
        missed.insert((bot.clone(), key.to_owned()), day);
    }

    fn learn(&self, bot: &BotId, key: &str, file_id: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= AT_MOST {
            known.clear();
        }
        known.insert((bot.clone(), key.to_owned()), file_id);
    }

    fn unlearn(&self, bot: &BotId, key: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(bot.clone(), key.to_owned()));
    }
}

fn take_room(room: &Arc<Semaphore>, bytes: usize) -> Option<OwnedSemaphorePermit> {
    let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
    Arc::clone(room).try_acquire_many_owned(units).ok()
}

/// Reads what Telegram calls those photos of which this process does not know it.
pub(crate) async fn look_up<'a>(
    app: &App,
    bot: &BotId,
    objects: impl Iterator<Item = &'a str>,
) -> Result<(), TableError> {
    let unknown = objects.filter(|it| app.photos.known(bot, it).is_none());
    let wanted: Vec<_> = unknown.map(|it| keys::stored_photo(bot, it)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut found = app.table.get_all(&wanted).await?;
    for key in &wanted {
        if let Some(StoredPhoto { object, file_id: Some(id), .. }) = found.take(key)? {
            app.photos.learn(bot, &object, id);
        }
    }
    Ok(())
}

/// Keeps what Telegram calls photos. What cannot be kept is brought once more, which harms nobody.
pub(crate) async fn remember(app: &App, bot: &BotId, file_ids: Vec<(String, String)>) {
    let written = file_ids.iter().map(|(key, id)| (key.as_str(), Some(id.clone())));
    write(app, bot, written.collect()).await;
    for (key, id) in file_ids {
        app.photos.learn(bot, &key, id);
    }
}

/// Telegram does not know these photos any more by what they were called.
pub(crate) async fn forget(app: &App, bot: &BotId, objects: impl Iterator<Item = String>) {
    let objects: Vec<String> = objects.collect();
    for key in &objects {
        tracing::warn!(%bot, key, "Telegram does not know a stored photo any more; it is sent anew");
        app.photos.unlearn(bot, key);
    }
    write(app, bot, objects.iter().map(|key| (key.as_str(), None)).collect()).await;
}

async fn write(app: &App, bot: &BotId, photos: Vec<(&str, Option<String>)>) {
    if photos.is_empty() {
        return;
    }
    let now = app.env.now();
    let mut decision = Decision::new(app.env.id(), now, ());
    decision.writes.extend(photos.into_iter().map(|(key, file_id)| {
        let object = key.to_owned();
        Write::Put(StoredPhoto { bot_id: bot.clone(), object, file_id, changed_at: now }.into())
    }));
    if let Err(error) = app.commit(decision).await {
        tracing::warn!(%error, %bot, "what Telegram calls a photo could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use runtime::objects::Memory;

    use super::*;

    #[test]
    fn files_wait_for_their_messages_as_long_as_there_is_room() {
        block_on(async {
            let (bot, store) = (BotId("shop".to_owned()), Memory::default());
            for key in ["a", "b", "c", "d"] {
                let file = vec![0; MAX_BYTES - 1];
                store.put(&name_in_store(&bot, key), &file).await.expect("kept");
            }
            store.put(&name_in_store(&bot, "small"), &[1]).await.expect("kept");
            let photos = Photos::kept_by(Arc::new(store));
            let fetch = async |key| photos.ahead(&bot, key).await.expect("the store answers");
            let mut held = vec![fetch("small").await, fetch("a").await, fetch("b").await];
            assert!(held.iter().all(|it| matches!(it, Ahead::File(..))), "{}", held.len());
            assert!(matches!(fetch("c").await, Ahead::NoRoom));
            assert!(matches!(fetch("none").await, Ahead::NoRoom), "nothing is read without room");
            drop(held.pop());
            assert!(matches!(fetch("none").await, Ahead::Gone));
            assert!(matches!(fetch("d").await, Ahead::File(..)));
        });
    }
}
