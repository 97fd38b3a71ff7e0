//! Weeks of scenarios in virtual time: contacts of one bot go through three scenarios of twelve steps while they
//! switch, stop, block and pay, an admin edits what they are in, and now and then everything goes wrong for a while.

mod admin;
mod audit;
mod judge;
mod late;
pub(crate) mod log;
mod people;
pub(crate) mod shop;
mod state;
mod tally;
mod track;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::engine::Lane;
use domain::mutation::{Rule, break_rule};
use domain::time::Timestamp;
use embedded::Embedded;
use simulators::prodamus::WordSender;
use simulators::telegram::WebhookSender;

use crate::executor::{Executor, block_on};
use crate::harness::Harness;
use crate::process;
use crate::world::{BEGIN, World};
use crate::{Counts, Report};
use judge::Judge;
pub use late::{Class, Lateness};
use log::Ms;
use shop::Shop;
pub use tally::Tally;

/// How much the whole of it lasts.
const MONTH: Duration = Duration::from_hours(24 * 30);
/// The delays of the steps of each scenario in a run of a month, in seconds.
const DELAYS: [[i64; 12]; 3] = [
    [0, 60, 600, 3_600, 10_800, 43_200, 86_400, 86_400, 129_600, 172_800, 259_200, 86_400],
    [0, 5, 1_800, 7_200, 86_400, 0, 172_800, 21_600, 86_400, 259_200, 43_200, 3_600],
    [0, 3_600, 86_400, 90, 43_200, 129_600, 0, 86_400, 172_800, 10_800, 86_400, 259_200],
];
/// After the last mishap everything finds its way again in this time.
const DRAIN: Duration = Duration::from_mins(30);
/// The judge stays so far behind: by then it is known when the bot was told.
const BEHIND: Ms = 60_000;

/// When things go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Troubles {
    /// Never.
    Never,
    /// So often, for so long each time, spread over the run.
    Times(u32, Duration),
    /// For the first two thirds of the run.
    Always,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Contacts.
    pub contacts: u64,
    /// How long it lasts; delays of a month's run are shortened with it.
    pub span: Duration,
    /// Edits of running scenarios.
    pub edits: u32,
    /// When things go wrong.
    pub troubles: Troubles,
    /// What all dice follow from.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Contacts that the table has.
    pub contacts: usize,
    /// Contacts with a step to come when it was over.
    pub under_way: usize,
    /// Messages that Telegram took.
    pub messages: usize,
    /// What chats received and people did.
    pub tally: Tally,
    /// Messages of steps of which nobody knows whether they came: held, and the table says so.
    pub held: usize,
    /// Those among them that did not come.
    pub missing: usize,
    /// Orders that were paid.
    pub paid: usize,
    /// Payments that were made.
    pub payments: u64,
    /// How late steps were.
    pub late: BTreeMap<Class, Lateness>,
    /// How often each kind of mishap happened.
    pub faults: BTreeMap<&'static str, u64>,
    /// Follows from everything that happened, in order.
    pub trace_hash: u64,
    /// What is wrong, the first of it.
    pub wrong: Vec<String>,
    /// How much is wrong.
    pub wrongs: u64,
}

/// Runs it with a rule broken or none, over a table in this file or in memory.
///
/// # Errors
/// When the table or a simulator cannot be made.
pub fn scenarios(
    size: &Size,
    broken: Option<Rule>,
    file: Option<&Path>,
) -> Result<Outcome, String> {
    break_rule(broken);
    let outcome = run(size, file);
    break_rule(None);
    outcome
}

/// The delays of a run of this length, in milliseconds.
fn delays(span: Duration) -> Vec<Vec<Ms>> {
    let month = millis(MONTH);
    let scaled = |seconds: &i64| match seconds * millis(span) / month {
        _ if *seconds == 0 => 0,
        seconds => seconds.max(2) * 1_000,
    };
    DELAYS.iter().map(|delays| delays.iter().map(scaled).collect()).collect()
}

fn millis(of: Duration) -> Ms {
    Ms::try_from(of.as_millis()).unwrap_or(Ms::MAX)
}

/// When everything goes wrong, from and to.
fn troubles(world: &World, size: &Size) -> Vec<(Ms, Ms)> {
    let (begin, span) = (BEGIN.as_millis(), millis(size.span));
    match size.troubles {
        Troubles::Never => Vec::new(),
        Troubles::Always => vec![(begin, begin + span * 2 / 3)],
        Troubles::Times(times, long) => {
            let part = span * 9 / 10 / i64::from(times.max(1));
            let spare = (part - millis(long)).max(1).unsigned_abs();
            let from = |number: u32| {
                let within = i64::try_from(world.between(0, spare)).unwrap_or_default();
                begin + part * i64::from(number) + within
            };
            (0..times).map(from).map(|from| (from, from + millis(long))).collect()
        }
    }
}

/// In a run without mishaps no step is later than this where the rate allows it.
const CALM: Ms = 3_000;

/// Runs a seed: a few contacts for less than an hour, with mishaps most of the time or, each fourth seed, with none.
///
/// # Panics
/// When the table or the simulators in memory cannot be made.
pub fn some_scenarios(seed: u64, broken: Option<Rule>) -> Report {
    let calm = seed.is_multiple_of(4);
    let size = Size {
        contacts: 12,
        span: Duration::from_mins(40),
        edits: 15,
        troubles: if calm { Troubles::Never } else { Troubles::Always },
        seed,
    };
    let outcome = scenarios(&size, broken, None).expect("a table and simulators in memory");
    let mut wrong = outcome.wrong;
    let late = outcome.late.get(&Class::Calm).map_or(0, |late| late.max);
    if calm && late > CALM {
        wrong.push(format!("a step came {late} ms late, with nothing in its way"));
    }
    Report {
        seed,
        trace_hash: outcome.trace_hash,
        faults: outcome.faults,
        counts: Counts { messages: outcome.messages as u64, ..Counts::default() },
        lasted: size.span,
        wrong,
        lines: Vec::new(),
    }
}

fn run(size: &Size, file: Option<&Path>) -> Result<Outcome, String> {
    let world = World::new(size.seed, false);
    let embedded = match file {
        Some(file) => Embedded::file(file),
        None => Embedded::memory(),
    };
    let harness = Harness::with_shop(&world, embedded.map_err(|error| error.to_string())?)?;
    let shop = harness.shop.clone().ok_or("there is no shop")?;
    let delays = delays(size.span);
    let (opened, steps) = (harness.clone(), delays.clone());
    let bot = block_on(&world, async move { shop::open(&opened, &steps).await });
    let bot = bot.ok_or("the shop did not open")??;
    let troubles = troubles(&world, size);
    let courses: Vec<_> =
        delays.iter().enumerate().map(|(of, delays)| shop::course(of, delays)).collect();
    let judge =
        Judge::new(&shop.log, (BEGIN.as_millis(), size.contacts), &courses, troubles.clone());
    let judge = Arc::new(Mutex::new(judge));
    let mut executor = Executor::tireless();
    for lane in Lane::ALL {
        let workers = if lane == Lane::People { harness.plan.workers } else { 2 };
        for _ in 0..workers {
            executor.spawn(process::worker(harness.clone(), lane, 0));
        }
    }
    executor.spawn(process::clock(harness.clone()));
    let updates: Arc<dyn WebhookSender> = Arc::new(shop::Updates(harness.clone(), bot.clone()));
    let telegram = harness.telegram.clone();
    executor.spawn(async move { telegram.run_webhooks(updates).await });
    let words: Arc<dyn WordSender> = Arc::new(shop::Words(harness.clone()));
    let prodamus = shop.prodamus.clone();
    executor.spawn(async move { prodamus.run_webhooks(words).await });
    executor.spawn(goes_wrong(world.clone(), troubles));
    executor.spawn(watch(world.clone(), Arc::clone(&judge)));
    spawn_people(&mut executor, &harness, &shop, (size, &bot.id));
    let times = edits(&world, size);
    let admin = admin::edit(harness.clone(), shop.clone(), bot.id.clone(), (delays, times));
    executor.spawn(admin);
    let at = BEGIN.as_millis() + millis(size.span) * 45 / 100;
    executor.spawn(admin::broadcast(harness.clone(), bot.id.clone(), at));
    let end = BEGIN + size.span + DRAIN;
    executor.run_until(&world, || world.now() >= end);
    drop(executor);
    conclude(&harness, &shop, bot.id, &judge)
}

fn spawn_people(
    executor: &mut Executor,
    harness: &Harness,
    shop: &Shop,
    (size, bot): (&Size, &domain::ids::BotId),
) {
    for number in 0..size.contacts {
        let life = people::draw(&harness.world, number, millis(size.span), DELAYS.len());
        executor.spawn(people::live(harness.clone(), shop.clone(), bot.clone(), life));
    }
}

/// The times of the edits: anywhere in the first nine tenths.
fn edits(world: &World, size: &Size) -> Vec<Ms> {
    let within = millis(size.span * 9 / 10).unsigned_abs();
    let at = |_| {
        BEGIN.as_millis() + i64::try_from(world.between(within / 50, within)).unwrap_or_default()
    };
    let mut times: Vec<Ms> = (0..size.edits).map(at).collect();
    times.sort_unstable();
    times
}

async fn goes_wrong(world: World, troubles: Vec<(Ms, Ms)>) {
    for (from, to) in troubles {
        world.sleep_until(Timestamp::from_millis(from)).await;
        world.set_faulty(true);
        world.sleep_until(Timestamp::from_millis(to)).await;
        world.set_faulty(false);
    }
}

async fn watch(world: World, judge: Arc<Mutex<Judge>>) {
    loop {
        world.sleep_until(world.now() + Duration::from_mins(1)).await;
        let before = world.now().as_millis() - BEHIND;
        judge.lock().unwrap_or_else(PoisonError::into_inner).look(before);
    }
}

fn conclude(
    harness: &Harness,
    shop: &Shop,
    bot: domain::ids::BotId,
    judge: &Mutex<Judge>,
) -> Result<Outcome, String> {
    let world = &harness.world;
    let mut judge = std::mem::take(&mut *judge.lock().unwrap_or_else(PoisonError::into_inner));
    judge.look(Ms::MAX);
    let judge = Arc::new(judge);
    let (looked, log, known) = (harness.clone(), shop.log.clone(), Arc::clone(&judge));
    let found = block_on(world, async move { audit::audit(&looked, &log, &bot, &known).await });
    let found = found.ok_or("the table was not read")?.map_err(|error| error.to_string())?;
    let judge = Arc::into_inner(judge).ok_or("the judge is still at work")?;
    let mut wrong = judge.wrong;
    let noted = std::mem::take(&mut harness.notes().wrong);
    let wrongs = judge.wrongs + noted.len() as u64 + found.wrong.len() as u64;
    wrong.extend(noted.into_iter().take(20));
    wrong.extend(found.wrong.into_iter().take(60));
    let faults = world.faults();
    Ok(Outcome {
        contacts: found.contacts,
        under_way: found.under_way,
        messages: judge.times.count(),
        tally: judge.tally,
        held: found.held,
        missing: found.missing,
        paid: found.paid,
        payments: faults.get("paid").copied().unwrap_or_default(),
        late: judge.times.lateness(),
        faults,
        trace_hash: world.trace_hash(),
        wrong,
        wrongs,
    })
}
