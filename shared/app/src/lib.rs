//! Use cases: load, decide, commit, hand over. One file per command.
//!
//! Architecture invariant: a use case writes through one [`table::Table::commit`]; what must
//! happen later is a job of its decision, never a call after it.

pub mod account;
pub mod alert;
pub mod answer;
pub mod api_key;
pub mod aws;
pub mod bot;
pub mod calls;
pub mod channel;
pub mod company;
pub mod engine;
pub mod error;
pub mod events;
pub mod handover;
pub mod heartbeat;
pub mod invite;
pub mod link;
mod listing;
pub mod mail;
mod menu;
pub mod migration;
pub mod offer;
pub mod payment;
pub mod photo;
pub mod scenario;
pub mod subscription;
pub mod target;
pub mod task;
pub mod unit;
pub mod update;

use std::sync::Arc;
use std::time::Duration;

use channels::hook::Hooks;
use channels::telegram::TelegramApi;
use domain::engine::job::PAGE_RECIPIENTS;
use domain::engine::{Decision, Write};
use queue::Queue;
use runtime::metrics::Metrics;
use runtime::seal::Sealer;
use runtime::{Env, config};
use table::{CommitError, Table};

pub use engine::pace::Pace;
pub use error::AppError;

/// What every use case works with. Clones share connections.
#[derive(Clone, Debug)]
pub struct App {
    /// The single table.
    pub table: Table,
    /// Where hints go.
    pub queue: Arc<dyn Queue>,
    /// Telegram's API.
    pub telegram: TelegramApi,
    /// The mail service, if there is one.
    pub mailer: mail::Mailer,
    /// Services that take messages at an address.
    pub hooks: Hooks,
    /// The bots, and where Telegram is.
    pub bots: Arc<config::Telegram>,
    /// The public side and its limits.
    pub site: Arc<config::Site>,
    /// Where events go, and which.
    pub events: events::Events,
    /// Seals what must be read again.
    pub sealer: Sealer,
    /// The tokens of companies' bots that this process has opened lately.
    pub tokens: bot::Tokens,
    /// How people pay.
    pub payments: subscription::Payments,
    /// How contacts of bots pay.
    pub forms: payment::Forms,
    /// Where stored photos are, and what Telegram calls them.
    pub photos: photo::Photos,
    /// Time and randomness.
    pub env: Env,
    /// Where metrics go: nowhere, unless someone says so.
    pub metrics: Metrics,
    /// A page of a fan-out has at most this many recipients.
    pub page_recipients: usize,
    /// How this process sends.
    pub pace: Pace,
}

/// How a use case decides again when what it read has changed meanwhile.
#[derive(Clone, Copy)]
enum Retries {
    /// Few do the same at once.
    Few,
    /// Many do, and each of them is to get through: of all that read the same, one does.
    Many,
}

impl Retries {
    /// It decides so often in all.
    fn at_most(self) -> u32 {
        match self {
            Self::Few => 8,
            Self::Many => 20,
        }
    }

    /// How long it waits after an attempt, so that those that collide do not collide again.
    fn pause_after(self, attempt: u32, jitter: f64) -> Duration {
        let longest = match self {
            Self::Few => u64::from(attempt) * 4,
            Self::Many => 25 << attempt.min(5),
        };
        Duration::from_millis(longest).mul_f64(jitter)
    }
}

impl App {
    /// Use cases over these parts. Events go nowhere ([`App::telling`]), nothing is sealed
    /// ([`App::sealing`]), and no mail is sent ([`App::mailing`]).
    pub fn new(
        table: Table,
        queue: Arc<dyn Queue>,
        telegram: TelegramApi,
        bots: Arc<config::Telegram>,
        site: Arc<config::Site>,
    ) -> Self {
        let env = table.env().clone();
        Self {
            table,
            queue,
            telegram,
            mailer: mail::Mailer::default(),
            hooks: Hooks::off(),
            bots,
            site,
            events: events::Events::off(),
            sealer: Sealer::off(env.clone()),
            tokens: bot::Tokens::default(),
            payments: subscription::Payments::default(),
            forms: payment::Forms::default(),
            photos: photo::Photos::default(),
            env,
            metrics: Metrics::off(),
            page_recipients: PAGE_RECIPIENTS,
            pace: Pace::default(),
        }
    }

    /// The same, with events going somewhere.
    #[must_use]
    pub fn telling(self, events: events::Events) -> Self {
        Self { events, ..self }
    }

    /// The same, with a key to seal with.
    #[must_use]
    pub fn sealing(self, sealer: Sealer) -> Self {
        Self { sealer, ..self }
    }

    /// The same, with mails going out.
    #[must_use]
    pub fn mailing(self, mailer: mail::Mailer) -> Self {
        Self { mailer, ..self }
    }

    /// The same, with messages to addresses going out.
    #[must_use]
    pub fn hooking(self, hooks: Hooks) -> Self {
        Self { hooks, ..self }
    }

    /// The same, with a way to pay.
    #[must_use]
    pub fn paying(self, payments: subscription::Payments) -> Self {
        Self { payments, ..self }
    }

    /// The same, with forms that contacts of bots pay through.
    #[must_use]
    pub fn asking(self, forms: payment::Forms) -> Self {
        Self { forms, ..self }
    }

    /// The same, with photos kept by a store.
    #[must_use]
    pub fn keeping(self, photos: photo::Photos) -> Self {
        Self { photos, ..self }
    }

    /// Commits a decision, hands over what is due soon, and gives its reply.
    pub async fn commit<R>(&self, decision: Decision<R>) -> Result<R, CommitError> {
        let committed = self.table.commit(&decision).await?;
        handover::hand_over(self, &committed.timers).await;
        Ok(decision.reply)
    }

    /// Loads, decides and commits, again from the start while what was read has changed.
    ///
    /// `decide` answers a decision, or its own error. Failed `Create`s are the caller's business: after
    /// the last attempt the indexes of the writes that failed come back in [`CommitError::Changed`].
    pub async fn decide<R, E, F>(&self, mut decide: impl FnMut() -> F) -> Result<R, E>
    where
        F: Future<Output = Result<Decision<R>, E>>,
        E: From<CommitError>,
    {
        let (retries, mut attempt) = (Retries::Few, 0);
        loop {
            attempt += 1;
            match self.commit(decide().await?).await {
                Ok(reply) => return Ok(reply),
                Err(CommitError::Changed(_) | CommitError::Stale)
                    if attempt < retries.at_most() =>
                {
                    let pause = retries.pause_after(attempt, self.env.fraction());
                    self.env.clock.sleep(pause).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// [`App::decide`] with writes of the caller's in the same transaction: an update that was
    /// handled, an answer to be kept. When one of those fails its condition, the whole was done
    /// before: [`AppError::Repeated`].
    ///
    /// `along` makes them from the decision's reply, the same ones however often it is asked.
    pub async fn decide_along<R, F>(
        &self,
        along: impl Fn(&R) -> Vec<Write>,
        decide: impl FnMut() -> F,
    ) -> Result<R, AppError>
    where
        F: Future<Output = Result<Decision<R>, AppError>>,
    {
        self.decide_with(Retries::Few, along, decide).await
    }

    /// [`App::decide_along`] where many may change the same record at once: it waits longer and decides more often,
    /// some seconds in all, so that each of them gets through.
    pub async fn decide_patiently<R, F>(
        &self,
        along: impl Fn(&R) -> Vec<Write>,
        decide: impl FnMut() -> F,
    ) -> Result<R, AppError>
    where
        F: Future<Output = Result<Decision<R>, AppError>>,
    {
        self.decide_with(Retries::Many, along, decide).await
    }

    async fn decide_with<R, F>(
        &self,
        retries: Retries,
        along: impl Fn(&R) -> Vec<Write>,
        mut decide: impl FnMut() -> F,
    ) -> Result<R, AppError>
    where
        F: Future<Output = Result<Decision<R>, AppError>>,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut decision = decide().await?;
            let own = decision.writes.len();
            decision.writes.extend(along(&decision.reply));
            match self.commit(decision).await {
                Ok(reply) => return Ok(reply),
                Err(CommitError::Changed(failed)) if failed.iter().any(|&index| index >= own) => {
                    return Err(AppError::Repeated);
                }
                Err(CommitError::Changed(_) | CommitError::Stale)
                    if attempt < retries.at_most() =>
                {
                    let pause = retries.pause_after(attempt, self.env.fraction());
                    self.env.clock.sleep(pause).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
