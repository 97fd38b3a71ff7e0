//! The table: one client, its name, what it cost, and how calls are tried again.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{AppName, BehaviorVersion, Builder, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use domain::engine::rate::SendSlots;
use domain::ids::BotId;
use domain::time::Timestamp;
use runtime::{Clock, Env};

use crate::error::{Fault, TableError};
use crate::meter::Meter;

/// A call gives up after this time, retries included.
pub const GIVE_UP: Duration = Duration::from_secs(10);
/// One attempt of a call takes at most this.
const ATTEMPT: Duration = Duration::from_secs(3);
pub(crate) const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The single table. Clones share client, meter and what is known of the clock's cursor.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) env: Env,
    pub(crate) meter: Meter,
    pub(crate) cursor_seen: Arc<Mutex<CursorSeen>>,
    pub(crate) slots_seen: Arc<Mutex<HashMap<BotId, SendSlots>>>,
}

/// What this process knows of the clock's backward cursor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CursorSeen {
    pub(crate) back: Option<Timestamp>,
    pub(crate) read_at: Option<Timestamp>,
}

impl Table {
    /// A table reached as `config` says. Retries and time-outs are ours, not the SDK's: only the
    /// caller knows what may be sent twice.
    pub fn new(config: Builder, name: &str, env: Env) -> Self {
        let sleep = SharedAsyncSleep::new(ClockSleep(Arc::clone(&env.clock)));
        let timeouts = TimeoutConfig::builder().operation_timeout(ATTEMPT).build();
        let mut config = config
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(sleep);
        config.set_app_name(AppName::new("hoopoe").ok());
        Self {
            client: Client::from_conf(config.build()),
            name: name.to_owned(),
            env,
            meter: Meter::default(),
            cursor_seen: Arc::default(),
            slots_seen: Arc::default(),
        }
    }

    /// The same table with a meter of its own.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { meter: Meter::default(), ..self.clone() }
    }

    /// The same table as another worker sees it: its own time, randomness and knowledge of
    /// the cursor, over another connection.
    #[must_use]
    pub fn seen_by(&self, config: Builder, env: Env) -> Self {
        Self { meter: self.meter.clone(), ..Self::new(config, &self.name, env) }
    }

    /// What it cost.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The time and randomness it runs by.
    pub const fn env(&self) -> &Env {
        &self.env
    }

    /// Whether the table answers.
    pub async fn ping(&self) -> Result<(), TableError> {
        self.cursor().await.map(|_| ())
    }

    /// Tries until it succeeds, is refused, or takes too long. `call` is told how often an earlier
    /// attempt may have been carried out after all.
    pub(crate) async fn persist<T, F>(&self, mut call: impl FnMut(u32) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let give_up = self.env.now() + GIVE_UP;
        let (mut wait, mut ambiguous) = (FIRST_WAIT, 0);
        loop {
            let reason = match call(ambiguous).await {
                Ok(value) => return Ok(value),
                Err(Fault::Condition) => return Err(Failure::Condition { ambiguous }),
                Err(Fault::Refused(reason)) => {
                    return Err(Failure::Table(TableError::Refused(reason)));
                }
                Err(Fault::Again(reason)) => reason,
                Err(Fault::Ambiguous(reason)) => {
                    ambiguous += 1;
                    reason
                }
            };
            let pause = self.pause(&mut wait);
            if self.env.now() + pause >= give_up {
                return Err(Failure::Table(TableError::Unavailable(reason)));
            }
            self.env.clock.sleep(pause).await;
        }
    }

    /// How long to wait before the next attempt: doubling, with jitter.
    pub(crate) fn pause(&self, wait: &mut Duration) -> Duration {
        let pause = wait.mul_f64(0.5 + self.env.fraction());
        *wait = (*wait * 2).min(LONGEST_WAIT);
        pause
    }

    pub(crate) fn cursor_cache(&self) -> CursorSeen {
        *self.cursor_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn remember_cursor(&self, back: Option<Timestamp>) {
        let mut seen = self.cursor_seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = CursorSeen { back: back.max(seen.back), read_at: Some(self.env.now()) };
    }
}

/// How a call ended when it did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A condition did not hold; so many earlier attempts may have been carried out.
    Condition { ambiguous: u32 },
    /// The table.
    Table(TableError),
}

impl Failure {
    /// For calls without a condition.
    pub(crate) fn table(self) -> TableError {
        match self {
            Self::Table(error) => error,
            Self::Condition { .. } => TableError::Refused("an unexpected condition".to_owned()),
        }
    }
}

/// The SDK's time-outs run on our clock, so that virtual time can move them.
#[derive(Debug)]
struct ClockSleep(Arc<dyn Clock>);

impl AsyncSleep for ClockSleep {
    fn sleep(&self, time: Duration) -> Sleep {
        let until = self.0.now() + time;
        Sleep::new(SyncSleep(Mutex::new(self.0.sleep_until(until))))
    }
}

/// The SDK asks for `Sync`, which a boxed sleep is not.
struct SyncSleep(Mutex<futures::future::BoxFuture<'static, ()>>);

impl Future for SyncSleep {
    type Output = ();

    fn poll(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
    }
}
