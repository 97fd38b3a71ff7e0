//! Telegram's rates: so many sends a second for a bot, a pause between two sends
//! to one chat, so many a minute to a group. Windows slide on the simulator's
//! clock, and a bot that was told to wait is refused until it has.

use std::collections::VecDeque;

use super::refusal::Refusal;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// How much is allowed; 0 switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sends accepted of one bot in any second.
    pub per_bot_per_second: usize,
    /// Milliseconds between two sends accepted for one chat.
    pub per_chat_interval_ms: i64,
    /// Sends accepted for one group in any minute.
    pub per_group_per_minute: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_bot_per_second: 30, per_chat_interval_ms: 1_000, per_group_per_minute: 20 }
    }
}

impl Limits {
    /// Everything is let through.
    pub const NONE: Self =
        Self { per_bot_per_second: 0, per_chat_interval_ms: 0, per_group_per_minute: 0 };
}

/// What a bot sent lately.
#[derive(Debug, Default)]
pub(crate) struct BotRate {
    /// Times of the sends of the last second, oldest first.
    last_second: VecDeque<i64>,
    refused_until_ms: i64,
    /// The most sends ever accepted within one second.
    pub(crate) most_in_a_second: usize,
}

/// What a group was sent in the last minute. Private chats need only the time
/// of the last send, which is kept with the chat.
#[derive(Debug, Default)]
pub(crate) struct GroupRate {
    last_minute: VecDeque<i64>,
}

impl BotRate {
    /// Is there room for one more send at `now`? A refusal is remembered.
    pub(crate) fn admit(
        &mut self,
        limits: Limits,
        now: i64,
        last_to_chat_ms: Option<i64>,
        group: Option<&mut GroupRate>,
    ) -> Result<(), Refusal> {
        if now < self.refused_until_ms {
            return Err(Refusal::too_many_requests(seconds_up(self.refused_until_ms - now)));
        }
        let mut free_at = now;
        self.forget_before(now - SECOND_MS);
        if limits.per_bot_per_second > 0 && self.last_second.len() >= limits.per_bot_per_second {
            let oldest = self.last_second.len() - limits.per_bot_per_second;
            free_at = free_at.max(self.last_second[oldest] + SECOND_MS);
        }
        if let Some(last) = last_to_chat_ms.filter(|_| limits.per_chat_interval_ms > 0) {
            free_at = free_at.max(last + limits.per_chat_interval_ms);
        }
        if let Some(group) = group.filter(|_| limits.per_group_per_minute > 0) {
            group.forget_before(now - MINUTE_MS);
            if group.last_minute.len() >= limits.per_group_per_minute {
                let oldest = group.last_minute.len() - limits.per_group_per_minute;
                free_at = free_at.max(group.last_minute[oldest] + MINUTE_MS);
            }
        }
        if free_at <= now {
            return Ok(());
        }
        let seconds = seconds_up(free_at - now);
        self.refuse_for(now, seconds);
        Err(Refusal::too_many_requests(seconds))
    }

    /// From now on the bot waits `seconds`.
    pub(crate) fn refuse_for(&mut self, now: i64, seconds: u64) {
        let until = now
            .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS));
        self.refused_until_ms = self.refused_until_ms.max(until);
    }

    /// A send was accepted.
    pub(crate) fn count(&mut self, at: i64) {
        self.forget_before(at - SECOND_MS);
        self.last_second.push_back(at);
        self.most_in_a_second = self.most_in_a_second.max(self.last_second.len());
    }

    fn forget_before(&mut self, time: i64) {
        while self.last_second.front().is_some_and(|at| *at <= time) {
            self.last_second.pop_front();
        }
    }
}

impl GroupRate {
    pub(crate) fn count(&mut self, at: i64) {
        self.forget_before(at - MINUTE_MS);
        self.last_minute.push_back(at);
    }

    fn forget_before(&mut self, time: i64) {
        while self.last_minute.front().is_some_and(|at| *at <= time) {
            self.last_minute.pop_front();
        }
    }
}

/// Milliseconds as the whole seconds that cover them, one at least.
fn seconds_up(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).div_ceil(1_000).max(1)
}
