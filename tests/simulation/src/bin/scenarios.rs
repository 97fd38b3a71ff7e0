//! Scenarios over thirty days of virtual time, for as many contacts as one likes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use domain::mutation::Rule;
use simulation::{Class, Outcome, Size, Troubles, scenarios, some_scenarios};

/// Runs scenarios over weeks of virtual time.
#[derive(Parser)]
struct Arguments {
    /// So many contacts.
    #[arg(long, default_value_t = 10_000)]
    contacts: u64,
    /// So many days.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// So many edits of running scenarios.
    #[arg(long, default_value_t = 120)]
    edits: u32,
    /// So often everything goes wrong for twenty minutes.
    #[arg(long, default_value_t = 60)]
    troubles: u32,
    /// What all dice follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The table's file; in memory where it is absent.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Print it as a line of JSON.
    #[arg(long)]
    json: bool,
    /// Run so many seeds of a few contacts instead, as the tests do.
    #[arg(long)]
    seeds: Option<u64>,
    /// Break this rule in them, to see it noticed: its name as in `Rule`.
    #[arg(long, requires = "seeds")]
    broken: Option<String>,
}

/// A step is later than this one time in a hundred at most, where Telegram's limits allow it.
const ALLOWED_MS: i64 = 1_000;

#[expect(clippy::disallowed_methods, reason = "the wall time of the run is what is measured")]
fn main() {
    let arguments = Arguments::parse();
    if let Some(seeds) = arguments.seeds {
        std::process::exit(i32::from(!some(seeds, arguments.broken.as_deref())));
    }
    let size = Size {
        contacts: arguments.contacts,
        span: Duration::from_hours(24 * u64::from(arguments.days)),
        edits: arguments.edits,
        troubles: Troubles::Times(arguments.troubles, Duration::from_mins(20)),
        seed: arguments.seed,
    };
    let began = Instant::now();
    let outcome = scenarios(&size, None, arguments.file.as_deref()).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let wall = began.elapsed();
    if arguments.json {
        println!("{}", json(&outcome, (arguments.days, wall)));
    } else {
        print(&outcome, wall);
    }
    let p99 = outcome.late.get(&Class::Calm).map_or(0, |late| late.p99);
    if outcome.wrongs > 0 || p99 > ALLOWED_MS {
        std::process::exit(1);
    }
}

/// Runs seeds, and says whether nothing was wrong.
fn some(seeds: u64, broken: Option<&str>) -> bool {
    let rule = broken.map(|name| {
        let found = Rule::SCENARIOS.into_iter().find(|rule| format!("{rule:?}") == name);
        found.unwrap_or_else(|| {
            eprintln!("there is no rule {name}; there are {:?}", Rule::SCENARIOS);
            std::process::exit(2);
        })
    });
    let mut sound = true;
    for seed in 1..=seeds {
        let report = some_scenarios(seed, rule);
        sound &= report.wrong.is_empty();
        println!(
            "seed {seed}: {} messages, {} faults found",
            report.counts.messages,
            report.wrong.len()
        );
        for wrong in &report.wrong {
            println!("  {wrong}");
        }
    }
    sound
}

/// What was counted, with its name in JSON.
fn counts(it: &Outcome) -> [(&'static str, &'static str, u64); 19] {
    let tally = &it.tally;
    let fault = |kind: &str| it.faults.get(kind).copied().unwrap_or_default();
    [
        ("contacts", "contacts", it.contacts as u64),
        ("under_way", "with a step to come at the end", it.under_way as u64),
        ("messages", "messages that Telegram took", it.messages as u64),
        ("steps", "steps received", tally.steps),
        ("completed", "scenarios completed", tally.completed),
        ("switched", "switches", tally.switched),
        ("resumed", "taken up again", tally.resumed),
        ("broadcast", "messages of a broadcast", tally.broadcast),
        ("resent", "last messages sent again on /start", tally.resent),
        ("edits", "edits", tally.edits),
        ("payments", "payments", it.payments),
        ("paid", "orders paid", it.paid as u64),
        ("blocked", "blocks", tally.blocked),
        ("returned", "returns", tally.returned),
        ("again", "steps again after a block in their midst", tally.again),
        ("crashes", "crashes", fault("crash")),
        ("doubled", "jobs doubled by the queue", fault("hint doubled")),
        ("held", "messages held, of unknown fate", it.held as u64),
        ("missing", "... that did not come", it.missing as u64),
    ]
}

const fn name(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Calm => ("calm", "where the rate allows"),
        Class::Limited => ("limited", "more due than the rate allows"),
        Class::Edited => ("edited", "made due by an edit"),
        Class::Troubled => ("troubled", "in trouble, or within 20 min of it"),
    }
}

fn json(it: &Outcome, (days, wall): (u32, Duration)) -> serde_json::Value {
    let mut all = serde_json::json!({
        "days": days, "wall_s": wall.as_secs_f64(), "peak_mb": peak_mb(), "faults_found": it.wrongs,
        "wrong": it.wrong,
    });
    for (key, _, count) in counts(it) {
        all[key] = count.into();
    }
    for (class, late) in &it.late {
        all[format!("late_{}", name(*class).0)] = serde_json::json!({
            "count": late.count, "p50_ms": late.p50, "p99_ms": late.p99, "max_ms": late.max,
        });
    }
    all
}

fn print(it: &Outcome, wall: Duration) {
    for (_, what, count) in counts(it) {
        println!("{count:>9}  {what}");
    }
    for (class, late) in &it.late {
        println!(
            "{:>9}  {}: p50 {} ms, p99 {} ms, max {} ms late",
            late.count,
            name(*class).1,
            late.p50,
            late.p99,
            late.max
        );
    }
    for (kind, count) in &it.faults {
        println!("{count:>9}  {kind}");
    }
    println!("{:.0} s of wall time, at most {:.0} MB", wall.as_secs_f64(), peak_mb());
    println!("{} faults found", it.wrongs);
    for wrong in &it.wrong {
        println!("  {wrong}");
    }
}

/// The most memory that this process ever held; 0 where the system does not tell.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kb.unwrap_or_default() / 1_024.0
}
