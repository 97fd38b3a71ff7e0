//! How late messages were, and where the bot's rate did not allow more.

use std::collections::BTreeMap;

use super::log::Ms;

/// Telegram takes 30 messages a second of a bot and one of a chat; the engine aims a little below both.
const BOT_GAP_US: i64 = 34_130;
const CHAT_GAP_US: i64 = 1_020_000;
/// A bot that sends as fast as it may would be later than this: the rate does not allow it.
const ALLOWED_US: i64 = 100_000;

/// What the lateness of a step is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing was in the way.
    Calm,
    /// Telegram's limits allowed no more.
    Limited,
    /// An edit made it due at once, or about when the edit was made.
    Edited,
    /// Something failed then or shortly before.
    Troubled,
}

/// How late steps of one class were, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// How many.
    pub count: usize,
    /// The median.
    pub p50: i64,
    /// 99 of 100 were not later.
    pub p99: i64,
    /// The latest.
    pub max: i64,
}

impl Lateness {
    fn of(mut late: Vec<i64>) -> Self {
        late.sort_unstable();
        let at = |part: usize| {
            let index = (late.len() * part).div_ceil(100).saturating_sub(1);
            late.get(index).copied().unwrap_or_default()
        };
        Self { count: late.len(), p50: at(50), p99: at(99), max: at(100) }
    }
}

/// A message: when it was due, and when it went.
#[derive(Clone, Copy, Debug)]
struct Sent {
    due: Ms,
    at: Ms,
    chat: i64,
    /// The class of a step's first message; nothing for the rest.
    class: Option<Class>,
}

/// All that was sent.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Sent>);

impl Times {
    /// A step's first message.
    pub(crate) fn step(&mut self, chat: i64, due: Ms, at: Ms, class: Class) {
        self.0.push(Sent { due: due.min(at), at, chat, class: Some(class) });
    }

    /// Any other message, which was sent at its time.
    pub(crate) fn other(&mut self, chat: i64, at: Ms) {
        self.0.push(Sent { due: at, at, chat, class: None });
    }

    /// How many messages there were.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// How late steps were. A bot that does nothing but send, in the order in which messages are due and at the
    /// same limits, says where the rate allowed no more.
    pub(crate) fn lateness(mut self) -> BTreeMap<Class, Lateness> {
        self.0.sort_by_key(|sent| sent.due);
        let (mut free, mut chats) = (i64::MIN, BTreeMap::<i64, i64>::new());
        let mut late: BTreeMap<Class, Vec<i64>> = BTreeMap::new();
        for Sent { due, at, chat, class } in self.0 {
            // What was in trouble took its slot when it went.
            let wanted = if class == Some(Class::Troubled) { at } else { due } * 1_000;
            let last = chats.get(&chat).copied().unwrap_or(i64::MIN);
            let slot = wanted.max(free).max(last);
            free = slot + BOT_GAP_US;
            chats.insert(chat, slot + CHAT_GAP_US);
            let Some(class) = class else { continue };
            let limited = class == Class::Calm && slot - wanted > ALLOWED_US;
            late.entry(if limited { Class::Limited } else { class }).or_default().push(at - due);
        }
        late.into_iter().map(|(class, late)| (class, Lateness::of(late))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rate_allows_is_calm_and_the_rest_of_a_burst_is_not() {
        let mut times = Times::default();
        for number in 0..100 {
            times.step(number, 1_000, 1_000 + number * 35, Class::Calm);
        }
        times.step(7, 60_000, 60_040, Class::Calm);
        let late = times.lateness();
        assert_eq!((late[&Class::Calm].count, late[&Class::Calm].max), (4, 70));
        assert_eq!((late[&Class::Limited].count, late[&Class::Limited].max), (97, 99 * 35));
    }
}
