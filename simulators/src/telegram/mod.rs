//! Telegram's Bot API, as far as Hoopoe uses it.
//!
//! [`Telegram`] is a plain state machine: it is called like a function, has no
//! time but the [`Clock`] it was given, and gives the same answers to the same
//! calls. Around it lie, each in a module of its own, what people do in the app
//! (`people`), the delivery of updates to webhooks (`webhook`), and the HTTP
//! server with its control API and page (`http`).
//!
//! Facts are those of the project's list on Telegram and of the Bot API's
//! description 10.1; where Telegram silently makes something of a mistaken
//! parameter, this says 400 instead, so that the mistake is seen.

mod args;
mod botfather;
mod clock;
mod deed;
mod dispatch;
mod faults;
mod files;
mod format;
mod groups;
mod http;
mod inspect;
mod journal;
mod limits;
mod markup;
mod methods;
mod model;
mod people;
mod queue;
mod refusal;
mod schema;
mod state;
mod stats;
mod updates;
mod views;
mod visitors;
mod webhook;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

pub use clock::{Clock, RealClock, Sleep, VirtualClock};
pub use dispatch::{Answer, Request};
pub use faults::{Fault, FaultPlan};
pub use format::{Entity, EntityKind};
pub use groups::{InviteLink, Membership};
pub use http::{bot_api_router, page_router, router};
pub use journal::LogError;
pub use limits::Limits;
pub use model::{BotAccount, Chat, ChatKind, Entry, Message, Outcome, Photo, Standing};
pub use people::{Impossible, NewChat};
pub use refusal::Refusal;
pub use schema::version as bot_api_version;
pub use stats::{BotStats, ChatStats, Counters, Stats};
pub use webhook::{HttpSender, Posting, WebhookAnswer, WebhookSender};

use journal::Journal;
use state::State;

/// What to do with a token that no configured bot has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownTokens {
    /// 401, as Telegram.
    #[default]
    Refuse,
    /// The bot comes into being; what precedes the colon is its id.
    AcceptAsNewBot,
}

/// How the simulator is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bots that exist from the start.
    pub bots: Vec<BotAccount>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its limits.
    pub limits: Limits,
    /// The file to write all down in, and to go on from.
    pub log: Option<PathBuf>,
    /// What to do with other tokens.
    pub unknown_tokens: UnknownTokens,
    /// What deep links begin with in place of `https://t.me`.
    pub link_base: String,
    /// How many messages, and entries of the log, stay in memory.
    pub keep_messages: usize,
    /// Let webhooks be plain HTTP on any port, for a laptop.
    pub allow_local_webhooks: bool,
    /// Hosts that Telegram cannot fetch pictures from.
    pub failing_hosts: Vec<String>,
    /// Of the dice for faults that have a rate.
    pub seed: u64,
}

impl Options {
    /// Telegram's own limits, no bots, nothing kept on disk.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            bots: Vec::new(),
            clock,
            limits: Limits::default(),
            log: None,
            unknown_tokens: UnknownTokens::default(),
            link_base: "https://t.me".to_owned(),
            keep_messages: 1_000,
            allow_local_webhooks: false,
            failing_hosts: Vec::new(),
            seed: 0,
        }
    }
}

/// The simulator. Clones are the same simulator.
#[derive(Debug, Clone)]
pub struct Telegram {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    state: Mutex<State>,
    /// Moves when updates wait or webhooks change.
    updates: watch::Sender<u64>,
    /// Moves when anything that a page shows has changed.
    changes: watch::Sender<u64>,
}

impl Telegram {
    /// A simulator that goes on where its log ends.
    pub fn open(options: Options) -> Result<Self, LogError> {
        let mut state = State::new(&options.bots, options.keep_messages);
        if let Some(path) = &options.log {
            let journal = Journal::open(path, |record| state.apply(record))?;
            state.keep_in(journal);
        }
        state.faults.seed(options.seed);
        let (updates, changes) = (watch::Sender::new(0), watch::Sender::new(0));
        Ok(Self {
            shared: Arc::new(Shared { options, state: Mutex::new(state), updates, changes }),
        })
    }

    /// Lets a mishap befall the next call that it concerns, or, with a rate, some
    /// of those to come.
    pub fn inject(&self, plan: impl Into<FaultPlan>) {
        self.with(|state| state.faults.add(plan.into()));
    }

    /// No more mishaps.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// Forgets all chats, messages, updates, webhooks and the log; bots stay.
    ///
    /// # Errors
    /// When the log cannot be emptied.
    pub fn reset(&self) -> std::io::Result<()> {
        self.with(State::forget_everything)
    }

    /// What it was set up with.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Does something with the state, then tells those who wait for news of it.
    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.revision;
        let out = f(&mut state);
        let after = state.revision;
        drop(state);
        if after.updates != before.updates {
            self.shared.updates.send_replace(after.updates);
        }
        if after.all != before.all {
            self.shared.changes.send_replace(after.all);
        }
        out
    }

    fn now_ms(&self) -> i64 {
        self.shared.options.clock.now_ms()
    }
}
