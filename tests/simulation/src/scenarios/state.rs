//! Contacts and scenarios as the judge knows them.

use std::collections::{BTreeMap, VecDeque};

use super::log::{Ms, Spot, When};
use super::track::Track;

/// What a run has begun before something was said goes out all the same: a run lasts no longer.
const RUN: Ms = 30_000;
/// The last message goes again this long after `/start` at most, as it may have been in trouble meanwhile.
const RESENT: Ms = 20 * 60_000;

/// A scenario as it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) order: Vec<u16>,
    /// By step.
    pub(super) delays: Vec<Ms>,
    pub(super) versions: Vec<u32>,
    /// When each was put in.
    pub(super) born: Vec<Ms>,
    /// When each was put where it stands.
    pub(super) placed: Vec<Ms>,
    pub(super) photos: Vec<bool>,
    pub(super) consent: bool,
    pub(super) recent: VecDeque<Recent>,
}

/// An edit of late.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    pub(super) step: u16,
    pub(super) at: Ms,
    pub(super) done: When,
    pub(super) delay: Ms,
}

impl Recent {
    /// Whether a run may have begun before it was done.
    pub(super) fn races(&self, at: Ms) -> bool {
        self.at <= at && self.done.get().is_none_or(|done| at <= done + RUN)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    Fresh,
    Active,
    Stopped,
    Completed,
}

/// From when a delay is counted: at least, and at most if that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Since {
    pub(super) least: Ms,
    pub(super) most: Most,
    /// Whether something went wrong about then: the engine may count from a little later.
    pub(super) troubled: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Most {
    #[default]
    Unknown,
    At(Ms),
    /// This long before an instant that becomes known.
    Before(When, Ms),
}

impl Most {
    pub(super) fn get(&self) -> Option<Ms> {
        match self {
            Self::Unknown => None,
            Self::At(at) => Some(*at),
            Self::Before(when, by) => when.get().map(|at| at - by),
        }
    }
}

/// A contact's run of a scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) status: Status,
    pub(super) track: Option<Track>,
    pub(super) from: Since,
    /// When it was begun or taken up last: nothing of it was due before.
    pub(super) begun: When,
    /// When it was stopped.
    pub(super) stopped: Option<(Ms, When)>,
    /// The photos of the step that comes next have come, in this epoch.
    pub(super) photos: Option<(u16, Ms, u32)>,
    /// The step that came last, in this epoch.
    pub(super) last: Option<(u16, Ms, u32)>,
    /// Edits have left nothing at some time: it may have ended then.
    pub(super) exhausted: bool,
    pub(super) completed_at: Ms,
    /// The delay under which a step may be held that has another one now.
    pub(super) held_under: BTreeMap<u16, Ms>,
}

impl Run {
    /// The steps to come, from the next one on, whose time had come by this instant while something went wrong: they
    /// may be held.
    pub(super) fn may_be_held(
        &self,
        delays: &[Ms],
        at: Ms,
        in_trouble: impl Fn(Ms) -> bool,
    ) -> Vec<u16> {
        let track = self.track.as_ref().filter(|_| self.status == Status::Active);
        let Some((track, mut due)) = track.zip(self.from.most.get()) else { return Vec::new() };
        let rest = track.rest().into_iter();
        rest.take_while(|step| {
            due += delays[usize::from(*step)];
            due <= at && in_trouble(due)
        })
        .collect()
    }
}

/// A contact.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) runs: Vec<Run>,
    pub(super) active: Option<usize>,
    pub(super) asked: Option<usize>,
    pub(super) blocked: bool,
    pub(super) returned: Option<(Ms, When)>,
    pub(super) epoch: u32,
    pub(super) did: Option<(Ms, When)>,
    /// `/start`s that may send the last message again.
    pub(super) starts: Vec<Asked>,
}

/// A `/start` that may send the last message again.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) of: usize,
    pub(super) at: Ms,
    pub(super) handled: When,
    /// Whether it has sent something.
    pub(super) answered: bool,
}

impl Asked {
    pub(super) fn is_over(&self, at: Ms) -> bool {
        self.handled.get().is_some_and(|handled| at > handled + RESENT)
    }
}

impl Person {
    /// Whether what the person said last may not have been heard by then by all runs.
    pub(super) fn is_unsettled(&self, at: Ms) -> bool {
        let Some((_, handled)) = &self.did else { return false };
        handled.get().is_none_or(|handled| at <= handled + RUN)
    }

    /// Whether the last message of a scenario is still to come again, because the person has asked for it.
    pub(super) fn awaits_again(&self, of: usize, at: Ms) -> bool {
        self.starts.iter().any(|it| it.of == of && !it.answered && !it.is_over(at))
    }
}

/// The steps that were edited when a run may have begun before.
pub(super) fn recent_of(course: &Course, at: Ms) -> impl Iterator<Item = u16> {
    course.recent.iter().filter(move |it| it.races(at)).map(|it| it.step)
}

pub(super) fn stop(run: &mut Run, at: Ms, handled: &When) {
    if run.status == Status::Active {
        run.status = Status::Stopped;
        run.stopped = Some((at, handled.clone()));
    }
}

pub(super) fn place(order: &mut Vec<u16>, step: u16, spot: Spot) {
    let find = |step| order.iter().position(|it| *it == step);
    let at = match spot {
        Spot::Before(it) => find(it),
        Spot::After(it) => find(it).map(|at| at + 1),
        Spot::End => None,
    };
    order.insert(at.unwrap_or(order.len()), step);
}
