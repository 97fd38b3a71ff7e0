//! Lets each test's own thread say whether a log line is wanted.

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// Wants no line, and is asked about each.
///
/// `tracing` remembers for the whole process that a line is wanted by nobody. When one thread writes
/// a line for the first time while another begins to listen, it may remember so although the other
/// listens, and a test that reads its log misses the line. With this one in place nothing is
/// remembered: the thread that writes is asked each time.
#[derive(Debug)]
struct Asked;

impl Subscriber for Asked {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Has each thread asked about each line. To be called before the first line; again does nothing.
pub fn ask_each_thread() {
    let _ = tracing::subscriber::set_global_default(Asked);
}
