//! Send slots: one small clock per bot, shared by every worker.
//!
//! A bot may send about 30 messages a second, a chat may receive one a second, a group
//! twenty a minute (FACTS: Telegram, Rates); a 429 is the only authority. Each bot has
//! one [`SendSlots`] item. A booking reads it, computes here, and writes it back on its version,
//! so any number of workers together stay at the limit, not over it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::job::Lane;
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// At most this many slots in one booking.
pub const BOOK_AT_MOST: usize = 25;
/// A booking reaches at most this far ahead.
pub const BOOK_AHEAD: Duration = Duration::from_secs(1);
/// Bulk books when the bot is free within this time.
const BULK_WITHIN_US: i64 = 100_000;
/// Bulk's share of a bot that people keep busy.
const BULK_FLOOR: f64 = 0.1;
/// A slot that would leave the bot idle for longer than this is reserved instead.
const IDLE_AT_MOST_US: i64 = 50_000;
/// A chat this close to its next slot is waited for rather than sent to the end of its queue.
const NEAR: Duration = Duration::from_secs(2);

/// How fast a bot sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Messages a second for the whole bot. 29.3 by default: at 30, jitter alone draws 429s.
    pub per_second: f64,
    /// Between two messages to one person.
    pub per_chat: Duration,
    /// Between two messages to one group.
    pub per_group: Duration,
    /// How far ahead a slot must lie for the table's own answers not to make it late.
    pub lead: Duration,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            per_second: 29.3,
            per_chat: Duration::from_millis(1_020),
            per_group: Duration::from_millis(3_050),
            lead: Duration::ZERO,
        }
    }
}

impl Rates {
    #[expect(clippy::cast_possible_truncation, reason = "a few microseconds to a few minutes")]
    fn interval_us(self) -> i64 {
        (1_000_000.0 / self.per_second).ceil() as i64
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few microseconds to a few minutes")]
    fn floor_us(self) -> i64 {
        (1_000_000.0 / (self.per_second * BULK_FLOOR)).ceil() as i64
    }

    fn lead_us(self) -> i64 {
        i64::try_from(self.lead.as_micros()).unwrap_or(i64::MAX)
    }

    /// Between two messages to this chat; groups have negative ids.
    pub const fn chat(self, chat_id: i64) -> Duration {
        if chat_id < 0 { self.per_group } else { self.per_chat }
    }
}

/// One chat's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatClock {
    /// From when the chat may be written to again.
    pub free: Timestamp,
    /// From when it may be reserved: after all slots promised so far.
    pub tail: Timestamp,
}

/// A bot's clocks, in microseconds where they step by fractions of a slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SendSlots {
    /// Raised by each booking; the condition of the write.
    pub version: u64,
    /// From when the bot may send.
    pub free_us: i64,
    /// From when bulk may claim its floor.
    pub bulk_free_us: i64,
    /// The clocks of chats written to lately or reserved ahead.
    pub chats: BTreeMap<i64, ChatClock>,
}

/// Who wants a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRequest {
    /// The chat to be written to.
    pub chat_id: i64,
    /// Whether the asker comes from a slot it had reserved.
    pub reserved: bool,
}

/// What a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Send at this instant.
    At(Timestamp),
    /// Ask again at this instant: the bot has no room before.
    Later(Timestamp),
    /// Ask again at this instant, for which the chat is kept for the asker.
    Kept(Timestamp),
}

impl SendSlots {
    /// Books slots for `requests` (at most [`BOOK_AT_MOST`]), in order; chats that are free go first.
    ///
    /// Returns the clocks to write back, with the version raised, and one grant per request.
    #[must_use]
    pub fn book(
        &self,
        now: Timestamp,
        lane: Lane,
        requests: &[SlotRequest],
        rates: Rates,
    ) -> (Self, Vec<Grant>) {
        let mut next = self.clone();
        next.version += 1;
        next.forget(now);
        let mut window = next.window(now, lane, rates);
        let mut order: Vec<usize> = (0..requests.len()).collect();
        order.sort_by_key(|&i| next.chats.get(&requests[i].chat_id).map(|c| c.free.max(now)));
        let mut grants = vec![Grant::Later(now); requests.len()];
        for i in order {
            grants[i] = next.grant(now, &requests[i], rates, &mut window);
        }
        (next, grants)
    }

    /// After a 429: nobody sends through this bot before `until`. Only ever moves forward.
    #[must_use]
    pub fn throttled(&self, until: Timestamp) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.free_us = next.free_us.max(until.as_millis() * 1_000);
        next
    }

    /// Whether every chat was promised to the same instant already in `before`: a booking that granted
    /// nothing and promised nothing need not be written.
    pub fn promises_as(&self, before: &Self) -> bool {
        self.chats.iter().all(|(chat, clock)| before.chats.get(chat) == Some(clock))
    }

    /// When someone who lost every race for a booking asks again.
    pub fn asks_again(&self, now: Timestamp) -> Timestamp {
        let free = Timestamp::from_millis(self.free_us.div_euclid(1_000) + 1);
        free.max(now + Duration::from_millis(20))
    }

    fn window(&self, now: Timestamp, lane: Lane, rates: Rates) -> Window {
        let now_us = now.as_millis() * 1_000;
        let at = self.free_us.max(now_us + rates.lead_us());
        let ahead = i64::try_from(BOOK_AHEAD.as_micros()).unwrap_or(i64::MAX);
        let horizon = now_us + rates.lead_us() + ahead;
        let within = BULK_WITHIN_US + rates.lead_us();
        let busy = at - now_us > within;
        let (left, floor) = match lane {
            Lane::People if busy && broken(Rule::PeopleFirst) => (0, false),
            Lane::People => (BOOK_AT_MOST, false),
            Lane::Bulk if !busy => (BOOK_AT_MOST, false),
            Lane::Bulk if self.bulk_free_us <= now_us => (1, true),
            Lane::Bulk => (0, false),
        };
        let back = if lane == Lane::Bulk { within } else { 0 };
        Window { at, horizon, left, floor, back, interval: rates.interval_us() }
    }

    fn grant(
        &mut self,
        now: Timestamp,
        request: &SlotRequest,
        rates: Rates,
        window: &mut Window,
    ) -> Grant {
        let clock = self.chats.get(&request.chat_id).copied();
        let free = clock.map_or(now, |clock| clock.free.max(now));
        let slot = window.at.max(free.as_millis() * 1_000);
        if slot - window.at > IDLE_AT_MOST_US {
            return Grant::Kept(self.reserve(free, now, request, rates));
        }
        if window.left == 0 || slot > window.horizon {
            return Grant::Later(window.ask_again(now));
        }
        window.left -= 1;
        window.at = slot + window.interval;
        self.free_us = window.at;
        if window.floor {
            self.bulk_free_us = now.as_millis() * 1_000 + rates.floor_us();
        }
        let at = Timestamp::from_millis(slot.div_euclid(1_000) + i64::from(slot % 1_000 != 0));
        let free = at + rates.chat(request.chat_id);
        let tail = clock.map_or(free, |clock| clock.tail.max(free));
        self.chats.insert(request.chat_id, ChatClock { free, tail });
        Grant::At(at)
    }

    /// Promises a chat's next slot that nobody else was promised.
    fn reserve(
        &mut self,
        free: Timestamp,
        now: Timestamp,
        request: &SlotRequest,
        rates: Rates,
    ) -> Timestamp {
        let tail = self.chats.get(&request.chat_id).map_or(free, |clock| clock.tail.max(free));
        if request.reserved && free <= now + NEAR {
            return free;
        }
        let after = tail + rates.chat(request.chat_id);
        self.chats.insert(request.chat_id, ChatClock { free, tail: after });
        tail
    }

    fn forget(&mut self, now: Timestamp) {
        self.chats.retain(|_, clock| clock.free > now || clock.tail > now);
    }
}

/// What is left to give in one booking.
struct Window {
    at: i64,
    horizon: i64,
    left: usize,
    floor: bool,
    back: i64,
    interval: i64,
}

impl Window {
    /// When to ask again: all that were refused together, so that they are booked together.
    fn ask_again(&self, now: Timestamp) -> Timestamp {
        let at = self.at - self.back;
        Timestamp::from_millis(at.div_euclid(1_000) + 1).max(now + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn ask(chats: impl IntoIterator<Item = i64>) -> Vec<SlotRequest> {
        chats.into_iter().map(|chat_id| SlotRequest { chat_id, reserved: false }).collect()
    }

    fn times(grants: &[Grant]) -> Vec<i64> {
        grants
            .iter()
            .filter_map(|grant| match grant {
                Grant::At(at) => Some(at.as_millis()),
                Grant::Later(_) | Grant::Kept(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_full_booking_reaches_less_than_a_second_ahead_at_the_bots_rate() {
        let (slots, grants) =
            SendSlots::default().book(NOW, Lane::Bulk, &ask(1..=25), Rates::default());
        let at = times(&grants);
        assert_eq!(at.len(), 25);
        assert_eq!(at[0], NOW.as_millis());
        assert!(at.windows(2).all(|pair| (34..=35).contains(&(pair[1] - pair[0]))), "{at:?}");
        assert!(slots.free_us <= (NOW + BOOK_AHEAD).as_millis() * 1_000);
    }

    #[test]
    fn a_slow_table_gets_slots_that_its_answers_do_not_make_late() {
        let rates = Rates { lead: Duration::from_millis(80), ..Rates::default() };
        let (slots, grants) = SendSlots::default().book(NOW, Lane::Bulk, &ask([1]), rates);
        assert_eq!(times(&grants), [NOW.as_millis() + 80]);
        let (_, grants) = slots.book(NOW, Lane::Bulk, &ask([2]), rates);
        assert_eq!(times(&grants).len(), 1, "the lead counts as time in which the bot is free");
    }

    #[test]
    fn bulk_waits_while_people_hold_the_bot_but_keeps_its_floor() {
        let (busy, _) =
            SendSlots::default().book(NOW, Lane::People, &ask(1..=10), Rates::default());
        let (after, grants) = busy.book(NOW, Lane::Bulk, &ask([50, 51]), Rates::default());
        assert_eq!(times(&grants).len(), 1, "one slot of the floor");
        let (_, grants) = after.book(NOW, Lane::Bulk, &ask([52]), Rates::default());
        assert!(times(&grants).is_empty(), "the floor is spent for a third of a second");
        let later = NOW + Duration::from_millis(343);
        let (kept_busy, _) = after.book(later, Lane::People, &ask(100..120), Rates::default());
        let (_, grants) = kept_busy.book(later, Lane::Bulk, &ask([52]), Rates::default());
        assert_eq!(times(&grants).len(), 1, "bulk never starves");
    }

    #[test]
    fn people_book_behind_a_booking_of_bulk_without_waiting_for_its_end() {
        let (busy, _) = SendSlots::default().book(NOW, Lane::Bulk, &ask(1..=25), Rates::default());
        let (_, grants) = busy.book(NOW, Lane::People, &ask([99]), Rates::default());
        assert_eq!(times(&grants).len(), 1);
    }

    #[test]
    fn a_chat_written_to_just_now_gets_a_slot_of_its_own_each_time() {
        let (slots, _) = SendSlots::default().book(NOW, Lane::Bulk, &ask([7]), Rates::default());
        let (slots, first) = slots.book(NOW, Lane::Bulk, &ask([7]), Rates::default());
        let (_, second) = slots.book(NOW, Lane::Bulk, &ask([7]), Rates::default());
        let at = |grants: &[Grant]| match grants[0] {
            Grant::Kept(at) => at.since(NOW).as_millis(),
            Grant::At(_) | Grant::Later(_) => 0,
        };
        assert_eq!((at(&first), at(&second)), (1_020, 2_040));
    }

    #[test]
    fn a_429_holds_the_bot_for_everyone_and_never_shortens() {
        let until = NOW + Duration::from_secs(5);
        let held = SendSlots::default().throttled(until).throttled(NOW);
        let (_, grants) = held.book(NOW, Lane::People, &ask([1]), Rates::default());
        assert_eq!(grants, [Grant::Later(until + Duration::from_millis(1))]);
    }

    proptest! {
        #[test]
        fn no_sequence_of_bookings_passes_a_limit(
            steps in prop::collection::vec(
                (0_u64..400, any::<bool>(), prop::collection::vec(-3_i64..20, 1..=25)), 1..60)
        ) {
            let rates = Rates::default();
            let mut slots = SendSlots::default();
            let mut now = NOW;
            let mut sent: Vec<(i64, i64)> = Vec::new();
            for (wait, people, chats) in steps {
                now = now + Duration::from_millis(wait);
                let lane = if people { Lane::People } else { Lane::Bulk };
                let requests = ask(chats);
                let (next, grants) = slots.book(now, lane, &requests, rates);
                slots = next;
                for (request, grant) in requests.iter().zip(&grants) {
                    match grant {
                        Grant::At(at) => {
                            prop_assert!(*at >= now && *at <= now + BOOK_AHEAD + Duration::from_millis(1));
                            sent.push((at.as_millis(), request.chat_id));
                        }
                        Grant::Later(at) | Grant::Kept(at) => prop_assert!(*at > now),
                    }
                }
            }
            sent.sort_unstable();
            prop_assert!(sent.windows(30).all(|w| w.len() < 30 || w[29].0 - w[0].0 >= 992));
            for chat in -3_i64..20 {
                let own: Vec<i64> = sent.iter().filter(|s| s.1 == chat).map(|s| s.0).collect();
                let gap = i64::try_from(rates.chat(chat).as_millis()).expect("small");
                prop_assert!(own.windows(2).all(|pair| pair[1] - pair[0] >= gap));
            }
        }
    }
}
