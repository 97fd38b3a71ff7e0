//! Hundreds of seeds, the same run from the same seed, and one broken rule after the other.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::mutation::{Rule, break_rule};
use simulation::{Report, confirmations, onboardings, run};

/// So many seeds must hold.
const SEEDS: u64 = 200;
/// So many seeds of confirmations must hold.
const CONFIRMATIONS: u64 = 60;
/// So many seeds of onboarding invites must hold.
const ONBOARDINGS: u64 = 60;
/// A broken rule must be noticed within so many seeds.
const NOTICED_WITHIN: u64 = 64;

/// What can go wrong in a run, and has to have gone wrong at least once over all of them.
const MISHAPS: [&str; 29] = [
    "blocked by a person",
    "bus answer lost",
    "bus away",
    "bus silent",
    "clock set back",
    "clock silent",
    "clock wrong",
    "crash",
    "event refused",
    "hint delayed",
    "hint doubled",
    "hint lost",
    "hint refused",
    "poison",
    "table conflict",
    "table error after",
    "table error before",
    "table lost after",
    "table lost before",
    "table throttled",
    "telegram 400",
    "telegram 429",
    "telegram fails after",
    "telegram fails before",
    "telegram is slow",
    "telegram refuses the connection",
    "telegram times out after",
    "telegram times out before",
    "tick doubled",
];

/// Runs seeds on both cores.
fn run_all(seeds: u64) -> Vec<Report> {
    let (next, reports) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > seeds {
                        return;
                    }
                    let report = run(seed, None, false);
                    reports.lock().expect("no thread panicked").push(report);
                }
            });
        }
    });
    reports.into_inner().expect("no thread panicked")
}

#[test]
fn nothing_is_lost_doubled_early_or_left_over_in_hundreds_of_seeds() {
    let reports = run_all(SEEDS);
    let mut mishaps: BTreeMap<&str, u64> = BTreeMap::new();
    for report in &reports {
        for (kind, count) in &report.faults {
            *mishaps.entry(kind).or_default() += count;
        }
    }
    let messages: u64 = reports.iter().map(|report| report.counts.messages).sum();
    let doubled: u64 = reports.iter().map(|report| report.counts.doubled).sum();
    println!("{SEEDS} seeds, {messages} messages, {doubled} doubled and marked");
    for kind in MISHAPS {
        let count = mishaps.get(kind).copied().unwrap_or_default();
        println!("{count:>9}  {kind}");
        assert!(count > 0, "{kind} never happened");
    }
    let wrong: Vec<_> = reports
        .iter()
        .filter(|report| !report.wrong.is_empty())
        .map(|report| (report.seed, &report.wrong))
        .collect();
    assert!(wrong.is_empty(), "replay with `simulate --replay SEED`: {wrong:#?}");
    assert!(doubled > 0, "mishaps that double a message were met");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 7, 8] {
        let (one, other) = (run(seed, None, true), run(seed, None, true));
        assert_eq!(one.lines, other.lines, "seed {seed}");
        assert_eq!(one.trace_hash, other.trace_hash, "seed {seed}");
    }
    assert_ne!(run(3, None, false).trace_hash, run(7, None, false).trace_hash);
}

/// What went wrong over all seeds of one kind of work, after none of them found anything wrong.
fn all_hold(seeds: u64, run: fn(u64) -> Report) -> BTreeMap<&'static str, u64> {
    let (next, mishaps) = (AtomicU64::new(1), Mutex::new(BTreeMap::new()));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > seeds {
                        return;
                    }
                    let report = run(seed);
                    if !report.wrong.is_empty() {
                        wrong.lock().expect("no thread panicked").push((seed, report.wrong));
                    }
                    let mut mishaps = mishaps.lock().expect("no thread panicked");
                    for (kind, count) in report.faults {
                        *mishaps.entry(kind).or_insert(0) += count;
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(wrong.is_empty(), "{wrong:#?}");
    mishaps.into_inner().expect("no thread panicked")
}

/// Runs a seed of the work that a rule is about, with the rule broken.
fn run_broken(seed: u64, rule: Rule) -> Report {
    let alone = match rule {
        Rule::InviteSpent => onboardings,
        Rule::TokenSpent => confirmations,
        _ => return run(seed, Some(rule), false),
    };
    break_rule(Some(rule));
    let report = alone(seed);
    break_rule(None);
    report
}

/// The first seed that notices a broken rule, and what it says.
fn noticed(rule: Rule) -> Option<(u64, String)> {
    (1..=NOTICED_WITHIN).find_map(|seed| {
        let report = run_broken(seed, rule);
        report.wrong.into_iter().next().map(|wrong| (seed, wrong))
    })
}

#[test]
fn each_broken_rule_is_noticed() {
    all_noticed(&Rule::ALL);
}

#[test]
fn each_broken_rule_of_people_is_noticed() {
    all_noticed(&Rule::PEOPLE);
}

fn all_noticed(rules: &[Rule]) {
    let (next, results) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    let Some(&rule) = rules.get(index) else { return };
                    let noticed = noticed(rule);
                    results.lock().expect("no thread panicked").insert(rule, noticed);
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panicked");
    for (rule, noticed) in &results {
        match noticed {
            Some((seed, wrong)) => println!("{rule:?}: seed {seed}: {wrong}"),
            None => println!("{rule:?}: not noticed"),
        }
    }
    let missed: Vec<_> = results.iter().filter(|(_, it)| it.is_none()).map(|(r, _)| r).collect();
    assert!(missed.is_empty(), "not noticed within {NOTICED_WITHIN} seeds: {missed:?}");
}

#[test]
fn each_address_is_confirmed_once_whatever_fails() {
    let mishaps = all_hold(CONFIRMATIONS, confirmations);
    for kind in [
        "courier refuses the connection",
        "courier times out before",
        "courier times out after",
        "courier fails before",
        "courier fails after",
        "courier 429",
        "crash",
    ] {
        assert!(mishaps.contains_key(kind), "{kind} never happened: {mishaps:?}");
    }
}

#[test]
fn each_invite_brings_one_person_in_or_nobody_whatever_fails() {
    let mishaps = all_hold(ONBOARDINGS, onboardings);
    for kind in [
        "invite used",
        "invite revoked",
        "invite used before",
        "invite without room",
        "table conflict",
        "table lost after",
        "telegram times out after",
        "crash",
    ] {
        assert!(mishaps.contains_key(kind), "{kind} never happened: {mishaps:?}");
    }
}
