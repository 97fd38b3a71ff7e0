//! Runs seeds of the simulation: thousands of them, or one with its trace.

use std::collections::BTreeMap;

use clap::Parser;
use domain::mutation::Rule;
use simulation::{Report, run};

/// Runs the engine's simulation.
#[derive(Parser)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Replay this one seed and print its trace.
    #[arg(long)]
    replay: Option<u64>,
    /// Break this rule of the engine, to see it noticed: its name as in `Rule`.
    #[arg(long)]
    broken: Option<String>,
}

impl Arguments {
    fn rule(&self) -> Option<Rule> {
        let name = self.broken.as_ref()?;
        let found = Rule::ALL.into_iter().find(|rule| format!("{rule:?}") == *name);
        if found.is_none() {
            eprintln!("there is no rule {name}; there are {:?}", Rule::ALL);
            std::process::exit(2);
        }
        found
    }
}

fn main() {
    let arguments = Arguments::parse();
    let broken = arguments.rule();
    if let Some(seed) = arguments.replay {
        let report = run(seed, broken, true);
        for line in &report.lines {
            println!("{line}");
        }
        print(&report);
        std::process::exit(i32::from(!report.wrong.is_empty()));
    }
    let (mut faults, mut failed): (BTreeMap<&str, u64>, Vec<u64>) = (BTreeMap::new(), Vec::new());
    let (mut messages, mut doubled) = (0, 0);
    for seed in arguments.from..arguments.from + arguments.seeds {
        let report = run(seed, broken, false);
        for (kind, count) in &report.faults {
            *faults.entry(kind).or_default() += count;
        }
        messages += report.counts.messages;
        doubled += report.counts.doubled;
        if !report.wrong.is_empty() {
            print(&report);
            failed.push(seed);
        }
    }
    println!("{} seeds, {messages} messages, {doubled} doubled and marked", arguments.seeds);
    for (kind, count) in faults {
        println!("{count:>9}  {kind}");
    }
    if !failed.is_empty() {
        println!("failed: {failed:?}");
        std::process::exit(1);
    }
}

fn print(report: &Report) {
    println!(
        "seed {} trace {:016x}, {} messages, {} doubled, {:.0} s",
        report.seed,
        report.trace_hash,
        report.counts.messages,
        report.counts.doubled,
        report.lasted.as_secs_f64()
    );
    for wrong in &report.wrong {
        println!("  {wrong}");
    }
}
