//! Where pictures are kept until Telegram has them: by keys, as an object store does.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures::future::{BoxFuture, ready};
use thiserror::Error;

/// An object cannot be kept or had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("object {key}: {message}")]
pub struct ObjectError {
    /// Which.
    pub key: String,
    /// Why.
    pub message: String,
}

/// A store of objects.
pub trait Objects: std::fmt::Debug + Send + Sync {
    /// Keeps an object; one of the same key is replaced.
    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), ObjectError>>;

    /// The object of a key, if there is one.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, ObjectError>>;
}

/// A directory as a store, for a system on one machine: a file for each object.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Of this directory, which is made with the first object.
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// The file of a key: a name without directories.
    fn file(&self, key: &str) -> Result<PathBuf, ObjectError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if key.is_empty() || key.starts_with('.') || !key.bytes().all(plain) {
            let message = "must be named by letters, digits, '-', '_' and '.'".to_owned();
            return Err(ObjectError { key: key.to_owned(), message });
        }
        Ok(self.0.join(key))
    }

    fn keep(&self, key: &str, bytes: &[u8]) -> Result<(), ObjectError> {
        let failed = |error: std::io::Error| failed(key, &error);
        let file = self.file(key)?;
        fs::create_dir_all(&self.0).map_err(failed)?;
        // Whoever reads meanwhile sees the old or the new one, never a part.
        let part = self.0.join(format!(".{key}"));
        fs::write(&part, bytes).map_err(failed)?;
        fs::rename(&part, &file).map_err(failed)
    }

    fn read(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        match fs::read(self.file(key)?) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(key, &error)),
        }
    }
}

fn failed(key: &str, error: &std::io::Error) -> ObjectError {
    ObjectError { key: key.to_owned(), message: error.to_string() }
}

impl Objects for Folder {
    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(ready(self.keep(key, bytes)))
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, ObjectError>> {
        Box::pin(ready(self.read(key)))
    }
}
