//! Where pictures are kept: by keys, as an object store does.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

    /// Takes an object away, if there is one.
    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), ObjectError>>;
}

/// Where there is no store: nothing is there, and nothing is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl Objects for NoStore {
    fn put<'a>(&'a self, key: &'a str, _: &'a [u8]) -> BoxFuture<'a, Result<(), ObjectError>> {
        let message = "there is no store for pictures".to_owned();
        Box::pin(ready(Err(ObjectError { key: key.to_owned(), message })))
    }

    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, ObjectError>> {
        Box::pin(ready(Ok(None)))
    }

    fn remove<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(ready(Ok(())))
    }
}

/// Memory as a store, for a system that keeps nothing. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Memory {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.all().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}

impl Objects for Memory {
    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), ObjectError>> {
        self.all().insert(key.to_owned(), bytes.to_vec());
        Box::pin(ready(Ok(())))
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, ObjectError>> {
        let found = self.all().get(key).cloned();
        Box::pin(ready(Ok(found)))
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        self.all().remove(key);
        Box::pin(ready(Ok(())))
    }
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

    fn delete(&self, key: &str) -> Result<(), ObjectError> {
        match fs::remove_file(self.file(key)?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(key, &error)),
            _ => Ok(()),
        }
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

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(ready(self.delete(key)))
    }
}
