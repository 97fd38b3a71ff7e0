//! How long a message that is refused in one form is asked for in another.

use domain::engine::delivery::FALLBACK_WITHIN;
use domain::time::Timestamp;
use runtime::Clock;

/// The time that the requests of one message have, all together: after it none follows a refusal, so that
/// the last one also ends well before the deadline of the run that sends.
#[derive(Clone, Copy, Debug)]
pub struct Patience<'a> {
    clock: &'a dyn Clock,
    until: Timestamp,
}

impl<'a> Patience<'a> {
    /// It begins when the sending does.
    pub fn begin(clock: &'a dyn Clock) -> Self {
        Self { clock, until: clock.now() + FALLBACK_WITHIN }
    }

    /// Whether one more request may start.
    pub fn lasts(self) -> bool {
        self.clock.now() < self.until
    }
}
