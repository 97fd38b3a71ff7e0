//! What a run begins with, what is owed in it, and what is counted.

use super::log::{Ms, Name};

/// A step of a scenario as it is at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    /// Its delay.
    pub(crate) delay: Ms,
    /// Whether photos go before its text, as a message of their own.
    pub(crate) photos: bool,
}

/// A step that has not come and must be held in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The contact.
    pub(crate) chat: i64,
    /// The step.
    pub(crate) name: Name,
    /// The number of its message.
    pub(crate) part: u16,
    /// The contact's epoch at most.
    pub(crate) epoch: u32,
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Steps that came, each once.
    pub steps: u64,
    /// Last messages that came again on `/start`.
    pub resent: u64,
    /// Steps that came again to whoever took the bot back: they were refused in the midst.
    pub again: u64,
    /// Runs that were completed.
    pub completed: u64,
    /// Switches from one scenario to another.
    pub switched: u64,
    /// Runs taken up where they were.
    pub resumed: u64,
    /// People who blocked the bot.
    pub blocked: u64,
    /// People who took it back.
    pub returned: u64,
    /// Edits.
    pub edits: u64,
    /// Words of thanks for payments, unmarked.
    pub thanks: u64,
    /// Messages of broadcasts.
    pub broadcast: u64,
}
