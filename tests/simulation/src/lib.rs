//! The simulation: the whole engine in a world whose time, dice and mishaps follow from a seed.
//!
//! The same seed gives the same run, to the last poll. Workers, clocks and receivers die at
//! any await; hints are lost, doubled, delayed; the table throttles, conflicts and loses answers;
//! Telegram refuses, times out and asks for pauses; clocks disagree. At the end every message that
//! should exist has arrived, and its judge finds nothing wrong.

mod alerts;
mod alone;
mod bus;
mod confirming;
mod executor;
mod fanout;
mod harness;
mod hints;
mod judge;
mod limits;
mod line;
mod onboarding;
mod plan;
mod process;
mod scenarios;
mod subscriptions;
mod tasks;
mod telling;
mod wire;
mod workload;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::engine::{Lane, Timer};
use domain::mutation::{Rule, break_rule};
use simulators::stripe::EventSender;
use simulators::telegram::WebhookSender;

pub use confirming::confirmations;
use executor::{Executor, block_on};
pub use fanout::{Fanout, Timers, fan_out, prepare, run_timers};
use harness::Harness;
pub use judge::Counts;
pub use limits::{Rush, rush};
pub use onboarding::onboardings;
use plan::{Kind, Plan};
use process::TOKEN;
pub use scenarios::{Class, Lateness, Outcome, Size, Tally, Troubles, scenarios, some_scenarios};
use workload::{Cast, Updates, WORK};
use world::{BEGIN, World};

/// A run that has not come to rest by now never will.
const AT_MOST: Duration = Duration::from_hours(3);

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Follows from everything that happened, in order.
    pub trace_hash: u64,
    /// How often each kind of mishap happened.
    pub faults: BTreeMap<&'static str, u64>,
    /// What arrived.
    pub counts: Counts,
    /// How long it took in its own time.
    pub lasted: Duration,
    /// What is wrong; nothing, one hopes.
    pub wrong: Vec<String>,
    /// The trace, if it was asked for.
    pub lines: Vec<String>,
}

/// Runs a seed, with a rule of the engine broken or none.
pub fn run(seed: u64, broken: Option<Rule>, lines: bool) -> Report {
    break_rule(broken);
    let report = simulate(seed, lines);
    break_rule(None);
    report
}

fn simulate(seed: u64, lines: bool) -> Report {
    let world = World::new(seed, lines);
    let plan = Plan::draw(&world, seed);
    let harness = Harness::new(&world, plan).expect("a database and a simulator in memory");
    let prepared = harness.clone();
    let cast = block_on(&world, async move {
        let cast = workload::cast(&prepared).await;
        if prepared.plan.alerts > 0 {
            alerts::link(&prepared).await;
        }
        cast
    });
    let cast = Arc::new(cast.expect("nothing goes wrong yet"));
    world.set_faulty(true);
    let mut executor = Executor::default();
    spawn_processes(&mut executor, &harness);
    spawn_work(&mut executor, &harness, &cast);
    let limit = BEGIN + AT_MOST;
    executor.run_until(&world, || world.now() >= BEGIN + WORK && harness.notes().busy == 0);
    world.set_faulty(false);
    if seed.is_multiple_of(3) {
        // Long enough for the clock to find what was lost.
        executor.run_until(&world, || world.now() >= BEGIN + Duration::from_secs(500));
    }
    let calmed = harness.clone();
    let heartbeat = block_on(&world, async move {
        tasks::stop(&calmed).await;
        workload::stop_heartbeat(&calmed).await
    });
    loop {
        let until = world.now() + Duration::from_secs(20);
        executor.run_until(&world, || world.now() >= until);
        let look = harness.clone();
        let rest = block_on(&world, async move { look.is_at_rest().await });
        if rest == Some(true) || world.now() >= limit || executor.is_stuck() {
            break;
        }
    }
    let judged = harness.clone();
    let (counts, mut wrong) =
        block_on(&world, async move { judge::judge(&judged).await }).unwrap_or_default();
    if let Some(Some(behind)) = heartbeat.map(|it| it.map(|it| it.behind).filter(|it| *it > 0)) {
        wrong.push(format!("{behind} missed heartbeats were made up one by one"));
    }
    if executor.is_stuck() {
        wrong.push("the run goes round in circles".to_owned());
    }
    Report {
        seed,
        trace_hash: world.trace_hash(),
        faults: world.faults(),
        counts,
        lasted: world.now().since(BEGIN),
        wrong,
        lines: world.lines(),
    }
}

fn spawn_processes(executor: &mut Executor, harness: &Harness) {
    for lane in Lane::ALL {
        for _ in 0..harness.plan.workers {
            let skew = if harness.plan.skewed { harness.world.between(0, 801) } else { 400 };
            let skew = i64::try_from(skew).unwrap_or(400) - 400;
            if skew != 0 {
                harness.world.count("clock wrong");
            }
            executor.spawn(process::worker(harness.clone(), lane, skew));
        }
    }
    executor.spawn(process::clock(harness.clone()));
    let sender: Arc<dyn WebhookSender> = Arc::new(Updates(harness.clone()));
    let telegram = harness.telegram.clone();
    let hook = br#"{"url":"http://hoopoe/hook","secret_token":"secret"}"#;
    telegram.call(TOKEN, "setWebhook", Some("application/json"), hook);
    executor.spawn(async move { telegram.run_webhooks(sender).await });
    let events: Arc<dyn EventSender> = Arc::new(subscriptions::Events(harness.clone()));
    let stripe = harness.stripe.clone();
    executor.spawn(async move { stripe.run_webhooks(events).await });
}

fn spawn_work(executor: &mut Executor, harness: &Harness, cast: &Arc<Cast>) {
    let world = &harness.world;
    let mut task = |work: futures::future::BoxFuture<'static, ()>| {
        harness.notes().busy += 1;
        let harness = harness.clone();
        executor.spawn(async move {
            work.await;
            harness.notes().busy -= 1;
        });
    };
    for number in 0..harness.plan.offers {
        let page = usize::try_from(world.between(0, cast.pages.len() as u64)).unwrap_or(0);
        let at_once = matches!(harness.plan.kind, Kind::Rush | Kind::Throttled);
        let (from, to) = if at_once { (5_000, 6_000) } else { (1_000, 90_000) };
        let at = BEGIN + Duration::from_millis(world.between(from, to));
        task(Box::pin(workload::post(harness.clone(), Arc::clone(cast), number, page, at)));
        if world.chance(0.3) {
            let at = at + Duration::from_millis(world.between(0, 20_000));
            let again = workload::post(harness.clone(), Arc::clone(cast), number, page, at);
            task(Box::pin(again));
        }
        if world.chance(0.4) && cast.pages.len() > 1 {
            let other = (page + 1) % cast.pages.len();
            let at = at + Duration::from_millis(world.between(0, 20_000));
            let second = workload::post(harness.clone(), Arc::clone(cast), number, other, at);
            task(Box::pin(second));
        }
    }
    for number in 0..harness.plan.notes {
        task(Box::pin(workload::note(harness.clone(), number)));
    }
    for number in 0..harness.plan.replies {
        task(Box::pin(workload::reply(harness.clone(), number)));
    }
    for number in 0..harness.plan.tasks {
        task(Box::pin(tasks::schedule(harness.clone(), number)));
    }
    if harness.plan.subscribers > 0 {
        task(Box::pin(subscriptions::live(harness.clone())));
    }
    for number in 0..harness.plan.alerts {
        // Services that notice the same at the same time.
        for service in 0..3 {
            task(Box::pin(alerts::post(harness.clone(), number, service)));
        }
    }
    task(Box::pin(workload::heartbeat(harness.clone())));
    if harness.plan.poisoned {
        task(Box::pin(workload::poison(harness.clone())));
    }
    for person in cast.people.iter().filter(|person| person.blocks) {
        task(Box::pin(workload::block(harness.clone(), person.chat_id)));
    }
}

impl Harness {
    /// Timers that stand anywhere, expired or not.
    pub(crate) async fn timers_left(&self) -> Vec<Timer> {
        self.table.scan::<Timer>().await.unwrap_or_default()
    }

    async fn is_at_rest(&self) -> bool {
        Lane::ALL.into_iter().all(|lane| self.queue.is_empty(lane))
            && self.telegram.idle()
            && self.stripe.idle()
            && self.timers_left().await.is_empty()
    }
}
