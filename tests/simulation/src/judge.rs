//! What must hold at the end of every run.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::engine::Timer;
use domain::message::REPEAT_MARK;
use domain::time::Timestamp;
use simulators::telegram::{Entry, Outcome};

use crate::harness::{Fate, Harness, Name, Notes};
use crate::line::label;

/// In a calm run, a message for later arrives within this of its time.
const CALM_LATENESS: Duration = Duration::from_millis(2_500);
/// In a calm run, an answer's first message arrives within this, whatever bulk is under way: its only worker may have
/// begun a run just before, and a run waits for up to 2 s.
const CALM_ANSWER: Duration = Duration::from_millis(2_300);

/// What arrived, by name, in order.
#[derive(Debug, Default)]
struct Arrived(BTreeMap<Name, Vec<(Timestamp, bool)>>);

impl Arrived {
    fn read(entries: &[Entry]) -> Self {
        let mut arrived = Self::default();
        for entry in entries {
            let Some(text) = entry.text.as_deref().filter(|_| entry.outcome == Outcome::Sent)
            else {
                continue;
            };
            let (Some(chat_id), Some(label)) = (entry.chat_id, label(text)) else { continue };
            let at = Timestamp::from_millis(entry.at_ms);
            let marked = text.contains(REPEAT_MARK);
            arrived.0.entry((chat_id, label)).or_default().push((at, marked));
        }
        arrived
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that arrived, doubled ones once.
    pub messages: u64,
    /// Copies beyond the first.
    pub doubled: u64,
    /// 429s that nobody injected.
    pub limits_passed: u64,
}

/// Judges a run that came to rest. Answers what is wrong, in words.
pub(crate) async fn judge(harness: &Harness) -> (Counts, Vec<String>) {
    let entries = harness.telegram.entries(0, usize::MAX);
    let arrived = Arrived::read(&entries);
    let faults = harness.world.faults();
    let fault = |kind: &str| faults.get(kind).copied().unwrap_or_default();
    let leftovers = leftovers(harness).await;
    let told = crate::telling::judge(harness).await;
    let tasks = crate::tasks::judge(harness).await;
    let subscriptions = crate::subscriptions::judge(harness).await;
    let alerted = crate::alerts::judge(harness).await;
    let notes = harness.notes();
    let mut wrong = notes.wrong.clone();
    wrong.extend(leftovers);
    wrong.extend(told);
    wrong.extend(tasks);
    wrong.extend(subscriptions);
    wrong.extend(alerted);
    // A worker whose clock is ahead by this much is early by as much.
    let ahead = if harness.plan.skewed { crate::process::MOST_SKEW } else { Duration::ZERO };
    fates(&notes, &arrived, ahead, &mut wrong);
    let timeouts = fault("telegram times out after")
        + fault("telegram fails after")
        + fault("telegram times out before")
        + fault("telegram fails before");
    let doubled = doubles(&arrived, notes.in_flight + timeouts, &mut wrong);
    order(&arrived, &mut wrong);
    answers(&notes, &mut wrong);
    let limits_passed = limits(harness, &entries, &mut wrong);
    if notes.timed_out > 0 {
        wrong.push(format!("{} runs reached their time limit", notes.timed_out));
    }
    if harness.plan.calm {
        in_time(&notes, &arrived, &mut wrong);
    }
    let messages = u64::try_from(arrived.0.len()).unwrap_or(u64::MAX);
    (Counts { messages, doubled, limits_passed }, wrong)
}

fn fates(notes: &Notes, arrived: &Arrived, ahead: Duration, wrong: &mut Vec<String>) {
    for (name, expected) in &notes.expected {
        let came = arrived.0.get(name);
        match (expected.fate, came) {
            (Fate::Must, None) => wrong.push(format!("{name:?} was lost")),
            (Fate::MustNot, Some(_)) => wrong.push(format!("{name:?} came and should not")),
            _ => {}
        }
        if let Some((at, _)) = came.and_then(|came| came.first())
            && *at + ahead < expected.due
        {
            let early = expected.due.since(*at);
            wrong.push(format!("{name:?} came {early:?} early"));
        }
    }
    for name in arrived.0.keys() {
        if !notes.expected.contains_key(name) {
            wrong.push(format!("{name:?} came and nobody asked for it"));
        }
    }
}

fn doubles(arrived: &Arrived, allowed: u64, wrong: &mut Vec<String>) -> u64 {
    let mut doubled = 0;
    for (name, came) in &arrived.0 {
        for (_, marked) in came.iter().skip(1) {
            doubled += 1;
            if !marked {
                wrong.push(format!("{name:?} was doubled without a mark"));
            }
        }
    }
    if doubled > allowed {
        wrong.push(format!("{doubled} messages were doubled, {allowed} could have been"));
    }
    doubled
}

/// Messages of one decision arrive in their order.
fn order(arrived: &Arrived, wrong: &mut Vec<String>) {
    let mut last: BTreeMap<(i64, &str), (&str, Timestamp)> = BTreeMap::new();
    for ((chat_id, label), came) in &arrived.0 {
        let Some((job, part)) = label.rsplit_once('-').filter(|_| label.starts_with("note-"))
        else {
            continue;
        };
        let Some((at, _)) = came.first() else { continue };
        if let Some((before, earlier)) = last.insert((*chat_id, job), (part, *at))
            && earlier > *at
        {
            wrong.push(format!("part {part} of {job} came before part {before}"));
        }
    }
}

/// Of all posts of one offer, one is answered as created.
fn answers(notes: &Notes, wrong: &mut Vec<String>) {
    for (offer, (created, clean)) in &notes.created {
        if *created > 1 || (*created == 0 && *clean) {
            wrong.push(format!("{offer} was answered as created {created} times"));
        }
    }
}

/// Nobody passes a limit while clocks agree and the table answers in time; and after a 429 the bot keeps
/// still for as long as it was told, but for what was in flight and by how much clocks differ.
fn limits(harness: &Harness, entries: &[Entry], wrong: &mut Vec<String>) -> u64 {
    let refused: Vec<&Entry> = entries.iter().filter(|it| it.error_code == Some(429)).collect();
    let apart = if harness.plan.skewed { crate::process::MOST_SKEW * 2 } else { Duration::ZERO };
    let mut passed = 0;
    for entry in refused.iter().filter(|it| it.fault.is_none()) {
        let at = Timestamp::from_millis(entry.at_ms);
        let seconds = at.since(crate::world::BEGIN).as_secs_f64();
        let since = |it: &Entry| at.since(Timestamp::from_millis(it.at_ms));
        let told = refused.iter().filter(|it| it.fault.is_some() && it.at_ms <= entry.at_ms);
        let held = told.clone().any(|it| since(it) < IN_FLIGHT);
        if told.clone().any(|it| since(it) >= IN_FLIGHT && since(it) + apart < wait_of(it)) {
            wrong.push(format!("a pause that Telegram asked for was not kept at {seconds}"));
        }
        // A message refused for its markup goes again at once as plain text, a little after its slot.
        let plain = entries.iter().any(|it| {
            it.error_code == Some(400)
                && it.chat_id == entry.chat_id
                && it.at_ms <= entry.at_ms
                && since(it) < IN_FLIGHT
        });
        if !held && !plain && !harness.plan.skewed && harness.plan.table.is_calm() {
            passed += 1;
            wrong.push(format!("a limit was passed at {seconds}"));
        }
    }
    passed
}

/// What was on its way, or recorded, when a 429 came may still arrive within this.
const IN_FLIGHT: Duration = Duration::from_millis(1_500);

/// The pause that a 429 asks for.
fn wait_of(entry: &Entry) -> Duration {
    let words = entry.description.as_deref().unwrap_or_default();
    let seconds = words.rsplit(' ').next().and_then(|number| number.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

fn in_time(notes: &Notes, arrived: &Arrived, wrong: &mut Vec<String>) {
    for (name, expected) in &notes.expected {
        let Some((at, _)) = arrived.0.get(name).and_then(|came| came.first()) else { continue };
        let from = expected.due.max(expected.asked);
        let late = at.since(from);
        let allowed = if !expected.people {
            continue;
        } else if expected.due > expected.asked {
            CALM_LATENESS
        } else {
            CALM_ANSWER + Duration::from_millis(1_500) * u32::from(expected.key.part)
        };
        if late > allowed {
            wrong.push(format!("{name:?} came {late:?} late in a calm run"));
        }
    }
}

/// Timers, dead letters and parked jobs that are left, but for the poisoned one.
async fn leftovers(harness: &Harness) -> Vec<String> {
    let mut wrong = Vec::new();
    for timer in harness.timers_left().await {
        let Timer { key, job, .. } = timer;
        wrong.push(format!("a timer of {} is left over ({})", job.name(), key.id));
    }
    let dead = harness.table.dead_timers(None).await.map(|page| page.items).unwrap_or_default();
    let poisoned = usize::from(harness.plan.poisoned);
    if dead.len() != poisoned {
        for dead in dead {
            wrong.push(format!("a dead letter: {} ({})", dead.timer.job.name(), dead.reason));
        }
        wrong.push(format!("{poisoned} dead letters were to be expected"));
    }
    wrong
}
