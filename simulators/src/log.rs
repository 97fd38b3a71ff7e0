//! A file of records, a line each: a simulator that is started again on its file goes on where it was.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// A whole line is not a record.
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

/// The file.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    /// Opens or makes the file and hands each of its records to `apply`. A last line that a crash
    /// cut short is taken off.
    pub(crate) fn open<R: DeserializeOwned>(
        path: &Path,
        mut apply: impl FnMut(R),
    ) -> Result<Self, LogError> {
        let broken = |source| LogError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(broken)?;
        let mut reader = BufReader::new(&mut file);
        let (mut text, mut whole, mut line) = (Vec::new(), 0, 0);
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(broken)?;
            if !text.ends_with(b"\n") {
                break;
            }
            line += 1;
            apply(serde_json::from_slice(&text).map_err(|source| LogError::Line {
                path: path.to_owned(),
                line,
                source,
            })?);
            whole += length as u64;
        }
        drop(reader);
        file.set_len(whole).map_err(broken)?;
        file.seek(SeekFrom::End(0)).map_err(broken)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes one record.
    ///
    /// # Panics
    /// When the file cannot be written: a simulator that went on would show what its log does not
    /// have.
    pub(crate) fn append<R: Serialize>(&mut self, record: &R) {
        let written = serde_json::to_vec(record).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        if let Err(error) = written {
            panic!("cannot write the log {}: {error}", self.path.display());
        }
    }

    /// Empties the file.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0)).map(drop)
    }
}
