//! Prodamus: forms that make links, pages on which one pays, and signed words about it.
//!
//! ```text
//! /simulator/prodamus/forms/{form}   a form: `do=link` is answered with a link, in plain text
//! /simulator/prodamus/pay/{link}     the page on which one pays, fails to, gives up, gets it back
//! /simulator/prodamus                a page with everything that happened
//! /simulator/prodamus/api            the same by JSON, and mishaps on demand
//! ```

mod deeds;
mod deliver;
mod encode;
mod http;
mod php;
mod state;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::telegram::Clock;

pub use deeds::{Deed, Impossible, Payer};
pub use deliver::{HttpWordSender, WordSender};
pub use encode::Encoding;
pub use http::router;
pub use state::{Attempt, Link, Word};

use state::State;

/// How to open a [`Prodamus`].
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The secret key of every form.
    pub key: String,
    /// Where words go, with `{form}` for the form's name; a link may name another address.
    pub webhook: Option<String>,
    /// Where this simulator is reached, without a slash at the end: its pages' addresses begin so.
    pub base_url: String,
    /// A file that keeps everything from one start to the next.
    pub file: Option<PathBuf>,
}

/// Why the simulator does not open.
#[derive(Debug, thiserror::Error)]
#[error("the file {path} cannot be used: {reason}")]
pub struct OpenError {
    path: PathBuf,
    reason: String,
}

/// The simulator. Clones are the same one.
#[derive(Clone)]
pub struct Prodamus(Arc<Inner>);

struct Inner {
    options: Options,
    state: Mutex<State>,
    changed: Notify,
}

impl fmt::Debug for Prodamus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prodamus").finish_non_exhaustive()
    }
}

impl Prodamus {
    /// Opens it, with what its file has.
    ///
    /// # Errors
    /// When the file cannot be read or is not its own.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let state = match &options.file {
            Some(path) => {
                State::read(path).map_err(|reason| OpenError { path: path.clone(), reason })?
            }
            None => None,
        };
        let state = state.unwrap_or_else(|| State::new(options.clock.now_ms()));
        Ok(Self(Arc::new(Inner { options, state: Mutex::new(state), changed: Notify::new() })))
    }

    fn now_ms(&self) -> i64 {
        self.0.options.clock.now_ms()
    }

    /// Looks at the state.
    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, keeps it, and wakes whoever delivers.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        if let Some(path) = &self.0.options.file {
            // What cannot be kept is gone after the next start, as everything is without a file.
            let _ = state.write(path);
        }
        drop(state);
        self.0.changed.notify_waiters();
        result
    }

    /// Where a form is.
    pub fn form_url(&self, form: &str) -> String {
        format!("{}/simulator/prodamus/forms/{form}", self.0.options.base_url)
    }

    /// The secret key of every form.
    pub fn key(&self) -> &str {
        &self.0.options.key
    }
}
