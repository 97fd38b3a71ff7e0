//! Numbers that tell whether a client behaved, without the whole log in memory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Entry, Outcome};

/// Totals over all bots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Calls that put messages into chats.
    pub sent: u64,
    /// Messages put into chats; an album is several.
    pub messages: u64,
    /// Files that came along with calls that were taken.
    pub uploads: u64,
    /// Calls refused, whatever for.
    pub refused: u64,
    /// Calls refused with 429.
    pub too_many_requests: u64,
    /// Refusals by error code.
    pub by_error_code: BTreeMap<u16, u64>,
    /// How often each kind of fault was injected.
    pub faults: BTreeMap<String, u64>,
}

impl Counters {
    pub(crate) fn count(&mut self, entry: &Entry, messages: usize) {
        if entry.outcome == Outcome::Sent {
            self.uploads += u64::from(entry.uploads);
        }
        match entry.outcome {
            Outcome::Sent if messages > 0 => self.sent += 1,
            Outcome::Sent => {}
            Outcome::Refused => {
                self.refused += 1;
                let code = entry.error_code.unwrap_or_default();
                *self.by_error_code.entry(code).or_default() += 1;
                self.too_many_requests += u64::from(code == 429);
            }
        }
        self.messages += messages as u64;
        if let Some(fault) = &entry.fault {
            *self.faults.entry(fault.clone()).or_default() += 1;
        }
    }
}

/// One bot and one chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatStats {
    /// The bot's username.
    pub bot: String,
    /// Which chat.
    pub chat_id: i64,
    /// Calls that put messages into it.
    pub sent: u32,
    /// The shortest time between two of them.
    pub smallest_gap_ms: Option<i64>,
}

/// One bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BotStats {
    /// Its username.
    pub bot: String,
    /// The most sends accepted within any second.
    pub most_in_a_second: usize,
    /// Updates that wait for it.
    pub pending_updates: usize,
    /// Updates on their way to it.
    pub in_flight: usize,
}

/// Everything that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Totals.
    #[serde(flatten)]
    pub totals: Counters,
    /// The shortest time between two sends to one chat, over all chats.
    pub smallest_gap_ms: Option<i64>,
    /// The most sends of one bot within any second.
    pub most_in_a_second: usize,
    /// Each bot.
    pub bots: Vec<BotStats>,
    /// Each chat that was sent something.
    pub chats: Vec<ChatStats>,
}
