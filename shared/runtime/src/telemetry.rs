//! Logs: structured, one line per unit of work, ids only (`docs/observability.md`).

use std::io::Write;

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON lines, for `CloudWatch`.
    Json,
    /// For a person at a terminal.
    Text,
}

/// Starts logging to standard error. `filter` is a level, or levels of targets as
/// in `info,hoopoe=debug`; only the first call of a process counts.
pub fn start(format: LogFormat, filter: &str) {
    let _ = tracing::dispatcher::set_global_default(logs_to(format, filter, std::io::stderr));
}

/// Logging to wherever `writer` says, for each line anew.
pub fn logs_to<W: Write + 'static>(
    format: LogFormat,
    filter: &str,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> Dispatch {
    let filter = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true);
            Registry::default().with(lines.with_filter(filter)).into()
        }
        LogFormat::Text => {
            let lines = lines.with_target(false);
            Registry::default().with(lines.with_filter(filter)).into()
        }
    }
}
