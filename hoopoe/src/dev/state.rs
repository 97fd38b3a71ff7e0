//! The state directory: the table's file, the simulator's log, secrets, and who runs on it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use runtime::Env;
use thiserror::Error;

/// The platform's API key for scrapers.
pub const SCRAPER_KEY: &str = "scraper-key";
/// What Telegram shows us in its secret header.
pub const WEBHOOK_SECRET: &str = "webhook-secret";
/// What seals secrets in the table.
pub const SEAL_KEY: &str = "seal-key";
const LOCK: &str = "dev.lock";

/// Why the state directory cannot be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// A file of it cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another `hoopoe dev` runs on it.
    #[error(
        "{} is in use by another `hoopoe dev`{}; stop that one, or choose another with --state",
        dir.display(),
        at(url)
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// Where the other one listens, as far as it has said.
        url: String,
    },
}

fn at(url: &str) -> String {
    if url.is_empty() { String::new() } else { format!(" at {url}") }
}

/// A state directory in use by this process, until it is dropped or the process dies.
#[derive(Debug)]
pub struct State {
    dir: PathBuf,
    lock: File,
}

impl State {
    /// Makes the directory if it is absent and takes it for this process.
    pub fn take(dir: &Path) -> Result<Self, StateError> {
        make_private(dir).map_err(|source| file_error(dir, source))?;
        let path = dir.join(LOCK);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| file_error(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0).map_err(|source| file_error(&path, source))?;
                Ok(Self { dir: dir.to_owned(), lock })
            }
            Err(TryLockError::WouldBlock) => {
                let mut url = String::new();
                let _ = lock.read_to_string(&mut url);
                Err(StateError::InUse { dir: dir.to_owned(), url: url.trim().to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(file_error(&path, source)),
        }
    }

    /// Writes down where this process listens, for [`running`].
    pub fn announce(&mut self, url: &str) -> Result<(), StateError> {
        let write = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            lock.write_all(url.as_bytes())
        };
        write(&mut self.lock).map_err(|source| file_error(&self.dir.join(LOCK), source))
    }

    /// The table's file.
    pub fn database(&self) -> PathBuf {
        database(&self.dir)
    }

    /// The Telegram simulator's log.
    pub fn telegram_log(&self) -> PathBuf {
        self.dir.join("telegram.jsonl")
    }

    /// The mail box's log.
    pub fn mail_log(&self) -> PathBuf {
        self.dir.join("courier.jsonl")
    }

    /// The log of what was posted to simulated services.
    pub fn hook_log(&self) -> PathBuf {
        self.dir.join("hooks.jsonl")
    }

    /// What the Stripe simulator keeps.
    pub fn stripe_file(&self) -> PathBuf {
        self.dir.join("stripe.json")
    }

    /// What the Prodamus simulator keeps.
    pub fn prodamus_file(&self) -> PathBuf {
        self.dir.join("prodamus.json")
    }

    /// The webhook's secret: the same at each start, so that a webhook stays valid.
    pub fn webhook_secret(&self, env: &Env) -> Result<String, StateError> {
        self.secret(WEBHOOK_SECRET, env)
    }

    /// The key that seals: the same at each start, so that what is sealed opens.
    pub fn seal_key(&self, env: &Env) -> Result<String, StateError> {
        self.secret(SEAL_KEY, env)
    }

    fn secret(&self, name: &str, env: &Env) -> Result<String, StateError> {
        if let Some(secret) = read_secret(&self.dir, name)? {
            return Ok(secret);
        }
        let secret = env.secret();
        keep_secret(&self.dir, name, &secret)?;
        Ok(secret)
    }
}

/// The table's file in a state directory.
pub fn database(dir: &Path) -> PathBuf {
    dir.join("hoopoe.db")
}

/// Where pictures are kept in a state directory.
pub fn objects(dir: &Path) -> PathBuf {
    dir.join("objects")
}

/// Where the `hoopoe dev` listens that runs on this directory, if one does.
pub fn running(dir: &Path) -> Option<String> {
    match State::take(dir) {
        Err(StateError::InUse { url, .. }) if !url.is_empty() => Some(url),
        _ => None,
    }
}

/// The secret in a file of the directory, if there is one.
pub fn read_secret(dir: &Path, name: &str) -> Result<Option<String>, StateError> {
    let path = dir.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(&path, source)),
    }
}

/// Keeps a secret in a file that only its owner can read.
pub fn keep_secret(dir: &Path, name: &str, secret: &str) -> Result<(), StateError> {
    let path = dir.join(name);
    make_private(dir).map_err(|source| file_error(dir, source))?;
    write_privately(&path, secret).map_err(|source| file_error(&path, source))
}

/// The simulator's log and the table hold secrets and addresses: they are the owner's alone.
pub(crate) fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Whole or not at all: a crash leaves no half secret behind.
fn write_privately(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(draft, path)
}

fn file_error(path: &Path, source: io::Error) -> StateError {
    StateError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_use_names_who_uses_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let mut first = State::take(dir).expect("it is free");
        first.announce("http://127.0.0.1:1").expect("it can be written");
        let error = State::take(dir).expect_err("it is taken").to_string();
        assert!(error.contains("http://127.0.0.1:1"), "{error}");
        assert_eq!(running(dir).as_deref(), Some("http://127.0.0.1:1"));
        drop(first);
        assert_eq!(running(dir), None);
    }

    #[test]
    fn a_secret_stays_the_same_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let state = State::take(dir.path()).expect("it is free");
        let first = state.webhook_secret(&Env::system()).expect("it is made");
        assert_eq!(state.webhook_secret(&Env::system()).expect("it is read"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = fs::metadata(dir.path().join(WEBHOOK_SECRET)).expect("it is there");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = State::take(file.path()).expect_err("it is a file").to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}
