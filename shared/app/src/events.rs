//! Events out: what happened goes to a bus, so that others build on it without asking.
//!
//! Architecture invariant: an outage of the bus delays and blocks nothing. Publishing is bounded in
//! time, and what was not taken becomes a job ([`Job::PublishEvents`]). While no bus is there, or a
//! kind is switched off, nothing is written for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::channel::Channel;
use domain::engine::{Job, NewJob, Write};
use domain::event::{About, Event, EventKind, EventKinds, channel_changes, order_changes};
use domain::payment::Order;
use domain::time::Timestamp;
use events::EventBus;
use runtime::Env;

use crate::App;

/// Publishing may take this long before what is left becomes a job.
const AT_MOST: Duration = Duration::from_secs(1);
/// After the bus has failed, a process does not ask it again for this long: the jobs wait.
const PAUSE: Duration = Duration::from_secs(15);

/// Where events go, and which. Clones share what they know of the bus.
#[derive(Clone, Debug, Default)]
pub struct Events {
    bus: Option<Arc<dyn EventBus>>,
    kinds: EventKinds,
    /// Until when the bus is left alone, in milliseconds.
    paused_until: Arc<AtomicI64>,
}

impl Events {
    /// Nothing is published.
    pub fn off() -> Self {
        Self::default()
    }

    /// These kinds go to this bus.
    pub fn new(bus: Arc<dyn EventBus>, kinds: EventKinds) -> Self {
        Self { bus: Some(bus), kinds, paused_until: Arc::default() }
    }

    /// The same kinds by another way, which is made of this one; nothing stays nothing.
    #[must_use]
    pub fn by(self, way: impl FnOnce(Arc<dyn EventBus>) -> Arc<dyn EventBus>) -> Self {
        Self { bus: self.bus.map(way), ..self }
    }

    /// Whether events of this kind are published.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.bus.is_some() && self.kinds.has(kind)
    }

    /// Whether any message's end is published.
    pub(crate) fn wants_messages(&self) -> bool {
        use EventKind::{MessageFailed, MessageSent, MessageUnknown};
        [MessageSent, MessageFailed, MessageUnknown].into_iter().any(|kind| self.wants(kind))
    }

    /// Publishes the events of wanted kinds, each with what it is remade from. Answers the latter
    /// for those that were not taken by `until`, or in the time that this may take.
    pub(crate) async fn publish<T>(
        &self,
        env: &Env,
        told: Vec<(T, Event)>,
        until: Timestamp,
    ) -> Vec<T> {
        let told = told.into_iter().filter(|(_, event)| self.wants(event.kind()));
        let (origins, events): (Vec<T>, Vec<Event>) = told.unzip();
        let Some(bus) = self.bus.as_ref().filter(|_| !events.is_empty()) else {
            return Vec::new();
        };
        let now = env.now();
        let time = until.since(now).min(AT_MOST);
        if time.is_zero() || now.as_millis() < self.paused_until.load(Ordering::Relaxed) {
            return origins;
        }
        let results = env.clock.within(time, bus.publish(&events)).await;
        let taken = |at: usize| match &results {
            Some(results) => results.get(at).is_some_and(Result::is_ok),
            None => false,
        };
        let flags: Vec<bool> = (0..origins.len()).map(taken).collect();
        let left = flags.iter().filter(|taken| !**taken).count();
        if left > 0 {
            tracing::warn!(
                left,
                of = flags.len(),
                "events were not taken; a job will publish them"
            );
        }
        if left == flags.len() {
            let until = env.now() + PAUSE;
            self.paused_until.store(until.as_millis(), Ordering::Relaxed);
        }
        origins.into_iter().zip(flags).filter(|(_, taken)| !taken).map(|(it, _)| it).collect()
    }
}

/// The job that tells what a decision's writes mean for channels that were read as `before`; `None`
/// when there is nothing to tell, or nobody to tell it to. The job takes one of the transaction's actions,
/// so whoever may change very many channels does so by parts
/// ([`CHANGED_AT_ONCE`](domain::update::CHANGED_AT_ONCE)).
pub(crate) fn channels_job(app: &App, before: &[Channel], writes: &[Write]) -> Option<NewJob> {
    let wanted = app.events.wants(EventKind::ChannelActivated)
        || app.events.wants(EventKind::ChannelBlocked);
    if !wanted {
        return None;
    }
    let mut changes = channel_changes(before, writes);
    changes.retain(|change| app.events.wants(change.kind()));
    if changes.is_empty() {
        return None;
    }
    let at = app.env.now();
    let job = Job::PublishEvents { about: About::Channels { at, changes } };
    Some(NewJob { id: app.env.id(), job, due: at, owner: None })
}

/// The job that tells what a decision's writes mean for orders that were read as `before`; `None` when there
/// is nothing to tell, or nobody to tell it to.
pub(crate) fn orders_job(app: &App, before: &[Order], writes: &[Write]) -> Option<NewJob> {
    let mut changes = order_changes(before, writes);
    changes.retain(|change| app.events.wants(change.kind()));
    if changes.is_empty() {
        return None;
    }
    let at = app.env.now();
    let job = Job::PublishEvents { about: About::Orders { at, changes } };
    Some(NewJob { id: app.env.id(), job, due: at, owner: None })
}
