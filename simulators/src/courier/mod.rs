//! Courier's send API, as far as Hoopoe uses it, with a mail box to look into.
//!
//! [`Courier`] is a plain state machine with the time it was given. It takes `POST /send` with a key,
//! remembers answers under their `Idempotency-Key` for a day, those of its own failures too, and
//! reads Elemental's `channel` element with a raw mail. Facts are those of the project's list on
//! Courier; what is not understood is 400, so that the mistake is seen.

mod control;
mod fault;
mod http;
mod message;
mod state;
mod webhook;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;

pub use crate::log::LogError;
pub use fault::Fault;
pub use message::{Mail, Status};
pub use state::Call;
pub use webhook::{EventSender, Webhook};

use tokio::sync::watch;

use crate::log::Log;
use crate::telegram::Clock;
use state::State;

/// How the simulator is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// The API key; others are refused.
    pub api_key: String,
    /// The file to write all down in, and to go on from.
    pub log: Option<PathBuf>,
    /// Who is told of mails, if anyone is.
    pub webhook: Option<Webhook>,
}

/// The simulator. Clones are the same simulator.
#[derive(Debug, Clone)]
pub struct Courier {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    state: Mutex<State>,
    /// Moves when something happens.
    changes: watch::Sender<u64>,
}

/// What `POST /send` is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: serde_json::Value,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Whether the connection breaks in place of an answer.
    pub lost: bool,
}

/// `POST /send` as it came.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl Courier {
    /// A simulator that goes on where its log ends.
    ///
    /// # Errors
    /// When the log cannot be used.
    pub fn open(options: Options) -> Result<Self, LogError> {
        let mut state = State::default();
        if let Some(path) = &options.log {
            let log = Log::open(path, |record| state.apply(record))?;
            state.keep_in(log);
        }
        let changes = watch::Sender::new(0);
        Ok(Self { shared: Arc::new(Shared { options, state: Mutex::new(state), changes }) })
    }

    /// Takes a mail, or says why not.
    pub fn send(&self, request: &Request<'_>) -> Answer {
        let now = self.now_ms();
        let key = format!("Bearer {}", self.shared.options.api_key);
        let answer = self.with(|state| state.send(request, &key, now));
        self.shared.changes.send_modify(|changes| *changes += 1);
        answer
    }

    /// All mails, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.with(|state| state.mails.clone())
    }

    /// The mails to an address, oldest first.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to.eq_ignore_ascii_case(address));
        mails
    }

    /// All calls, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|state| state.calls.clone())
    }

    /// Lets a mishap befall the next so many calls.
    pub fn inject(&self, fault: Fault, times: u32) {
        self.with(|state| {
            state.faults.extend(std::iter::repeat_n(fault, usize::try_from(times).unwrap_or(0)));
        });
    }

    /// No more mishaps.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// Mails to this address come back from now on, or arrive again.
    pub fn set_bouncing(&self, address: &str, bounces: bool) {
        self.with(|state| state.set_bouncing(address, bounces));
    }

    /// Its reader has looked at a mail, followed a link, or let it come back. `false` when there is
    /// no such mail.
    pub fn happen(&self, id: &str, status: Status, reason: Option<&str>) -> bool {
        let now = self.now_ms();
        let known = self.with(|state| {
            let known = state.mails.iter().any(|mail| mail.id == id);
            if known {
                state.outbox.add(now, id, status, reason.map(str::to_owned));
            }
            known
        });
        self.shared.changes.send_modify(|changes| *changes += 1);
        known
    }

    /// Forgets all mails, calls and the log.
    ///
    /// # Errors
    /// When the log cannot be emptied.
    pub fn reset(&self) -> std::io::Result<()> {
        self.with(State::reset)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now_ms(&self) -> i64 {
        self.shared.options.clock.now_ms()
    }
}

/// The API, the mail box page and the control API, below `/simulator/courier`.
pub fn router(courier: Courier) -> Router {
    Router::new().nest("/simulator/courier", http::router(courier))
}
