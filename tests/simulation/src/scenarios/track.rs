//! The steps that one contact has ahead in one scenario: the judge's own idea of what an edit does, which knows
//! nothing of places and their numbers.

use super::log::{Ms, Spot};

/// A step that stands ahead, or has stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    step: u16,
    /// Whether it stands here now.
    live: bool,
    /// Since when the step has been ahead, here or elsewhere.
    since: Ms,
}

/// What is ahead of a contact, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    ahead: Vec<Item>,
    /// The step that was taken last, while it stands where it was taken.
    at: Option<u16>,
    received: u128,
    deleted: u128,
}

/// What it means that a step was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// These should have come before it.
    Past(Vec<u16>),
    /// It did not stand ahead.
    NotAhead,
}

const fn bit(step: u16) -> u128 {
    1_u128 << (step % 128)
}

impl Track {
    /// Of who begins, with the steps as they stand.
    pub(crate) fn new(order: &[u16]) -> Self {
        let ahead = order.iter().map(|&step| Item { step, live: true, since: Ms::MIN }).collect();
        Self { ahead, ..Self::default() }
    }

    /// Whether a step was received.
    pub(crate) const fn has(&self, step: u16) -> bool {
        self.received & bit(step) != 0
    }

    /// Whether an item is to be sent: its step stands there, or stood there and would be missed otherwise.
    fn counts(&self, item: Item) -> bool {
        let gone = (self.received | self.deleted) & bit(item.step) != 0;
        let elsewhere = || self.ahead.iter().any(|it| it.live && it.step == item.step);
        !gone && (item.live || !elsewhere())
    }

    /// What comes next.
    pub(crate) fn next(&self) -> Option<u16> {
        self.ahead.iter().find(|item| self.counts(**item)).map(|item| item.step)
    }

    /// All that is still to come.
    pub(crate) fn rest(&self) -> Vec<u16> {
        let mut rest = Vec::new();
        for item in self.ahead.iter().filter(|item| self.counts(**item)) {
            if !rest.contains(&item.step) {
                rest.push(item.step);
            }
        }
        rest
    }

    /// Since when a step has been ahead; `None` where it is not.
    pub(crate) fn since(&self, step: u16) -> Option<Ms> {
        let items = self.ahead.iter().filter(|item| item.step == step);
        items.map(|item| item.since).min()
    }

    /// A step was received, or is as good as received.
    pub(crate) fn take(&mut self, step: u16) -> Taken {
        let due = self.ahead.iter().position(|it| it.step == step && self.counts(*it));
        let Some(place) = due.or_else(|| self.ahead.iter().position(|it| it.step == step)) else {
            self.received |= bit(step);
            return Taken::NotAhead;
        };
        let mut past = Vec::new();
        for item in self.ahead[..place].iter().filter(|item| self.counts(**item)) {
            if item.step != step && !past.contains(&item.step) {
                past.push(item.step);
            }
        }
        self.at = self.ahead[place].live.then_some(step);
        self.ahead.drain(..=place);
        self.received |= bit(step);
        Taken::Past(past)
    }

    /// Where something put there would be ahead.
    fn find(&self, spot: Spot) -> Option<usize> {
        let live = |step| self.ahead.iter().position(|it| it.live && it.step == step);
        match spot {
            Spot::Before(step) => live(step),
            Spot::After(step) if self.at == Some(step) => Some(0),
            Spot::After(step) => live(step).map(|place| place + 1),
            Spot::End => Some(self.ahead.len()),
        }
    }

    /// A new step.
    pub(crate) fn insert(&mut self, step: u16, spot: Spot, at: Ms) {
        if let Some(place) = self.find(spot) {
            self.ahead.insert(place, Item { step, live: true, since: at });
        }
    }

    /// A step goes.
    pub(crate) fn delete(&mut self, step: u16) {
        self.leave(step);
        self.deleted |= bit(step);
    }

    /// A step stands elsewhere.
    pub(crate) fn relocate(&mut self, step: u16, spot: Spot, at: Ms) {
        let since = self.since(step).unwrap_or(at);
        self.leave(step);
        self.insert(step, spot, since);
    }

    fn leave(&mut self, step: u16) {
        if self.ahead.iter().any(|it| it.live && it.step == step) {
            // Where it stood before that counts no more.
            self.ahead.retain(|it| it.live || it.step != step);
        }
        for item in self.ahead.iter_mut().filter(|item| item.step == step) {
            item.live = false;
        }
        if self.at == Some(step) {
            self.at = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_behind_is_not_sent_and_what_is_moved_behind_is_not_missed() {
        let mut track = Track::new(&[0, 1, 2, 3]);
        assert_eq!(track.take(0), Taken::Past(vec![]));
        assert_eq!(track.take(1), Taken::Past(vec![]));
        track.insert(9, Spot::Before(1), 7);
        assert_eq!(track.rest(), [2, 3]);
        track.relocate(3, Spot::Before(0), 7);
        assert_eq!(track.rest(), [2, 3], "it comes where it stood");
        track.insert(8, Spot::After(1), 7);
        assert_eq!(track.rest(), [8, 2, 3]);
        track.relocate(9, Spot::End, 7);
        assert_eq!(track.rest(), [8, 2, 3, 9], "one that is moved ahead comes");
        track.delete(2);
        assert_eq!(track.take(3), Taken::Past(vec![8]));
        assert_eq!(track.rest(), [9]);
        track.relocate(1, Spot::End, 7);
        assert_eq!(track.take(9), Taken::Past(vec![]));
        assert_eq!(track.next(), None, "what was received does not come again");
    }

    #[test]
    fn what_is_moved_twice_comes_where_it_stood_last() {
        let mut track = Track::new(&[0, 1, 2, 3]);
        track.relocate(1, Spot::End, 7);
        assert_eq!(track.take(0), Taken::Past(vec![]));
        track.relocate(1, Spot::Before(0), 7);
        assert_eq!(track.rest(), [2, 3, 1]);
        track.relocate(3, Spot::Before(2), 7);
        track.relocate(3, Spot::Before(0), 7);
        track.relocate(3, Spot::After(2), 7);
        assert_eq!(track.rest(), [2, 3, 1], "it comes where it stands");
    }

    #[test]
    fn a_step_is_ahead_since_it_was_first_put_there() {
        let mut track = Track::new(&[0, 1, 2]);
        track.take(0);
        assert_eq!((track.since(0), track.since(1)), (None, Some(Ms::MIN)));
        track.relocate(1, Spot::End, 7);
        assert_eq!(track.since(1), Some(Ms::MIN));
        track.insert(9, Spot::Before(0), 8);
        assert_eq!(track.since(9), None, "behind");
        track.relocate(9, Spot::End, 9);
        track.relocate(9, Spot::After(2), 10);
        assert_eq!(track.since(9), Some(9));
    }

    #[test]
    fn what_was_never_ahead_is_told() {
        let mut track = Track::new(&[0, 1]);
        track.take(1);
        assert_eq!(track.take(0), Taken::NotAhead);
    }
}
