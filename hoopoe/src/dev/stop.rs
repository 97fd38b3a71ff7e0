//! Telling all tasks to end.

use tokio::sync::watch;

/// Set once; whoever has a [`Stop`] sees it.
#[derive(Debug)]
pub(super) struct Stopper(watch::Sender<bool>);

impl Stopper {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(super) fn signal(&self) -> Stop {
        Stop(self.0.subscribe())
    }

    pub(super) fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Whether to end.
#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is time to end.
    pub(super) async fn wait(&mut self) {
        // A stopper that is gone has stopped.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
