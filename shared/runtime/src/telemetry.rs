//! Logs: structured, one line per unit of work, ids only (`docs/observability.md`).

use std::io::Write;

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON lines, for `CloudWatch`.
    Json,
    /// For a person at a terminal.
    Text,
}

/// Starts logging to standard error. `filter` as in `tracing_subscriber::EnvFilter`; only the
/// first call of a process counts.
pub fn start(format: LogFormat, filter: &str) {
    let _ = tracing::dispatcher::set_global_default(logs_to(format, filter, std::io::stderr));
}

/// Logging to wherever `writer` says, for each line anew.
pub fn logs_to<W: Write + 'static>(
    format: LogFormat,
    filter: &str,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> Dispatch {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).finish().into(),
        LogFormat::Text => builder.with_target(false).finish().into(),
    }
}
