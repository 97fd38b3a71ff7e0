//! A queue in this process with SQS's semantics: delay, visibility time-out, receive
//! counts, a dead-letter queue, at least once. Duplicates on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::engine::Lane;
use domain::time::Timestamp;
use futures::future::BoxFuture;
use runtime::Clock;
use tokio::sync::Notify;

use crate::envelope::Envelope;
use crate::{Hint, Queue, QueueError};

/// Six times the longest run of a function, and below the clock's lag.
pub const VISIBILITY: Duration = Duration::from_secs(168);
/// After this many receives a message goes to the dead-letter queue.
pub const MAX_RECEIVES: u32 = 6;

/// A message as a consumer receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message.
    pub id: u64,
    /// This receipt of it: an older one no longer deletes it.
    pub receipt: u64,
    /// What it holds.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
}

#[derive(Debug)]
struct Held {
    body: String,
    receives: u32,
    receipt: u64,
}

#[derive(Debug, Default)]
struct LaneState {
    /// Messages by the instant from which they can be seen.
    waiting: BTreeMap<(Timestamp, u64), Held>,
    /// Where each message stands in `waiting`.
    place: BTreeMap<u64, Timestamp>,
    dead: Vec<String>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    people: LaneState,
    bulk: LaneState,
}

impl State {
    const fn lane(&mut self, lane: Lane) -> &mut LaneState {
        match lane {
            Lane::People => &mut self.people,
            Lane::Bulk => &mut self.bulk,
        }
    }
}

/// The queue. Clones share it.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Arc::default(), changed: Arc::new(Notify::new()) }
    }

    /// Puts a message on the queue, visible after `delay`.
    pub fn put(&self, lane: Lane, body: String, delay: Duration) {
        let visible = self.clock.now() + delay;
        let mut state = self.lock();
        state.next += 1;
        let id = state.next;
        let lane = state.lane(lane);
        lane.waiting.insert((visible, id), Held { body, receives: 0, receipt: 0 });
        lane.place.insert(id, visible);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Receives up to `most` messages that can be seen now; they hide for [`VISIBILITY`].
    pub fn receive(&self, lane: Lane, most: usize) -> Vec<Message> {
        let now = self.clock.now();
        let mut state = self.lock();
        let mut received = Vec::new();
        while received.len() < most {
            state.next += 1;
            let receipt = state.next;
            let lane = state.lane(lane);
            let Some((&(visible, id), _)) = lane.waiting.first_key_value() else { break };
            if visible > now {
                break;
            }
            let Some(mut held) = lane.waiting.remove(&(visible, id)) else { break };
            if held.receives >= MAX_RECEIVES {
                lane.place.remove(&id);
                lane.dead.push(held.body);
                continue;
            }
            held.receives += 1;
            held.receipt = receipt;
            received.push(Message {
                id,
                receipt,
                body: held.body.clone(),
                receives: held.receives,
            });
            lane.place.insert(id, now + VISIBILITY);
            lane.waiting.insert((now + VISIBILITY, id), held);
        }
        received
    }

    /// Deletes a received message, unless it was received again since.
    pub fn delete(&self, lane: Lane, message: &Message) {
        let mut state = self.lock();
        let lane = state.lane(lane);
        let Some(&visible) = lane.place.get(&message.id) else { return };
        if lane.waiting.get(&(visible, message.id)).is_some_and(|h| h.receipt == message.receipt) {
            lane.waiting.remove(&(visible, message.id));
            lane.place.remove(&message.id);
        }
    }

    /// From when the next message can be seen, if there is one.
    pub fn next_visible(&self, lane: Lane) -> Option<Timestamp> {
        self.lock().lane(lane).waiting.first_key_value().map(|((visible, _), _)| *visible)
    }

    /// Messages on the lane, hidden ones included.
    pub fn len(&self, lane: Lane) -> usize {
        self.lock().lane(lane).waiting.len()
    }

    /// Whether the lane has no message at all.
    pub fn is_empty(&self, lane: Lane) -> bool {
        self.len(lane) == 0
    }

    /// Bodies of the messages that were received too often.
    pub fn dead_letters(&self, lane: Lane) -> Vec<String> {
        self.lock().lane(lane).dead.clone()
    }

    /// Returns when a message was put since the call.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + use<> {
        let changed = Arc::clone(&self.changed);
        // Registered now, so that a message put before the first poll counts.
        let mut notified = Box::pin(changed.notified_owned());
        notified.as_mut().enable();
        notified
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue for MemoryQueue {
    fn send(&self, hints: Vec<Hint>) -> BoxFuture<'_, Vec<Result<(), QueueError>>> {
        Box::pin(async move {
            hints
                .into_iter()
                .map(|hint| {
                    let delay = Duration::from_secs(u64::from(hint.delay_seconds));
                    self.put(hint.lane, Envelope::encode(hint.key), delay);
                    Ok(())
                })
                .collect()
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }

        fn sleep_until(&self, _: Timestamp) -> BoxFuture<'static, ()> {
            Box::pin(futures::future::pending())
        }
    }

    fn queue() -> (Arc<Hands>, MemoryQueue) {
        let hands = Arc::new(Hands::default());
        (Arc::clone(&hands), MemoryQueue::new(hands))
    }

    #[test]
    fn a_delayed_message_is_seen_when_its_delay_is_over() {
        let (hands, queue) = queue();
        queue.put(Lane::Bulk, "a".into(), Duration::from_secs(2));
        assert!(queue.receive(Lane::Bulk, 10).is_empty());
        assert!(queue.receive(Lane::People, 10).is_empty());
        hands.0.store(2_000, Ordering::SeqCst);
        assert_eq!(queue.receive(Lane::Bulk, 10).len(), 1);
    }

    #[test]
    fn a_message_that_is_not_deleted_comes_back_with_its_count() {
        let (hands, queue) = queue();
        queue.put(Lane::People, "a".into(), Duration::ZERO);
        let first = queue.receive(Lane::People, 1).remove(0);
        assert!(queue.receive(Lane::People, 1).is_empty(), "hidden");
        hands.0.store(168_000, Ordering::SeqCst);
        let second = queue.receive(Lane::People, 1).remove(0);
        assert_eq!((first.receives, second.receives), (1, 2));
        queue.delete(Lane::People, &first);
        assert_eq!(queue.len(Lane::People), 1, "an old receipt deletes nothing");
        queue.delete(Lane::People, &second);
        assert!(queue.is_empty(Lane::People));
    }

    #[test]
    fn a_message_received_too_often_goes_to_the_dead_letter_queue() {
        let (hands, queue) = queue();
        queue.put(Lane::Bulk, "poison".into(), Duration::ZERO);
        for round in 0..MAX_RECEIVES {
            hands.0.store(i64::from(round) * 168_000, Ordering::SeqCst);
            assert_eq!(queue.receive(Lane::Bulk, 1).len(), 1);
        }
        hands.0.store(10_000_000, Ordering::SeqCst);
        assert!(queue.receive(Lane::Bulk, 1).is_empty());
        assert_eq!(queue.dead_letters(Lane::Bulk), ["poison"]);
    }
}
