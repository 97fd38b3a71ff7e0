//! Very many at once in virtual time: watchers of one page, and timers. What they cost in memory and units, and
//! how late they are.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::App;
use app::engine::{Incoming, run_batch, tick};
use bytes::Bytes;
use channels::telegram::TelegramApi;
use domain::channel::{Channel, ChannelDetails, ChannelStatus};
use domain::engine::rate::Rates;
use domain::engine::{Decision, Job, Lane, NewJob, Write};
use domain::ids::{BotId, TargetId, UserId};
use domain::message::Notice;
use domain::offer::{Listing, NewSighting};
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, PageId};
use domain::watch::Watcher;
use embedded::Embedded;
use futures::future::BoxFuture;
use http::{Request, Response};
use queue::{Envelope, MemoryQueue};
use runtime::http::{Transport, TransportError};
use runtime::{Env, config};
use table::Table;

use crate::executor::{Executor, block_on};
use crate::harness::config as table_config;
use crate::line::answer;
use crate::process::{bots, site};
use crate::world::{BEGIN, World};

/// Workers for timers: as many as the people lane has at a hundred timers a second.
const WORKERS: usize = 64;
/// The first timer is due after this time, when all are written.
const AHEAD: Duration = Duration::from_mins(2);
/// All timers are due within this time.
const WITHIN: Duration = Duration::from_mins(15);

/// What a fan-out cost.
#[derive(Clone, Debug)]
pub struct Fanout {
    /// Watchers of the page.
    pub watchers: u64,
    /// Messages that went out.
    pub sent: u64,
    /// The least time between two messages of the bot, in milliseconds.
    pub least_gap: i64,
    /// How long it took, in its own time.
    pub lasted: Duration,
    /// Write units of the fan-out.
    pub write_units: f64,
    /// Read units of the fan-out.
    pub read_units: f64,
    /// Calls to the table.
    pub calls: u64,
}

/// Telegram that takes everything and remembers nothing but a count.
#[derive(Debug)]
struct Counter {
    world: World,
    sent: AtomicU64,
    last: AtomicI64,
    least_gap: AtomicI64,
    /// How late messages were that say when they were due.
    late: Mutex<Vec<i64>>,
}

/// The run of 13 digits in a message, which is when it was due.
fn due(body: &[u8]) -> Option<i64> {
    let mut runs = body.split(|byte| !byte.is_ascii_digit());
    std::str::from_utf8(runs.find(|run| run.len() == 13)?).ok()?.parse().ok()
}

impl Transport for Counter {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let now = self.world.now().as_millis();
            if let Some(due) = due(request.body()) {
                self.late.lock().unwrap_or_else(PoisonError::into_inner).push(now - due);
            }
            let gap = now - self.last.swap(now, Ordering::SeqCst);
            self.least_gap.fetch_min(gap, Ordering::SeqCst);
            let id = self.sent.fetch_add(1, Ordering::SeqCst);
            self.world.pause(20..40).await;
            let body = format!(
                r#"{{"ok":true,"result":{{"message_id":{id},"date":1,"chat":{{"id":1,"type":"private"}}}}}}"#
            );
            answer(200, &body)
        })
    }
}

/// What very many timers cost.
#[derive(Clone, Debug)]
pub struct Timers {
    /// Messages that went out.
    pub sent: u64,
    /// How late each was when it was handed to the channel, in milliseconds, in order of size.
    pub late: Vec<i64>,
    /// Write units, from the first timer's due time on.
    pub write_units: f64,
    /// Read units.
    pub read_units: f64,
    /// Calls to the table.
    pub calls: u64,
}

/// The page that all watch.
fn page() -> Result<CanonicalUrl, String> {
    CanonicalUrl::parse("https://shop.example/popular").map_err(|error| error.to_string())
}

/// Writes this many watchers of one page into a table in a file.
pub fn prepare(watchers: u64, file: &Path) -> Result<(), String> {
    let (world, _, _, app) = system(file)?;
    let page = page()?;
    block_on(&world, async move { watch(&app, &page, watchers).await })
        .ok_or("the watchers were not written")?
}

fn system(file: &Path) -> Result<(World, Arc<Counter>, MemoryQueue, App), String> {
    let world = World::new(1, false);
    let embedded = Embedded::file(file).map_err(|error| error.to_string())?;
    let env = Env { clock: world.clock(0), entropy: world.entropy() };
    let table = Table::new(table_config(embedded), "hoopoe", env);
    let counter = Arc::new(Counter {
        world: world.clone(),
        sent: AtomicU64::new(0),
        last: AtomicI64::new(0),
        least_gap: AtomicI64::new(i64::MAX),
        late: Mutex::default(),
    });
    let queue = MemoryQueue::new(world.clock(0));
    let telegram = TelegramApi::new(Arc::clone(&counter) as Arc<dyn Transport>, "http://telegram");
    let app = App::new(table, Arc::new(queue.clone()), telegram, bots(), site());
    Ok((world, counter, queue, app))
}

/// Tells one offer to the watchers in this file.
pub fn fan_out(watchers: u64, file: &Path) -> Result<Fanout, String> {
    let (world, counter, queue, app) = system(file)?;
    let page = page()?;
    app.table.meter().take();
    let mut executor = Executor::tireless();
    for _ in 0..2 {
        executor.spawn(work(world.clone(), app.clone(), queue.clone(), Lane::Bulk, Arc::default()));
    }
    executor.spawn(minutes(world.clone(), app.clone()));
    executor.spawn(post(app.clone(), page));
    let (target, seen) = (watchers, Arc::clone(&counter));
    let idle = queue.clone();
    executor.run_until(&world, || {
        seen.sent.load(Ordering::SeqCst) >= target && idle.is_empty(Lane::Bulk)
    });
    let usage = app.table.meter().take();
    Ok(Fanout {
        watchers,
        sent: counter.sent.load(Ordering::SeqCst),
        least_gap: counter.least_gap.load(Ordering::SeqCst),
        lasted: world.now().since(BEGIN),
        write_units: usage.write,
        read_units: usage.read,
        calls: usage.total_calls(),
    })
}

/// Lets this many timers come due at random instants of a quarter of an hour, without a limit of Telegram's in their
/// way: only the engine's own rules make anything late.
pub fn run_timers(count: u64, file: &Path) -> Result<Timers, String> {
    let (world, counter, queue, mut app) = system(file)?;
    let rates = Rates { per_second: 1e6, per_chat: Duration::ZERO, ..Rates::default() };
    app.bots = Arc::new(config::Telegram { rates, ..(*app.bots).clone() });
    let writing = app.clone();
    block_on(&world, async move { write_timers(&writing, count).await })
        .ok_or("the timers were not written")??;
    app.table.meter().take();
    let mut executor = Executor::tireless();
    for _ in 0..WORKERS {
        executor.spawn(work(
            world.clone(),
            app.clone(),
            queue.clone(),
            Lane::People,
            Arc::default(),
        ));
    }
    executor.spawn(minutes(world.clone(), app.clone()));
    let (seen, idle) = (Arc::clone(&counter), queue.clone());
    executor.run_until(&world, || {
        seen.sent.load(Ordering::SeqCst) >= count && idle.is_empty(Lane::People)
    });
    let usage = app.table.meter().take();
    let mut late = counter.late.lock().unwrap_or_else(PoisonError::into_inner).clone();
    late.sort_unstable();
    Ok(Timers {
        sent: counter.sent.load(Ordering::SeqCst),
        late,
        write_units: usage.write,
        read_units: usage.read,
        calls: usage.total_calls(),
    })
}

/// Half of them are due soon enough for their creator to hand them over, half are left to the clock.
async fn write_timers(app: &App, count: u64) -> Result<(), String> {
    app.table.create_if_absent().await.map_err(|error| error.to_string())?;
    for first in (0..count).step_by(50) {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        for number in first..count.min(first + 50) {
            let due = app.env.now() + AHEAD + WITHIN.mul_f64(app.env.fraction());
            let name = due.as_millis().to_string();
            decision = decision.job(NewJob {
                id: app.env.id(),
                job: Job::Messages {
                    bot: BotId::default_bot(),
                    chat_id: i64::try_from(number).unwrap_or_default() + 1,
                    notices: vec![Notice::ChannelConnected { target_name: Some(name) }],
                    callback: None,
                },
                due,
                owner: None,
            });
        }
        app.commit(decision).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Writes the watchers and their channels, fifty in a transaction.
async fn watch(app: &App, page: &CanonicalUrl, watchers: u64) -> Result<(), String> {
    app.table.create_if_absent().await.map_err(|error| error.to_string())?;
    for first in (0..watchers).step_by(50) {
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        for number in first..watchers.min(first + 50) {
            let (channel, watcher) = watching(app, page, number);
            decision = decision.write(Write::Put(channel.into())).write(Write::Put(watcher.into()));
        }
        app.table.commit(&decision).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A person's channel, and how it watches the page.
pub(crate) fn watching(app: &App, page: &CanonicalUrl, number: u64) -> (Channel, Watcher) {
    let channel = channel(app, number);
    let watcher = Watcher {
        page_id: PageId::of(page),
        user_id: channel.user_id,
        target_id: app.env.id::<TargetId>(),
        target_name: "watch".to_owned(),
        channels: vec![channel.id],
        guests: Vec::new(),
        rules: domain::watch::Rules::default(),
    };
    (channel, watcher)
}

/// A person's channel, active from the start.
fn channel(app: &App, number: u64) -> Channel {
    let chat_id = Some(i64::try_from(number).unwrap_or_default() + 1);
    Channel {
        id: app.env.id(),
        user_id: app.env.id::<UserId>(),
        name: "chat".to_owned(),
        details: ChannelDetails::Telegram { bot: BotId::default_bot(), chat_id },
        status: ChannelStatus::Active,
        reason: None,
        created_at: BEGIN,
        target_id: None,
        generation: 0,
        version: 0,
    }
}

async fn post(app: App, page: CanonicalUrl) {
    let Ok(url) = CanonicalUrl::parse("https://shop.example/offer") else { return };
    let listing = Listing {
        title: "An offer".to_owned(),
        price: None,
        currency: None,
        image_url: None,
        description: None,
        attributes: std::collections::BTreeMap::default(),
    };
    let sighting = NewSighting { page_url: page, url, listing, job_id: None };
    let _ = app::offer::record_offer(&app, sighting, None).await;
}

/// A worker that never dies; how long its runs took is added to `busy`.
pub(crate) async fn work(
    world: World,
    app: App,
    queue: MemoryQueue,
    lane: Lane,
    busy: Arc<Mutex<Duration>>,
) {
    loop {
        let batch = queue.receive(lane, 10);
        if batch.is_empty() {
            world.pause(5..15).await;
            continue;
        }
        let hints: Vec<Incoming> = batch
            .iter()
            .filter_map(|message| {
                let timer = Envelope::decode(&message.body).ok()?;
                Some(Incoming { timer, receives: message.receives })
            })
            .collect();
        let begin = app.env.now();
        run_batch(&app, &hints, begin + Duration::from_secs(28)).await;
        *busy.lock().unwrap_or_else(PoisonError::into_inner) += app.env.now().since(begin);
        for message in &batch {
            queue.delete(lane, message);
        }
    }
}

async fn minutes(world: World, app: App) {
    loop {
        let next = Timestamp::from_minute(world.now().minute() + 1);
        world.sleep_until(next).await;
        let _ = tick(&app, app.env.now() + Duration::from_secs(50)).await;
    }
}
