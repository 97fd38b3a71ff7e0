//! What a seed asks for: how much work, and which mishaps at what rate.

use crate::hints::HintFaults;
use crate::line::LineFaults;
use crate::wire::TableFaults;
use crate::world::World;

/// A run's plan.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// No mishaps at all: every message exactly once and in time.
    pub(crate) calm: bool,
    /// Clocks of workers may be wrong.
    pub(crate) skewed: bool,
    /// People with chats.
    pub(crate) people: usize,
    /// Pages that they watch.
    pub(crate) pages: usize,
    /// Offers posted in the first minute and a half.
    pub(crate) offers: usize,
    /// Messages for later.
    pub(crate) notes: usize,
    /// Answers of several messages.
    pub(crate) replies: usize,
    /// A page of a fan-out.
    pub(crate) page_recipients: usize,
    /// Messages that a worker takes at once.
    pub(crate) batch: usize,
    /// Workers of each lane.
    pub(crate) workers: usize,
    /// How likely a process dies at an await.
    pub(crate) crash: f64,
    /// How likely the clock is silent for minutes.
    pub(crate) clock_silent: f64,
    /// How likely two ticks run at once.
    pub(crate) tick_doubled: f64,
    /// Between processes and the table.
    pub(crate) table: TableFaults,
    /// Between processes and Telegram.
    pub(crate) line: LineFaults,
    /// On the way to the queue.
    pub(crate) hints: HintFaults,
    /// A chat that kills whoever writes to it, and whether a job does.
    pub(crate) poison_chat: i64,
    /// Whether something is to be written to it.
    pub(crate) poisoned: bool,
}

/// A chat that nobody has.
const POISON: i64 = 666;

impl Plan {
    /// The plan that a world's dice make. One in four is calm.
    pub(crate) fn draw(world: &World, seed: u64) -> Self {
        let calm = seed % 4 == 0;
        let rate = |most: f64| if calm { 0.0 } else { rate(world, most) };
        let size = |low, high| usize::try_from(world.between(low, high)).unwrap_or(1);
        Self {
            calm,
            skewed: !calm && world.chance(0.3),
            people: size(2, 9),
            pages: size(1, 4),
            offers: size(2, 14),
            notes: size(1, 6),
            replies: size(1, 4),
            page_recipients: size(2, 6),
            batch: size(1, 11),
            workers: size(1, 3),
            crash: rate(0.002),
            clock_silent: rate(0.2),
            tick_doubled: rate(0.3),
            table: TableFaults {
                throttled: rate(0.04),
                conflict: rate(0.04),
                lost_before: rate(0.01),
                lost_after: rate(0.02),
                internal: rate(0.02),
            },
            line: LineFaults {
                refused: rate(0.03),
                timeout_before: rate(0.02),
                timeout_after: rate(0.02),
                error_before: rate(0.02),
                error_after: rate(0.02),
                too_many: rate(0.02),
                bad_request: rate(0.03),
                slow: rate(0.05),
            },
            hints: HintFaults {
                error: rate(0.03),
                lost: rate(0.05),
                doubled: rate(0.1),
                delayed: rate(0.1),
            },
            poison_chat: POISON,
            poisoned: !calm && world.chance(0.08),
        }
    }
}

/// A rate up to `most`; each kind of mishap is away from half of the runs.
fn rate(world: &World, most: f64) -> f64 {
    if world.chance(0.5) {
        return 0.0;
    }
    let part = f64::from(u32::try_from(world.between(1, 101)).unwrap_or(100)) / 100.0;
    most * part
}
