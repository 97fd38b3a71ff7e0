//! Fills a table's file: watchers, and offers whose fan-outs wait for a worker.

use std::path::PathBuf;
use std::time::Duration;

use bench::seed;
use clap::Parser;

/// Fills a table's file.
#[derive(Parser)]
struct Arguments {
    /// The file.
    #[arg(long)]
    file: PathBuf,
    /// Watchers, each with a chat of its own.
    #[arg(long)]
    chats: u64,
    /// All of them watch one page; else each has a page of its own.
    #[arg(long)]
    together: bool,
    /// Offers that wait, spread over the pages.
    #[arg(long, default_value_t = 0)]
    offers: u64,
    /// Timers of one message each.
    #[arg(long, default_value_t = 0)]
    timers: u64,
    /// The first timer is due in so many seconds.
    #[arg(long, default_value_t = 0)]
    from_now: u64,
    /// All are due within so many seconds of that.
    #[arg(long, default_value_t = 60)]
    within: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), seed::Failed> {
    let arguments = Arguments::parse();
    let app = seed::open(&arguments.file).await?;
    seed::watch(&app, arguments.chats, arguments.together).await?;
    let pages = if arguments.together { 1 } else { arguments.chats };
    seed::offers(&app, arguments.offers, pages).await?;
    let (ahead, within) = (arguments.from_now, arguments.within);
    let (ahead, within) = (Duration::from_secs(ahead), Duration::from_secs(within));
    seed::timers(&app, arguments.timers, ahead, within).await
}
