//! Peak memory of a fan-out to 1,000 and to 100,000 watchers, each in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use simulation::{fan_out, prepare};

/// Measures a fan-out.
#[derive(Parser)]
struct Arguments {
    /// Run one fan-out to this many watchers and print what it cost.
    #[arg(long, requires = "file")]
    watchers: Option<u64>,
    /// The table's file.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Only write the watchers into the file.
    #[arg(long)]
    prepare: bool,
    /// Print it as a line of JSON.
    #[arg(long)]
    json: bool,
    /// The larger of the two audiences that are compared.
    #[arg(long, default_value_t = 100_000)]
    most: u64,
}

/// The larger run's peak may lie this much above the smaller one's.
const ALLOWED_MB: f64 = 10.0;

fn main() {
    let arguments = Arguments::parse();
    let done = match (arguments.watchers, &arguments.file) {
        (Some(watchers), Some(file)) if arguments.prepare => prepare(watchers, file),
        (Some(watchers), Some(file)) => one(watchers, file, arguments.json),
        _ => compare(arguments.most),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn one(watchers: u64, file: &Path, json: bool) -> Result<(), String> {
    let it = fan_out(watchers, file)?;
    if json {
        let line = serde_json::json!({
            "watchers": it.watchers, "sent": it.sent, "per_s": as_float(it.sent) / it.lasted.as_secs_f64(),
            "write_units_per_message": it.write_units / as_float(it.sent),
            "read_units_per_message": it.read_units / as_float(it.sent),
            "calls_per_message": as_float(it.calls) / as_float(it.sent), "peak_mb": peak_mb()?,
        });
        println!("{line}");
        return Ok(());
    }
    println!(
        "{} watchers, {} sent in {:.0} s ({:.1}/s), least gap {} ms, {:.3} write and {:.3} read \
         units and {:.3} calls a message, peak {:.1} MB",
        it.watchers,
        it.sent,
        it.lasted.as_secs_f64(),
        as_float(it.sent) / it.lasted.as_secs_f64(),
        it.least_gap,
        it.write_units / as_float(it.sent),
        it.read_units / as_float(it.sent),
        as_float(it.calls) / as_float(it.sent),
        peak_mb()?
    );
    if it.sent == it.watchers { Ok(()) } else { Err("not one message a watcher".to_owned()) }
}

fn as_float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The most memory that this process ever held.
fn peak_mb() -> Result<f64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kilobytes.map(|kb| kb / 1_024.0).ok_or_else(|| "this system does not tell".to_owned())
}

fn compare(most: u64) -> Result<(), String> {
    let (small, large) = (measured(1_000)?, measured(most)?);
    let more = large - small;
    println!("{more:.1} MB more at {most} than at 1000 watchers; {ALLOWED_MB:.0} MB are allowed");
    if more <= ALLOWED_MB { Ok(()) } else { Err("memory grows with the audience".to_owned()) }
}

/// The peak of a run in a process of its own, over a table that another process has filled.
fn measured(watchers: u64) -> Result<f64, String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("table.db");
    run(watchers, &file, true)?;
    let text = run(watchers, &file, false)?;
    print!("{text}");
    let peak = text.rsplit("peak ").next().and_then(|rest| rest.split(' ').next()?.parse().ok());
    peak.ok_or_else(|| format!("the run with {watchers} watchers did not end"))
}

fn run(watchers: u64, file: &Path, prepare: bool) -> Result<String, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own);
    command.arg("--watchers").arg(watchers.to_string()).arg("--file").arg(file);
    if prepare {
        command.arg("--prepare");
    }
    let output = command.output().map_err(|error| error.to_string())?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
