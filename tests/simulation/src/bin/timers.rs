//! How late timers are in virtual time, and what each costs.

use clap::Parser;
use serde_json::json;
use simulation::run_timers;

/// Measures timers.
#[derive(Parser)]
struct Arguments {
    /// How many come due within a quarter of an hour.
    #[arg(long, default_value_t = 100_000)]
    timers: u64,
    /// Print a line of JSON.
    #[arg(long)]
    json: bool,
}

fn main() {
    if let Err(error) = measure(&Arguments::parse()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let it = run_timers(arguments.timers, &directory.path().join("table.db"))?;
    if it.sent != arguments.timers {
        return Err(format!("{} messages of {} timers", it.sent, arguments.timers));
    }
    let sent = u32::try_from(it.sent).map_or(f64::MAX, f64::from);
    let at = |share: usize| it.late.get((it.late.len() * share / 100).min(it.late.len() - 1));
    let line = json!({
        "timers": it.sent, "late_p50_ms": at(50), "late_p99_ms": at(99),
        "late_min_ms": it.late.first(), "late_max_ms": it.late.last(),
        "write_units_per_timer": it.write_units / sent, "read_units_per_timer": it.read_units / sent,
        "calls_per_timer": u32::try_from(it.calls).map_or(f64::MAX, f64::from) / sent,
    });
    if arguments.json {
        println!("{line}");
    } else {
        println!("{line:#}");
    }
    Ok(())
}
