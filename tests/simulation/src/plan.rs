//! What a seed asks for: how much work, and which mishaps at what rate.

use crate::bus::BusFaults;
use crate::hints::HintFaults;
use crate::line::LineFaults;
use crate::wire::TableFaults;
use crate::world::World;

/// A run's plan.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What kind of run it is.
    pub(crate) kind: Kind,
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
    /// Tasks that run each minute.
    pub(crate) tasks: usize,
    /// Whether someone subscribes: one, or nobody.
    pub(crate) subscribers: usize,
    /// Alerts of a company, each posted by several services.
    pub(crate) alerts: usize,
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
    /// On the way to the event bus, if there is one.
    pub(crate) bus: Option<BusFaults>,
    /// A chat that kills whoever writes to it, and whether a job does.
    pub(crate) poison_chat: i64,
    /// Whether something is to be written to it.
    pub(crate) poisoned: bool,
}

/// Kinds of runs. Those that press on one thing only show best when a rule about it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No mishaps.
    Calm,
    /// No mishaps, and everything at once: bulk fills the bot while people ask.
    Rush,
    /// Hints come twice, nearly at once, and Telegram takes its time.
    Stutter,
    /// The table's answers get lost.
    Amnesia,
    /// Telegram takes seconds to answer.
    Sluggish,
    /// Telegram asks for pauses while much is to be sent.
    Throttled,
    /// Clocks are set back, and hints get lost.
    SetBack,
    /// Each kind of mishap, or not, at rates of their own.
    Mixed,
}

impl Kind {
    const fn of(seed: u64) -> Self {
        match seed % 16 {
            0 => Self::Rush,
            4 | 8 | 12 => Self::Calm,
            1 => Self::Stutter,
            3 => Self::Amnesia,
            5 => Self::Sluggish,
            7 => Self::Throttled,
            9 => Self::SetBack,
            _ => Self::Mixed,
        }
    }
}

/// What befalls messages and mails in a run of mishaps that has few of them.
const OFTEN: LineFaults = LineFaults {
    refused: 0.08,
    timeout_before: 0.08,
    timeout_after: 0.08,
    error_before: 0.08,
    error_after: 0.08,
    too_many: 0.08,
    bad_request: 0.03,
    slow: 0.03,
};

/// A chat that nobody has.
const POISON: i64 = 666;

impl Plan {
    /// The plan that a seed's kind and a world's dice make.
    pub(crate) fn draw(world: &World, seed: u64) -> Self {
        let kind = Kind::of(seed);
        let mixed = kind == Kind::Mixed;
        let rate = |most: f64| if mixed { rate(world, most) } else { 0.0 };
        let size = |low, high| usize::try_from(world.between(low, high)).unwrap_or(1);
        let only = |it: Kind, high: f64, otherwise: f64| if kind == it { high } else { otherwise };
        let rush = kind == Kind::Rush;
        // What presses on one thing is pressed by that thing alone.
        let various = mixed || kind == Kind::Calm;
        let some = |high| if various { size(0, high) } else { 0 };
        Self {
            kind,
            calm: matches!(kind, Kind::Calm | Kind::Rush),
            skewed: kind == Kind::SetBack || mixed && world.chance(0.3),
            people: match kind {
                Kind::Rush => size(55, 65),
                Kind::Throttled => size(15, 20),
                _ => size(2, 9),
            },
            pages: if rush { 1 } else { size(1, 4) },
            offers: match kind {
                Kind::Rush | Kind::Throttled => size(6, 8),
                Kind::Amnesia => size(12, 20),
                _ => size(2, 14),
            },
            notes: size(1, 6),
            replies: size(1, 4),
            page_recipients: if rush { 25 } else { size(2, 6) },
            batch: size(1, 11),
            workers: if rush || kind == Kind::Stutter { 3 } else { size(1, 3) },
            crash: rate(0.002),
            clock_silent: rate(0.2),
            tick_doubled: rate(0.3),
            table: TableFaults {
                throttled: rate(0.04),
                conflict: rate(0.04),
                lost_before: rate(0.01),
                lost_after: only(Kind::Amnesia, 0.12, rate(0.02)),
                internal: rate(0.02),
            },
            line: LineFaults {
                refused: rate(0.03),
                timeout_before: rate(0.02),
                timeout_after: rate(0.02),
                error_before: rate(0.02),
                error_after: rate(0.02),
                too_many: only(Kind::Throttled, 0.03, rate(0.02)),
                bad_request: rate(0.03),
                slow: only(Kind::Sluggish, 0.9, only(Kind::Stutter, 0.5, rate(0.05))),
            },
            hints: HintFaults {
                error: rate(0.03),
                lost: only(Kind::SetBack, 0.3, rate(0.05)),
                doubled: only(Kind::Stutter, 0.7, rate(0.1)),
                delayed: rate(0.1),
            },
            bus: mixed.then(|| BusFaults {
                away: rate(0.3),
                refused: rate(0.1),
                silent: rate(0.05),
                answer_lost: rate(0.1),
            }),
            poison_chat: POISON,
            poisoned: mixed && world.chance(0.1),
            tasks: some(3),
            subscribers: some(2),
            alerts: some(4),
        }
    }

    /// The plan of a run of scenarios: weeks in which now and then everything goes wrong for a while.
    pub(crate) const fn scenarios() -> Self {
        Self {
            kind: Kind::Mixed,
            calm: false,
            skewed: false,
            people: 0,
            pages: 0,
            offers: 0,
            notes: 0,
            replies: 0,
            tasks: 0,
            subscribers: 0,
            alerts: 0,
            page_recipients: 100,
            batch: 10,
            workers: 8,
            crash: 0.002,
            clock_silent: 0.1,
            tick_doubled: 0.2,
            table: TableFaults {
                throttled: 0.02,
                conflict: 0.02,
                lost_before: 0.005,
                lost_after: 0.01,
                internal: 0.01,
            },
            line: LineFaults {
                refused: 0.02,
                timeout_before: 0.01,
                timeout_after: 0.02,
                error_before: 0.01,
                error_after: 0.02,
                too_many: 0.01,
                bad_request: 0.01,
                slow: 0.02,
            },
            hints: HintFaults { error: 0.02, lost: 0.03, doubled: 0.3, delayed: 0.05 },
            bus: None,
            poison_chat: POISON,
            poisoned: false,
        }
    }

    /// The same for a run with little to do: it meets as much in fewer steps.
    pub(crate) fn denser(self) -> Self {
        let table = TableFaults {
            conflict: self.table.conflict * 3.0,
            lost_after: (self.table.lost_after * 3.0).min(0.12),
            ..self.table
        };
        let line = if self.kind == Kind::Mixed { OFTEN } else { self.line };
        Self { crash: self.crash * 3.0, table, line, ..self }
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
