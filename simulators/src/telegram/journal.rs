//! Everything that happens, as lines. The state is what comes of applying the
//! records in order, so a simulator that is started again on its log goes on
//! where it was.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::groups::GroupChange;
use super::model::{Chat, Entry, Message, Standing};
use super::queue::Pending;

/// Where a bot wants its updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    pub(crate) max_connections: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A bot was made, or has another token.
    Bot { bot_id: i64, username: String, token: String },
    /// A call: its entry, and the messages that it put into the chat.
    Call {
        #[serde(flatten)]
        entry: Entry,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        messages: Vec<Message>,
    },
    /// A chat came to be or changed.
    Chat { chat: Chat },
    /// A bot and a chat stand differently to each other.
    Standing { bot_id: i64, chat_id: i64, standing: Standing },
    /// Something changed in a group.
    Group { chat_id: i64, change: GroupChange },
    /// A person wrote, or something was noted in the chat.
    Said { message: Message },
    /// A message looks different now.
    Edited { message: Message },
    /// A message is gone.
    Deleted { bot_id: i64, message_id: i64 },
    /// A button was pressed, and waits for an answer.
    Pressed { bot_id: i64, callback_id: String, chat_id: i64, at_ms: i64 },
    /// The bot answered it.
    Answered { bot_id: i64, callback_id: String, text: String, alert: bool },
    /// An update waits for the bot.
    Queued { bot_id: i64, update: Pending },
    /// Updates wait no longer: delivered, confirmed, expired or dropped.
    Done { bot_id: i64, update_ids: Vec<i64> },
    /// Updates go there from now on, or nowhere.
    Webhook { bot_id: i64, webhook: Option<Webhook> },
    /// These kinds of updates are wanted; `None` is Telegram's default.
    Allowed { bot_id: i64, kinds: Option<Vec<String>> },
    /// The commands that the bot's menu shows.
    Commands { bot_id: i64, scope: String, commands: Value },
    /// The bot may send a file by this name.
    FileKnown { bot_id: i64, file_id: String },
    /// No file is known any more by what it was called.
    FilesForgotten,
    /// All is forgotten.
    Reset,
}

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read or written.
    #[error("cannot use the log {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line before the last one is not a record.
    #[error("line {line} of the log {} is not a record: {source}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// The file of records.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens or makes the log and hands each of its records to `apply`. A last
    /// line that a crash cut short is taken off.
    pub(crate) fn open(path: &Path, mut apply: impl FnMut(Record)) -> Result<Self, LogError> {
        let broken = |source| LogError::File { path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(broken)?;
        let mut reader = BufReader::new(&mut file);
        let (mut line, mut whole, mut number) = (Vec::new(), 0, 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(broken)?;
            if !line.ends_with(b"\n") {
                break;
            }
            number += 1;
            let record = serde_json::from_slice(&line).map_err(|source| LogError::Line {
                path: path.to_owned(),
                line: number,
                source,
            })?;
            apply(record);
            whole += length as u64;
        }
        drop(reader);
        file.set_len(whole).map_err(broken)?;
        file.seek(SeekFrom::End(0)).map_err(broken)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes records, each a line, with one call to the system: what it took is
    /// not lost when the process dies.
    ///
    /// # Panics
    /// When the log cannot be written: a simulator that went on would tell its
    /// tests of messages that its log does not have.
    pub(crate) fn append(&mut self, records: &[Record]) {
        let mut lines = Vec::with_capacity(512);
        for record in records {
            if let Err(error) = serde_json::to_writer(&mut lines, record) {
                panic!("a record cannot be written as JSON: {error}");
            }
            lines.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&lines) {
            panic!("cannot write the log {}: {error}", self.path.display());
        }
    }

    /// Empties the log.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0)).map(drop)
    }
}
