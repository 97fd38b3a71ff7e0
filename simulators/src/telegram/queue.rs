//! The updates that wait for a bot: in order per chat, at most one of a chat on
//! its way, retried with growing pauses until they expire.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long most updates are kept.
const LIFETIME_MS: i64 = 86_400_000;
/// How long the press of a button is kept: nobody waits longer for an answer.
const CALLBACK_LIFETIME_MS: i64 = 150_000;
const MAX_PAUSE_S: i64 = 60;
const MAX_RETRY_AFTER_S: u64 = 3_600;

/// One update on its way to the bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) update_id: i64,
    pub(crate) chat_id: i64,
    pub(crate) expires_ms: i64,
    /// `message`, `callback_query`, …
    pub(crate) kind: String,
    /// What stands under that name in the update.
    pub(crate) content: Value,
}

impl Pending {
    pub(crate) fn new(update_id: i64, chat_id: i64, now: i64, kind: &str, content: Value) -> Self {
        let lifetime = if kind == "callback_query" { CALLBACK_LIFETIME_MS } else { LIFETIME_MS };
        Self { update_id, chat_id, expires_ms: now + lifetime, kind: kind.to_owned(), content }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut update = serde_json::Map::new();
        update.insert("update_id".into(), self.update_id.into());
        update.insert(self.kind.clone(), self.content.clone());
        Value::Object(update)
    }
}

/// The updates of one chat.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<i64>,
    in_flight: bool,
    wake_ms: i64,
    fails: u32,
    pause_s: i64,
}

/// The updates of one bot.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    updates: BTreeMap<i64, Pending>,
    lanes: HashMap<i64, Lane>,
    /// Lanes that may depart, by when; their first update's id keeps ties in order.
    ready: BTreeSet<(i64, i64, i64)>,
    in_flight: usize,
}

/// What a failed attempt leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    RetriedLater,
    Expired,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.updates.len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(crate) fn push(&mut self, pending: Pending) {
        let (id, chat_id) = (pending.update_id, pending.chat_id);
        self.updates.insert(id, pending);
        self.lanes.entry(chat_id).or_default().waiting.push_back(id);
        self.offer(chat_id);
    }

    /// Puts the head of a lane among those that may depart.
    fn offer(&mut self, chat_id: i64) {
        let Some(lane) = self.lanes.get(&chat_id) else {
            return;
        };
        match lane.waiting.front() {
            Some(head) if !lane.in_flight => {
                self.ready.insert((lane.wake_ms, *head, chat_id));
            }
            None if !lane.in_flight => {
                self.lanes.remove(&chat_id);
            }
            Some(_) | None => {}
        }
    }

    /// When the next update may depart.
    pub(crate) fn next_departure_ms(&self) -> Option<i64> {
        self.ready.first().map(|(at, _, _)| *at)
    }

    /// The next update that is due, now on its way.
    pub(crate) fn depart(&mut self, now: i64) -> Option<Pending> {
        let key @ (at, id, chat_id) = *self.ready.first()?;
        if at > now {
            return None;
        }
        self.ready.remove(&key);
        self.lanes.get_mut(&chat_id)?.in_flight = true;
        self.in_flight += 1;
        self.updates.get(&id).cloned()
    }

    /// Nobody knows what became of the attempt (its future was dropped): it is
    /// tried again at once.
    pub(crate) fn abandoned(&mut self, chat_id: i64) {
        self.landed(chat_id);
        self.offer(chat_id);
    }

    /// The attempt failed: again at once, then after 2, 4, 8 … s, or when the
    /// receiver asked for it.
    pub(crate) fn failed(
        &mut self,
        update_id: i64,
        chat_id: i64,
        now: i64,
        retry_after: Option<u64>,
    ) -> AfterFailure {
        self.landed(chat_id);
        let expires_ms =
            self.updates.get(&update_id).map_or(i64::MIN, |pending| pending.expires_ms);
        let Some(lane) = self.lanes.get_mut(&chat_id) else {
            return AfterFailure::Expired;
        };
        let asked = retry_after.filter(|seconds| *seconds > 0);
        let wait_s = match asked {
            Some(seconds) => i64::try_from(seconds.min(MAX_RETRY_AFTER_S)).unwrap_or(0),
            None if lane.fails == 0 => 0,
            None => {
                lane.pause_s = (lane.pause_s.max(1) * 2).min(MAX_PAUSE_S);
                lane.pause_s
            }
        };
        lane.fails += 1;
        lane.wake_ms = now + wait_s * 1_000;
        if lane.wake_ms > expires_ms {
            return AfterFailure::Expired;
        }
        self.offer(chat_id);
        AfterFailure::RetriedLater
    }

    /// Takes the update out: delivered, confirmed, expired or dropped.
    pub(crate) fn remove(&mut self, update_id: i64) {
        let Some(pending) = self.updates.remove(&update_id) else {
            return;
        };
        let chat_id = pending.chat_id;
        if let Some(lane) = self.lanes.get_mut(&chat_id) {
            if lane.waiting.front() == Some(&update_id) {
                self.ready.remove(&(lane.wake_ms, update_id, chat_id));
                (lane.wake_ms, lane.fails, lane.pause_s) = (0, 0, 0);
            }
            lane.waiting.retain(|id| *id != update_id);
        }
        self.offer(chat_id);
    }

    /// The attempt is over, however it ended.
    pub(crate) fn landed(&mut self, chat_id: i64) {
        if let Some(lane) = self.lanes.get_mut(&chat_id).filter(|lane| lane.in_flight) {
            lane.in_flight = false;
            self.in_flight -= 1;
        }
    }

    /// All lanes start afresh, as they do at a webhook that was set anew.
    pub(crate) fn forget_failures(&mut self) {
        self.ready.clear();
        for lane in self.lanes.values_mut() {
            (lane.wake_ms, lane.fails, lane.pause_s) = (0, 0, 0);
        }
        for chat_id in self.lanes.keys().copied().collect::<Vec<_>>() {
            self.offer(chat_id);
        }
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Pending> {
        self.updates.values()
    }

    /// Ids of updates that are past their time.
    pub(crate) fn expired(&self, now: i64) -> Vec<i64> {
        self.updates
            .values()
            .filter(|update| update.expires_ms < now)
            .map(|update| update.update_id)
            .collect()
    }
}
