//! Time is a port: the machine's clock in production, a virtual one in tests.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use domain::time::Timestamp;
use futures::future::{BoxFuture, Either, select};

/// The time, and waiting for it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present.
    fn now(&self) -> Timestamp;

    /// Returns once the present is at or after `until`.
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, ()>;
}

impl dyn Clock {
    /// Returns after this time.
    pub fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.sleep_until(self.now() + time)
    }

    /// The future's result, or `None` when it takes longer than `limit`.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let work = std::pin::pin!(work);
        match select(work, self.sleep(limit)).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        }
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that sleeps by the machine's clock"
    )]
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // A sleep may end a little early by the wall clock, which can be adjusted meanwhile.
            loop {
                let left = until.since(Self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left).await;
            }
        })
    }
}
