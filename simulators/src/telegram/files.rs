//! Files that bots and people have sent: what they are called is known for good, their bytes for a while.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

/// So many bytes of files stay in memory.
const MAX_BYTES: usize = 64 << 20;
/// What the names of photos begin with.
const PREFIX: &str = "AgACAgIAAx";
/// A name without the letter of a size at its end.
const LENGTH: usize = PREFIX.len() + 16;

/// The files of all bots.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Names are good for one bot alone.
    known: HashSet<(i64, String)>,
    kept: HashMap<String, Bytes>,
    by_age: VecDeque<String>,
    size: usize,
}

/// What a bot calls a file or an address: the same one is called the same.
pub(crate) fn name(bot_id: i64, source: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    (bot_id, source).hash(&mut hasher);
    format!("{PREFIX}{:016x}", hasher.finish())
}

/// The name of a file, whichever of its sizes is named.
pub(crate) fn without_size(file_id: &str) -> &str {
    file_id.get(..LENGTH).unwrap_or(file_id)
}

/// Whether it looks like a name of a photo.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The media type of a picture, by its first bytes.
pub(crate) fn media_type(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        _ => "application/octet-stream",
    }
}

impl Files {
    /// The bot may send this file again.
    pub(crate) fn learn(&mut self, bot_id: i64, name: &str) {
        self.known.insert((bot_id, name.to_owned()));
    }

    /// Whether the bot may send it again.
    pub(crate) fn knows(&self, bot_id: i64, name: &str) -> bool {
        self.known.contains(&(bot_id, name.to_owned()))
    }

    /// No bot may send any of its files again.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Keeps the bytes of a file, and lets the oldest go.
    pub(crate) fn keep(&mut self, name: &str, bytes: Bytes) {
        if self.kept.contains_key(name) {
            return;
        }
        self.size += bytes.len();
        self.kept.insert(name.to_owned(), bytes);
        self.by_age.push_back(name.to_owned());
        while self.size > MAX_BYTES {
            let Some(oldest) = self.by_age.pop_front() else { return };
            let gone = self.kept.remove(&oldest).map_or(0, |bytes| bytes.len());
            self.size -= gone;
        }
    }

    /// The bytes of a file, while they are kept.
    pub(crate) fn get(&self, file_id: &str) -> Option<Bytes> {
        self.kept.get(without_size(file_id)).cloned()
    }
}
