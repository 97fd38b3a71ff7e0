//! What must hold at the end, as the judge sees it.

use domain::scenario::Part;

use super::{Course, Judge, Ms, Name, Run, Status};

/// What the judge thinks of a contact at the end.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    /// What is still to come in each scenario that was begun, and since when it has been ahead; `None` where that
    /// cannot be said.
    pub(crate) rest: Vec<Option<Vec<(u16, Ms)>>>,
    /// Which are completed.
    pub(crate) completed: Vec<bool>,
    /// The contact's epoch.
    pub(crate) epoch: u32,
}

impl Judge {
    /// Where a contact stands.
    pub(crate) fn stand(&self, chat: i64) -> Option<Stand> {
        let person = self.people.get(&chat)?;
        let rest = |run: &Run| {
            let track = run.track.as_ref().filter(|_| !run.exhausted)?;
            let since = |step| track.since(step).map(|since| (step, since));
            Some(track.rest().into_iter().filter_map(since).collect())
        };
        Some(Stand {
            rest: person.runs.iter().map(rest).collect(),
            completed: person.runs.iter().map(|it| it.status == Status::Completed).collect(),
            epoch: person.epoch,
        })
    }

    /// How many steps each scenario has had.
    pub(crate) fn steps(&self) -> Vec<u16> {
        let count = |it: &Course| u16::try_from(it.delays.len()).unwrap_or(u16::MAX);
        self.courses.iter().map(count).collect()
    }

    /// The numbers of a step's messages: photos of their own go before its text.
    pub(crate) fn parts(&self, name: Name) -> &'static [u16] {
        let photos = self.courses.get(name.of).map(|it| &it.photos);
        let has_own = photos.and_then(|it| it.get(usize::from(name.step))) == Some(&true);
        if has_own { &[Part::PHOTOS, Part::TEXT] } else { &[Part::TEXT] }
    }
}
