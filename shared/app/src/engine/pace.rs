//! What this process knows of its own pace: how long the table takes to give it a message to send, and what it
//! has sent in the last seconds.
//!
//! Slots are booked evenly spaced. What is sent at its slot a little late stands closer to what follows, and enough of
//! that draws a 429: so each message is also held to the limits as this process's own sends have it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::digest::BURST;
use domain::engine::rate::Rates;
use domain::ids::{BotId, ChannelId};
use domain::time::Timestamp;
use domain::url::OfferId;
use futures::lock::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::engine::work::Address;

/// How long a booking and a chunk's claims are taken to last before the first is known.
const AT_FIRST: Duration = Duration::from_millis(10);
/// A slow answer alone gets slots booked no further ahead than for one that took so long.
const LONGEST_LEAD: Duration = Duration::from_millis(400);
/// When slots were missed because of a slow table, they are booked ahead for answers that take up to so long:
/// what takes longer has failed (the table's own time-out). Else nothing would be sent until the table recovers.
const SLOWEST: Duration = Duration::from_secs(3);
/// The limit is counted over this time.
const WINDOW: Duration = Duration::from_secs(1);
/// Two messages may come closer on their way to the channel.
const ON_THE_WAY: Duration = Duration::from_millis(3);
/// A message may stand this much closer to its chat's last one than slots do: one that was late does not make all
/// that follow it late. The rest of the way to the limit is for the way to the channel.
const CHAT_SLACK: Duration = Duration::from_millis(8);
/// So many channels' arrivals are kept in mind before the old ones are forgotten.
const ARRIVALS: usize = 4_096;
/// A bot that is allowed more than this is not held to it message by message.
const HELD_AT_MOST: f64 = 1_000.0;

/// One process's pace. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// How long a booking took, the longest lately.
    booking: Duration,
    /// How long a chunk's claims took, the longest lately.
    claim: Duration,
    /// How long the last booking and the last claims took.
    last: [Duration; 2],
    /// What slots are booked ahead for, at most.
    cap: Duration,
    /// What was sent lately by each bot, in order.
    sent: BTreeMap<BotId, VecDeque<(Timestamp, i64)>>,
    /// Until when services other than Telegram have asked to be left alone.
    pauses: BTreeMap<String, Timestamp>,
    /// When new offers came for a channel lately, and which.
    arrivals: BTreeMap<ChannelId, Vec<(Timestamp, OfferId)>>,
    /// Held by whoever books for a bot.
    bookings: BTreeMap<BotId, Arc<AsyncMutex<()>>>,
}

impl Default for State {
    fn default() -> Self {
        let (sent, pauses, bookings) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let arrivals = BTreeMap::new();
        let (last, cap) = ([AT_FIRST; 2], LONGEST_LEAD);
        Self { booking: AT_FIRST, claim: AT_FIRST, last, cap, sent, pauses, arrivals, bookings }
    }
}

impl State {
    /// Once the table answers as it should, slots are booked as near as ever.
    fn relax(&mut self) {
        if self.last.iter().all(|it| *it <= LONGEST_LEAD) {
            self.cap = LONGEST_LEAD;
        }
    }
}

impl Pace {
    /// A booking took so long.
    pub(super) fn booking_took(&self, time: Duration) {
        let mut state = self.lock();
        state.last[0] = time;
        state.relax();
        state.booking = lately(time, state.booking, state.cap);
    }

    /// A chunk's claims took so long, and with them its first slot was `missed` or not.
    pub(super) fn claim_took(&self, time: Duration, missed: bool) {
        let mut state = self.lock();
        state.last[1] = time;
        state.relax();
        if missed {
            state.cap = SLOWEST;
        }
        state.claim = lately(time, state.claim, state.cap);
    }

    /// A bot's bookings of this process go one after the other: together they would only collide on
    /// its item, and pay for it.
    pub(super) async fn booking(&self, bot: &BotId) -> OwnedMutexGuard<()> {
        let booking = Arc::clone(self.lock().bookings.entry(bot.clone()).or_default());
        booking.lock_owned().await
    }

    /// A service is to be left alone until then.
    pub(super) fn pause(&self, address: &Address, until: Timestamp) {
        let Some(name) = address.paced_with() else { return };
        let mut state = self.lock();
        let pause = state.pauses.entry(name.to_owned()).or_default();
        *pause = until.max(*pause);
    }

    /// Counts a new offer for a channel, once; whether more than `most` have come within a minute, from whichever
    /// pages. Each process counts for itself: what others send at once is not known.
    pub(super) fn is_burst(
        &self,
        channel: ChannelId,
        offer: &OfferId,
        now: Timestamp,
        most: usize,
    ) -> bool {
        if most == 0 {
            return false;
        }
        let lately = |(at, _): &(Timestamp, OfferId)| now.since(*at) < BURST;
        let mut state = self.lock();
        if state.arrivals.len() > ARRIVALS {
            state.arrivals.retain(|_, times| times.last().is_some_and(lately));
        }
        let times = state.arrivals.entry(channel).or_default();
        times.retain(lately);
        if times.iter().any(|(_, known)| known == offer) {
            return false;
        }
        if times.len() >= most {
            return true;
        }
        times.push((now, offer.clone()));
        false
    }

    /// Until when an address is to be left alone, if it is.
    pub(super) fn paused(&self, address: &Address, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.lock();
        state.pauses.retain(|_, until| *until > now);
        state.pauses.get(address.paced_with()?).copied()
    }

    /// How long before a slot its claim should begin.
    pub(super) fn claim_ahead(&self) -> Duration {
        self.lock().claim
    }

    /// The rates with the lead that the table needs. It costs no time: before its claim no message goes.
    pub(super) fn rates(&self, rates: Rates) -> Rates {
        if !is_held(rates) {
            return rates;
        }
        let state = self.lock();
        Rates { lead: state.booking + state.claim, ..rates }
    }

    /// Takes a turn to send now, or says when to ask again.
    pub(super) fn turn(
        &self,
        bot: &BotId,
        chat_id: i64,
        now: Timestamp,
        rates: Rates,
    ) -> Result<(), Timestamp> {
        if !is_held(rates) {
            return Ok(());
        }
        let mut state = self.lock();
        let sent = state.sent.entry(bot.clone()).or_default();
        let kept = WINDOW.max(rates.per_chat).max(rates.per_group) + ON_THE_WAY;
        while sent.front().is_some_and(|(at, _)| now.since(*at) > kept) {
            sent.pop_front();
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 1,000"
        )]
        let limit = rates.per_second.ceil().max(1.0) as usize;
        let full = sent.len().checked_sub(limit).and_then(|first| sent.get(first));
        let of_bot = full.map(|(at, _)| *at + WINDOW + ON_THE_WAY);
        let of_chat = sent.iter().rev().find(|(_, chat)| *chat == chat_id);
        let gap = rates.chat(chat_id).saturating_sub(CHAT_SLACK);
        let of_chat = of_chat.map(|(at, _)| *at + gap);
        if let Some(at) = of_bot.max(of_chat).filter(|at| *at > now) {
            return Err(at);
        }
        sent.push_back((now, chat_id));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a bot's sends are few enough to be told apart: each then keeps to its slot and its turn.
pub(super) fn is_held(rates: Rates) -> bool {
    rates.per_second <= HELD_AT_MOST
}

/// One slow answer is remembered for some more, not for ever.
fn lately(time: Duration, longest: Duration, cap: Duration) -> Duration {
    time.max(longest.mul_f64(0.9)).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn no_second_has_more_messages_than_the_limit_however_late_slots_are_used() {
        let (pace, bot) = (Pace::default(), BotId::default_bot());
        for chat in 0..30 {
            assert_eq!(pace.turn(&bot, chat, NOW, Rates::default()), Ok(()));
        }
        let next = NOW + Duration::from_millis(1_003);
        assert_eq!(pace.turn(&bot, 30, NOW, Rates::default()), Err(next));
        assert_eq!(pace.turn(&bot, 30, next, Rates::default()), Ok(()));
    }

    #[test]
    fn a_chat_is_not_written_to_again_within_its_second() {
        let (pace, bot) = (Pace::default(), BotId::default_bot());
        let turn = |chat, at| pace.turn(&bot, chat, at, Rates::default());
        assert_eq!(turn(1, NOW), Ok(()));
        assert_eq!(turn(2, NOW), Ok(()));
        assert_eq!(turn(1, NOW), Err(NOW + Duration::from_millis(1_012)));
        assert_eq!(turn(-3, NOW), Ok(()));
        assert_eq!(turn(-3, NOW), Err(NOW + Duration::from_millis(3_042)));
    }

    #[test]
    fn slots_lie_as_far_ahead_as_the_table_was_slow_lately() {
        let pace = Pace::default();
        let lead = || pace.rates(Rates::default()).lead;
        assert_eq!(lead(), AT_FIRST * 2);
        pace.claim_took(Duration::from_millis(60), false);
        pace.booking_took(Duration::from_millis(20));
        assert_eq!(lead(), Duration::from_millis(80));
        for _ in 0..40 {
            pace.claim_took(Duration::from_millis(2), false);
            pace.booking_took(Duration::from_millis(1));
        }
        assert_eq!(lead(), Duration::from_millis(3));
    }

    #[test]
    fn slots_that_a_slow_table_missed_lie_further_ahead_until_it_has_recovered() {
        let pace = Pace::default();
        let ahead = || pace.claim_ahead();
        let (slow, slower) = (Duration::from_millis(1_500), Duration::from_secs(8));
        pace.claim_took(slow, false);
        assert_eq!(ahead(), LONGEST_LEAD, "one slow answer that cost no slot");
        pace.claim_took(slow, true);
        assert_eq!(ahead(), slow);
        pace.claim_took(slow, false);
        assert_eq!(ahead(), slow, "it is slow still");
        pace.claim_took(slower, true);
        assert_eq!(ahead(), SLOWEST);
        pace.claim_took(Duration::from_millis(5), false);
        assert_eq!(ahead(), LONGEST_LEAD, "it has recovered");
    }

    #[test]
    fn a_slow_booking_that_misses_its_slot_lies_further_ahead_the_next_time() {
        let pace = Pace::default();
        let slow = Duration::from_millis(1_500);
        for missed in [true, true] {
            pace.booking_took(slow);
            pace.claim_took(AT_FIRST, missed);
        }
        pace.booking_took(slow);
        assert_eq!(pace.rates(Rates::default()).lead, slow + AT_FIRST);
        pace.claim_took(AT_FIRST, false);
        assert_eq!(pace.rates(Rates::default()).lead, slow + AT_FIRST, "it is slow still");
    }
}
