//! Processes: workers, clocks and the receivers of requests. Each may die at any await and
//! comes back with nothing but the table.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use app::App;
use app::engine::{Ack, Incoming, run_batch, tick};
use app::events::Events;
use channels::telegram::TelegramApi;
use domain::engine::Lane;
use domain::event::EventKinds;
use futures::future::BoxFuture;
use queue::{Envelope, MemoryQueue};
use runtime::Env;
use runtime::config;
use table::Table;

use crate::bus::FaultyBus;
use crate::harness::{Harness, config as table_config};
use crate::hints::FaultyQueue;
use crate::line::{Line, Under};
use crate::wire::FaultyWire;
use crate::world::World;

/// How long a function may run.
const TIME_LIMIT: Duration = Duration::from_secs(28);

/// A worker's clock is wrong by at most this.
pub(crate) const MOST_SKEW: Duration = Duration::from_millis(400);

/// One process while it lives.
pub(crate) struct Process {
    /// Its use cases.
    pub(crate) app: App,
    /// What it has sent that may not be recorded.
    pub(crate) under: Under,
    /// Whether something in it has killed it.
    pub(crate) killed: Arc<AtomicBool>,
    written: Arc<AtomicBool>,
}

impl Process {
    /// A fresh process whose clock is wrong by so many milliseconds.
    pub(crate) fn start(harness: &Harness, skew: i64) -> Self {
        let world = &harness.world;
        let env = Env { clock: world.clock(skew), entropy: world.entropy() };
        let (under, killed) = (Under::default(), Arc::new(AtomicBool::new(false)));
        let written: Arc<AtomicBool> = Arc::default();
        let wire = FaultyWire {
            world: world.clone(),
            faults: harness.plan.table,
            poison: harness.plan.poison_chat,
            killed: Arc::clone(&killed),
            written: Arc::clone(&written),
        };
        let table = Table::new(table_config(harness.embedded.over(Arc::new(wire))), "hoopoe", env);
        let line = Line {
            world: world.clone(),
            telegram: harness.telegram.clone(),
            faults: harness.plan.line,
            under: under.clone(),
            log: harness.shop.as_ref().map(|shop| shop.log.clone()),
        };
        let queue = FaultyQueue {
            world: world.clone(),
            queue: harness.queue.clone(),
            faults: harness.plan.hints,
        };
        let telegram = TelegramApi::new(Arc::new(line), "http://telegram");
        let app = App {
            page_recipients: harness.plan.page_recipients,
            ..App::new(table, Arc::new(queue), telegram, bots(), site())
        };
        let bus = harness.plan.bus.map(|faults| FaultyBus {
            world: world.clone(),
            told: harness.told.clone(),
            faults,
        });
        let events = bus.map(|bus| Events::new(Arc::new(bus), EventKinds::ALL));
        let app = app.telling(events.unwrap_or_default());
        let app = app.mailing(crate::confirming::mailer(harness));
        let app = app.paying(crate::subscriptions::payments(harness));
        let app = match &harness.shop {
            Some(shop) => shop.of(app),
            None => app,
        };
        Self { app, under, killed, written }
    }

    /// Whether a transaction of its was carried out, also where it did not live to hear so.
    pub(crate) fn has_written(&self) -> bool {
        self.written.load(Ordering::SeqCst)
    }
}

/// The token of the run's only bot.
pub(crate) const TOKEN: &str = "123456789:AAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) fn bots() -> Arc<config::Telegram> {
    Arc::new(config::Telegram {
        api_url: "http://telegram".to_owned(),
        link_url: "https://t.me".to_owned(),
        rates: domain::engine::rate::Rates::default(),
        bots: vec![config::Bot {
            id: domain::ids::BotId::default_bot(),
            username: "hoopoe_bot".to_owned(),
            token: TOKEN.into(),
            webhook_secret: "secret".into(),
        }],
    })
}

/// The public side by its defaults.
pub(crate) fn site() -> Arc<config::Site> {
    struct Only;
    impl config::Source for Only {
        fn get(&self, name: &str) -> Option<String> {
            (name == "SITE_URL").then(|| "https://hoopoe.example".to_owned())
        }
    }
    let site = config::Site::read(&Only).expect("one variable is all it needs");
    // Each offer is a message of its own, so that each can be judged.
    Arc::new(config::Site { bundle_above: 0, ..site })
}

/// How something that may die ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End<T> {
    /// By itself.
    Done(T),
    /// It died before that.
    Died,
}

/// A future that may die before any poll.
struct Mortal<'a, T> {
    world: World,
    danger: f64,
    killed: Arc<AtomicBool>,
    inner: Option<BoxFuture<'a, T>>,
}

impl<T> Future for Mortal<'_, T> {
    type Output = End<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End<T>> {
        let danger = self.danger;
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(End::Died) };
        let polled = inner.as_mut().poll(context);
        if let Poll::Ready(value) = polled {
            return Poll::Ready(End::Done(value));
        }
        // Dying after a poll leaves the future at an await, with what it did before done.
        if self.killed.load(Ordering::SeqCst) || self.world.mishap("crash", danger) {
            self.inner = None;
            return Poll::Ready(End::Died);
        }
        Poll::Pending
    }
}

/// Runs `work` in a process that may die at any await.
pub(crate) async fn mortal<T>(
    harness: &Harness,
    process: &Process,
    work: BoxFuture<'_, T>,
) -> End<T> {
    let end = Mortal {
        world: harness.world.clone(),
        danger: harness.plan.crash,
        killed: Arc::clone(&process.killed),
        inner: Some(work),
    }
    .await;
    if matches!(end, End::Died) {
        harness.bury(process).await;
    }
    end
}

/// A worker of one lane: receives batches, runs them, acknowledges; dies and comes back.
pub(crate) async fn worker(harness: Harness, lane: Lane, skew: i64) {
    loop {
        let process = Process::start(&harness, skew);
        loop {
            let changed = harness.queue.changed();
            let batch = harness.queue.receive(lane, harness.plan.batch);
            if batch.is_empty() {
                rest(&harness, lane, changed).await;
                continue;
            }
            let hints: Vec<Incoming> = batch
                .iter()
                .filter_map(|message| {
                    let timer = Envelope::decode(&message.body).ok()?;
                    Some(Incoming { timer, receives: message.receives })
                })
                .collect();
            let deadline = process.app.env.now() + TIME_LIMIT;
            let run = Box::pin(run_batch(&process.app, &hints, deadline));
            let limit = harness.world.sleep_until(harness.world.now() + TIME_LIMIT);
            let run = futures::future::select(run, limit);
            let work = Box::pin(async {
                match run.await {
                    futures::future::Either::Left((acks, _)) => Some(acks),
                    futures::future::Either::Right(_) => None,
                }
            });
            match mortal(&harness, &process, work).await {
                End::Done(Some(acks)) => {
                    harness.check_acks(&hints, &acks).await;
                    delete(&harness.queue, lane, &batch, &acks);
                }
                End::Done(None) => {
                    harness.timed_out();
                    harness.bury(&process).await;
                    break;
                }
                End::Died => break,
            }
        }
        harness.world.pause(100..4_000).await;
    }
}

/// There is nothing to do: until the next look, or until something is put on the queue or can be seen.
async fn rest(harness: &Harness, lane: Lane, changed: impl Future<Output = ()>) {
    // Weeks have too many moments to look in each.
    if harness.shop.is_none() {
        harness.world.pause(20..120).await;
        return;
    }
    match harness.queue.next_visible(lane) {
        Some(at) => {
            let changed = std::pin::pin!(changed);
            futures::future::select(changed, harness.world.sleep_until(at)).await;
        }
        None => changed.await,
    }
}

fn delete(queue: &MemoryQueue, lane: Lane, batch: &[queue::memory::Message], acks: &[Ack]) {
    for (message, ack) in batch.iter().zip(acks) {
        if *ack == Ack::Done {
            queue.delete(lane, message);
        }
    }
}

/// The clock: a tick each minute, sometimes two at once, sometimes none for a while.
pub(crate) async fn clock(harness: Harness) {
    let mut process = Process::start(&harness, 0);
    loop {
        let world = &harness.world;
        let next = domain::time::Timestamp::from_minute(world.now().minute() + 1);
        world.sleep_until(next + Duration::from_millis(world.between(50, 900))).await;
        if world.mishap("clock silent", harness.plan.clock_silent) {
            let minutes = world.between(2, 7);
            world.sleep_until(next + Duration::from_secs(60 * minutes)).await;
        }
        let deadline = process.app.env.now() + Duration::from_secs(50);
        let twice = world.mishap("tick doubled", harness.plan.tick_doubled);
        let work = Box::pin(async {
            let first = tick(&process.app, deadline);
            if twice {
                let (first, second) =
                    futures::future::join(first, tick(&process.app, deadline)).await;
                first.and(second)
            } else {
                first.await
            }
        });
        match mortal(&harness, &process, work).await {
            End::Done(Ok(done)) => world.trace("tick", &format_args!("{done:?}")),
            End::Done(Err(error)) => world.trace("tick failed", &error),
            End::Died => process = Process::start(&harness, 0),
        }
    }
}

/// Does something until it has succeeded, in a new process each time it dies: what a client does
/// that wants its answer.
pub(crate) async fn insist<T, F>(harness: &Harness, skew: i64, mut attempt: F) -> (T, bool)
where
    T: Send,
    F: for<'a> FnMut(&'a App) -> BoxFuture<'a, Option<T>>,
{
    let mut clean = true;
    loop {
        let process = Process::start(harness, skew);
        let work = attempt(&process.app);
        match mortal(harness, &process, work).await {
            End::Done(Some(value)) => return (value, clean),
            End::Done(None) | End::Died => clean = false,
        }
        harness.world.pause(200..3_000).await;
    }
}
