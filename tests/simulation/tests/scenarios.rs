//! Scenarios: some seeds of a few contacts with mishaps most of the time, half a day of more contacts, and one broken
//! rule after the other.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::mutation::Rule;
use simulation::{Class, Size, Troubles, scenarios, some_scenarios};

/// So many seeds must hold.
const SEEDS: u64 = 12;
/// A broken rule must be noticed within so many seeds.
const NOTICED_WITHIN: u64 = 32;

/// Does all of them on both cores.
fn on_both_cores(count: u64, each: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return;
                    }
                    each(number);
                }
            });
        }
    });
}

#[test]
fn each_contact_gets_each_step_once_and_in_order_whatever_fails() {
    let (wrong, mishaps) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::<&str, u64>::new()));
    on_both_cores(SEEDS, |number| {
        let report = some_scenarios(number + 1, None);
        if !report.wrong.is_empty() {
            wrong.lock().expect("no thread panicked").push((report.seed, report.wrong));
        }
        let mut mishaps = mishaps.lock().expect("no thread panicked");
        for (kind, count) in report.faults {
            *mishaps.entry(kind).or_default() += count;
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mishaps = mishaps.into_inner().expect("no thread panicked");
    for kind in ["crash", "hint doubled", "paid", "telegram times out after", "table lost after"] {
        assert!(mishaps.contains_key(kind), "{kind} never happened: {mishaps:?}");
    }
}

#[test]
fn steps_are_in_time_where_the_rate_allows() {
    let size = Size {
        contacts: 40,
        span: Duration::from_hours(12),
        edits: 16,
        troubles: Troubles::Times(2, Duration::from_mins(10)),
        seed: 7,
    };
    let outcome = scenarios(&size, None, None).expect("a table and simulators in memory");
    println!("{outcome:#?}");
    assert!(outcome.wrong.is_empty(), "{:#?}", outcome.wrong);
    let calm = outcome.late[&Class::Calm];
    assert!(calm.count > 100 && calm.p99 <= 1_000, "{calm:?}");
    let tally = outcome.tally;
    let all = [tally.switched, tally.resumed, tally.resent, tally.blocked, tally.returned];
    assert!(all.iter().all(|count| *count > 0), "{tally:?}");
    assert!(tally.completed > 20 && outcome.payments > 0, "{tally:?}");
    assert_eq!(outcome.paid as u64, outcome.payments, "each payment counts");
}

#[test]
fn the_same_seed_gives_the_same_run_of_scenarios() {
    let hash = |seed| some_scenarios(seed, None).trace_hash;
    assert_eq!(hash(3), hash(3));
    assert_ne!(hash(3), hash(5));
}

#[test]
fn each_broken_rule_of_scenarios_is_noticed() {
    let noticed = Mutex::new(BTreeMap::new());
    on_both_cores(Rule::SCENARIOS.len() as u64, |number| {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(&rule) = Rule::SCENARIOS.get(index) else { return };
        let found = (1..=NOTICED_WITHIN).find_map(|seed| {
            let report = some_scenarios(seed, Some(rule));
            report.wrong.into_iter().next().map(|wrong| (seed, wrong))
        });
        noticed.lock().expect("no thread panicked").insert(rule, found);
    });
    let noticed = noticed.into_inner().expect("no thread panicked");
    for (rule, found) in &noticed {
        println!("{rule:?}: {found:?}");
    }
    let missed: Vec<_> = noticed.iter().filter(|(_, it)| it.is_none()).map(|(it, _)| it).collect();
    assert!(missed.is_empty(), "not noticed within {NOTICED_WITHIN} seeds: {missed:?}");
}
