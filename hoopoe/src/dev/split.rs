//! One app for all functions, or one each as on AWS.

use std::fmt;
use std::sync::Arc;

use app::App;
use app::aws::Function;
use embedded::Embedded;
use queue::MemoryQueue;

/// What is inside a system that starts.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    /// The app as all functions could share it.
    pub app: &'a App,
    /// The table's engine.
    pub database: &'a Embedded,
    /// The queue.
    pub queue: &'a MemoryQueue,
}

type Maker = dyn Fn(Function, &Inside<'_>) -> App + Send + Sync;

/// Makes the app of each function.
#[derive(Clone)]
pub struct Split(Arc<Maker>);

impl Default for Split {
    /// All share one.
    fn default() -> Self {
        Self::by(|_, inside| inside.app.clone())
    }
}

impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").finish_non_exhaustive()
    }
}

impl Split {
    /// Each has what `of` makes for it.
    pub fn by(of: impl Fn(Function, &Inside<'_>) -> App + Send + Sync + 'static) -> Self {
        Self(Arc::new(of))
    }

    pub(super) fn functions(&self, inside: &Inside<'_>) -> Functions {
        Functions {
            api: (self.0)(api::FUNCTION, inside),
            ingest: (self.0)(ingest::FUNCTION, inside),
            telegram_webhook: (self.0)(telegram_webhook::FUNCTION, inside),
            courier_webhook: (self.0)(courier_webhook::FUNCTION, inside),
            stripe_webhook: (self.0)(stripe_webhook::FUNCTION, inside),
            prodamus_webhook: (self.0)(prodamus_webhook::FUNCTION, inside),
            deliver: (self.0)(deliver::FUNCTION, inside),
            clock: (self.0)(clock::FUNCTION, inside),
        }
    }
}

/// The app of each function.
#[derive(Debug)]
pub(super) struct Functions {
    pub(super) api: App,
    pub(super) ingest: App,
    pub(super) telegram_webhook: App,
    pub(super) courier_webhook: App,
    pub(super) stripe_webhook: App,
    pub(super) prodamus_webhook: App,
    pub(super) deliver: App,
    pub(super) clock: App,
}
