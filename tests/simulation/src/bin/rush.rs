//! More to say than Telegram takes: how much of its limits is used.

use clap::Parser;
use simulation::rush;

/// Measures a rush.
#[derive(Parser)]
struct Arguments {
    /// Offers, each for one chat.
    #[arg(long, default_value_t = 300)]
    offers: u64,
    /// Chats, which get them in turn.
    #[arg(long, default_value_t = 10)]
    chats: u64,
    /// Dice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the trace.
    #[arg(long)]
    trace: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let it = match rush(arguments.offers, arguments.chats, arguments.seed) {
        Ok(it) => it,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    if arguments.trace {
        it.lines.iter().for_each(|line| println!("{line}"));
    }
    let count = |n: u64| u32::try_from(n).map_or(f64::MAX, f64::from);
    let (sent, lasted) = (count(it.sent), it.lasted.as_secs_f64());
    let gap = |share: usize| it.gaps.get(it.gaps.len() * share / 100).copied().unwrap_or_default();
    println!(
        "{} sent, {} refused, {lasted:.2} s: {:.3} of 30/s, {:.3} of 1/s a chat; gaps p50 {} p90 {} p99 {} ms; \
         {:.2} write units and {:.3} s of runs a message",
        it.sent,
        it.refused,
        sent / 30.0 / lasted,
        (sent / count(arguments.chats) - 1.0) / lasted,
        gap(50),
        gap(90),
        gap(99),
        it.write_units / sent,
        it.run_time.as_secs_f64() / sent,
    );
}
