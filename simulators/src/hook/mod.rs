//! Services that take messages at an address: Discord, Slack, and a server of someone's own.
//!
//! [`Hooks`] is a plain state machine with the time it was given. Each service has its own paths,
//! checks, limits and answers, in a file of its own; what was posted is shown on a page.

mod control;
mod discord;
mod http;
mod receiver;
mod slack;
mod state;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::log::LogError;
pub use state::Post;

use crate::log::Log;
use crate::telegram::Clock;
use state::State;

/// Which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Discord's incoming webhooks.
    Discord,
    /// Slack's incoming webhooks.
    Slack,
    /// A server that checks signatures by the Standard Webhooks specification.
    Webhook,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Discord, Self::Slack, Self::Webhook];

    /// Its name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Webhook => "webhook",
        }
    }
}

/// Mishaps on demand, for the next posts to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// 429 in the service's own form.
    TooManyRequests {
        /// In milliseconds; services that say seconds round up.
        retry_after_ms: u64,
    },
    /// This status, and nothing is taken.
    Status {
        /// The status.
        status: u16,
    },
    /// 500 although the message is there.
    ErrorAfter,
    /// The connection breaks and nothing was taken.
    LostBefore,
    /// The connection breaks although the message is there.
    LostAfter,
    /// A redirect to this address.
    Redirect {
        /// Where to.
        location: String,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the connection breaks in its place.
    pub lost: bool,
}

impl Answer {
    fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), headers: Vec::new(), lost: false }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request to post.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The service.
    pub service: Service,
    /// The address: the path behind the service's own.
    pub address: &'a str,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    pub signed: [Option<&'a str>; 3],
    /// The body.
    pub body: &'a [u8],
}

/// The simulator. Clones are the same simulator.
#[derive(Debug, Clone)]
pub struct Hooks {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Hooks {
    /// A simulator that goes on where its log ends.
    ///
    /// # Errors
    /// When the log cannot be used.
    pub fn open(clock: Arc<dyn Clock>, log: Option<PathBuf>) -> Result<Self, LogError> {
        let mut state = State::default();
        if let Some(path) = log {
            let log = Log::open(&path, |record| state.apply(record))?;
            state.keep_in(log);
        }
        Ok(Self { shared: Arc::new(Shared { clock, state: Mutex::new(state) }) })
    }

    /// Takes a post, or says why not.
    pub fn post(&self, request: &Request<'_>) -> Answer {
        let now = self.shared.clock.now_ms();
        self.with(|state| state.post(request, now))
    }

    /// What was posted to a service, oldest first.
    pub fn posts(&self, service: Service) -> Vec<Post> {
        self.with(|state| {
            state.posts.iter().filter(|post| post.service == service).cloned().collect()
        })
    }

    /// The bodies that arrived at an address, oldest first.
    pub fn arrived(&self, service: Service, address: &str) -> Vec<Value> {
        let mut posts = self.posts(service);
        posts.retain(|post| post.taken && post.address == address);
        posts.into_iter().map(|post| post.body).collect()
    }

    /// An address is gone from now on, or is there again.
    pub fn set_gone(&self, service: Service, address: &str, gone: bool) {
        self.with(|state| state.set_gone(service, address, gone));
    }

    /// The receiver at an address checks signatures with this secret from now on.
    pub fn expect_secret(&self, address: &str, secret: &str) {
        self.with(|state| state.expect_secret(address, secret));
    }

    /// Lets a mishap befall the next so many posts to a service.
    pub fn inject(&self, service: Service, fault: Fault, times: u32) {
        self.with(|state| state.inject(service, fault, times));
    }

    /// No more mishaps.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// Forgets everything, the log too.
    ///
    /// # Errors
    /// When the log cannot be emptied.
    pub fn reset(&self) -> std::io::Result<()> {
        self.with(State::reset)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The services, their pages and the control API: `/simulator/discord`, `/simulator/slack`,
/// `/simulator/webhook`.
pub fn router(hooks: &Hooks) -> Router {
    http::router(hooks)
}
