//! Stripe, as far as subscriptions go: customers, checkout, the portal, and signed events.
//!
//! ```text
//! /v1/…                        the API, in forms, as Stripe takes them
//! /simulator/stripe            a page with everything that happened
//! /simulator/stripe/checkout   the page on which one pays, or fails to
//! /simulator/stripe/portal     the page on which one cancels
//! /simulator/stripe/api        the same by JSON, and mishaps on demand
//! ```

mod api;
mod deeds;
mod deliver;
mod form;
mod http;
mod refusal;
mod sign;
mod state;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::telegram::Clock;

pub use deliver::{EventSender, HttpEventSender};
pub use http::router;
pub use state::{Attempt, Event, Status};

use state::State;

/// How to open a [`Stripe`].
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The one secret key that is let in.
    pub secret_key: String,
    /// Where events go, and the secret that they are signed with.
    pub webhook: Option<Webhook>,
    /// Where this simulator is reached, without a slash at the end: its pages' addresses begin so.
    pub base_url: String,
    /// A file that keeps everything from one start to the next.
    pub file: Option<PathBuf>,
}

/// Where events go.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// `whsec_…`.
    pub secret: String,
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
pub struct Stripe(Arc<Inner>);

struct Inner {
    options: Options,
    state: Mutex<State>,
    changed: Notify,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").finish_non_exhaustive()
    }
}

/// Someone asked for what is not there, or cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is no such page, or nobody can pay there any more.
    #[error("there is no such checkout that can be paid")]
    NoOpenCheckout,
    /// There is no such customer, or not any more.
    #[error("there is no such customer")]
    NoCustomer,
    /// There is no such subscription.
    #[error("there is no such subscription")]
    NoSubscription,
    /// There is no such event.
    #[error("there is no such event")]
    NoEvent,
    /// There is no such portal.
    #[error("there is no such portal")]
    NoPortal,
}

impl Stripe {
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

    /// The present, in seconds.
    fn now(&self) -> i64 {
        self.0.options.clock.now_ms().div_euclid(1_000)
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

    /// Changes what is not kept: nobody is woken.
    fn quietly<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where the simulator is reached.
    fn base(&self) -> &str {
        &self.0.options.base_url
    }
}
