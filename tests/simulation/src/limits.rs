//! More to say than Telegram takes, in virtual time: how much of its limits is used, with as many runs at once as are
//! deployed, and that nothing is refused. Telegram counts strictly here: any second, as messages arrive.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::App;
use app::engine::tick::hand_over_all;
use bytes::Bytes;
use channels::telegram::TelegramApi;
use domain::engine::{Decision, Lane, Write};
use domain::offer::{Listing, NewSighting};
use domain::url::CanonicalUrl;
use embedded::Embedded;
use futures::future::BoxFuture;
use http::{Request, Response};
use queue::MemoryQueue;
use runtime::Env;
use runtime::http::{Transport, TransportError};
use table::Table;

use crate::executor::{Executor, block_on};
use crate::fanout::{watching, work};
use crate::harness::config as table_config;
use crate::line::answer;
use crate::process::{bots, site};
use crate::wire::{FaultyWire, TableFaults};
use crate::world::World;

/// Runs of the bulk lane at once: `Workers` of template.yaml.
const RUNS: usize = 2;
/// Messages of a bot in any second.
const PER_SECOND: usize = 30;
/// Between two messages to one chat, in milliseconds.
const PER_CHAT: i64 = 1_000;

/// What came of a rush.
#[derive(Clone, Debug)]
pub struct Rush {
    /// Messages that Telegram took.
    pub sent: u64,
    /// Messages that it refused with 429.
    pub refused: u64,
    /// From the first message to the last.
    pub lasted: Duration,
    /// The times between two messages to one chat, in milliseconds, in order of size.
    pub gaps: Vec<i64>,
    /// Write units, all told.
    pub write_units: f64,
    /// How long runs were under way, added up: what is billed.
    pub run_time: Duration,
    /// The trace.
    pub lines: Vec<String>,
}

/// What Telegram has taken: when, and for whom.
#[derive(Debug, Default)]
struct Taken {
    sends: Vec<(i64, i64)>,
    refused: u64,
}

/// Telegram that counts.
#[derive(Clone, Debug)]
struct Strict {
    world: World,
    taken: Arc<Mutex<Taken>>,
}

impl Strict {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, chat: i64) -> bool {
        let now = self.world.now().as_millis();
        let mut taken = self.lock();
        let lately = taken.sends.iter().rev().take_while(|(at, _)| now - at < 1_000).count();
        let last = taken.sends.iter().rev().find(|(_, to)| *to == chat);
        let fits = lately < PER_SECOND && last.is_none_or(|(at, _)| now - at >= PER_CHAT);
        if fits {
            taken.sends.push((now, chat));
        } else {
            taken.refused += 1;
        }
        drop(taken);
        self.world.trace(if fits { "sent" } else { "refused" }, &chat);
        fits
    }
}

impl Transport for Strict {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            self.world.pause(10..13).await;
            let body: serde_json::Value = serde_json::from_slice(request.body())
                .map_err(|error| TransportError::Unknown(error.to_string()))?;
            let chat = body["chat_id"].as_i64().unwrap_or_default();
            let (status, said) = if self.take(chat) {
                (
                    200,
                    serde_json::json!({"ok": true, "result": {
                    "message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}}}),
                )
            } else {
                (
                    429,
                    serde_json::json!({"ok": false, "error_code": 429,
                    "description": "Too Many Requests: retry after 1",
                    "parameters": {"retry_after": 1}}),
                )
            };
            self.world.pause(10..30).await;
            answer(status, &said.to_string())
        })
    }
}

/// Tells `offers` offers, which go to `chats` chats in turn, one chat each; all are there before anyone works.
pub fn rush(offers: u64, chats: u64, seed: u64) -> Result<Rush, String> {
    let world = World::new(seed, true);
    let embedded = Embedded::memory().map_err(|error| error.to_string())?;
    let wire = FaultyWire {
        world: world.clone(),
        faults: TableFaults::default(),
        poison: i64::MIN,
        killed: Arc::new(AtomicBool::new(false)),
        written: Arc::default(),
    };
    let env = Env { clock: world.clock(0), entropy: world.entropy() };
    let table = Table::new(table_config(embedded.over(Arc::new(wire))), "hoopoe", env);
    let strict = Strict { world: world.clone(), taken: Arc::default() };
    let queue = MemoryQueue::new(world.clock(0));
    let telegram = TelegramApi::new(Arc::new(strict.clone()), "http://telegram");
    let app = App::new(table, Arc::new(queue.clone()), telegram, bots(), site());
    let (filled, forgets) = (app.clone(), queue.clone());
    block_on(&world, async move {
        fill(&filled, offers, chats).await?;
        // In the order in which a process that starts finds them.
        while !forgets.is_empty(Lane::Bulk) {
            for message in forgets.receive(Lane::Bulk, 10) {
                forgets.delete(Lane::Bulk, &message);
            }
        }
        hand_over_all(&filled).await.map_err(|error| error.to_string())
    })
    .ok_or("the offers were not written")??;
    app.table.meter().take();
    let busy = Arc::new(Mutex::new(Duration::ZERO));
    let mut executor = Executor::tireless();
    for _ in 0..RUNS {
        executor.spawn(work(
            world.clone(),
            app.clone(),
            queue.clone(),
            Lane::Bulk,
            Arc::clone(&busy),
        ));
    }
    let (counted, idle) = (strict.clone(), queue.clone());
    let target = usize::try_from(offers).unwrap_or(usize::MAX);
    executor
        .run_until(&world, || counted.lock().sends.len() >= target && idle.is_empty(Lane::Bulk));
    let (taken, run_time) = (strict.lock(), *busy.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(told(&taken, app.table.meter().take().write, run_time, world.lines()))
}

fn told(taken: &Taken, write_units: f64, run_time: Duration, lines: Vec<String>) -> Rush {
    let (mut last, mut gaps) = (BTreeMap::new(), Vec::new());
    for (at, chat) in &taken.sends {
        if let Some(before) = last.insert(chat, *at) {
            gaps.push(at - before);
        }
    }
    gaps.sort_unstable();
    let ends = taken.sends.first().zip(taken.sends.last());
    let lasted = ends.map_or(0, |(first, last)| last.0 - first.0);
    Rush {
        sent: u64::try_from(taken.sends.len()).unwrap_or(u64::MAX),
        refused: taken.refused,
        lasted: Duration::from_millis(u64::try_from(lasted).unwrap_or_default()),
        gaps,
        write_units,
        run_time,
        lines,
    }
}

fn page(number: u64) -> Result<CanonicalUrl, String> {
    let page = format!("https://shop.example/list/{number}");
    CanonicalUrl::parse(&page).map_err(|error| error.to_string())
}

async fn fill(app: &App, offers: u64, chats: u64) -> Result<(), String> {
    app.table.create_if_absent().await.map_err(|error| error.to_string())?;
    for number in 0..chats {
        let (channel, watcher) = watching(app, &page(number)?, number);
        let decision = Decision::new(app.env.id(), app.env.now(), ())
            .write(Write::Put(channel.into()))
            .write(Write::Put(watcher.into()));
        app.table.commit(&decision).await.map_err(|error| error.to_string())?;
    }
    for number in 0..offers {
        let url = format!("https://shop.example/offer/{number}");
        let url = CanonicalUrl::parse(&url).map_err(|error| error.to_string())?;
        let listing = Listing {
            title: format!("Offer {number}"),
            price: None,
            currency: None,
            image_url: None,
            description: None,
            attributes: BTreeMap::default(),
        };
        let sighting = NewSighting { page_url: page(number % chats)?, url, listing, job_id: None };
        app::offer::record_offer(app, sighting, None).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
