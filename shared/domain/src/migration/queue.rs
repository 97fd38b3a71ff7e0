//! A run as the messages that are left, which is what files can say of it.

use std::collections::BTreeSet;

use crate::scenario::{Outline, Place, PlaceState, ScenarioState};
use crate::slug::Slug;

/// The steps that a run would still receive, in the order of the outline.
pub fn left_of(outline: &Outline, run: &ScenarioState) -> Vec<Slug> {
    let (mut run, mut left) = (run.clone(), BTreeSet::new());
    while let Some(next) = outline.next(&run) {
        left.insert(next.step.clone());
        let first = outline.received_at(next.place).unwrap_or(next.place);
        run.received.insert(first);
        run.position = Some(next.place);
    }
    outline.steps().map(|(step, _)| step).filter(|it| left.contains(it)).cloned().collect()
}

/// The run with these steps left and no others: its position is before the first of them, and all that are
/// not left count as received. So nobody is sent again what the queue no longer has, and nobody misses
/// what it has.
#[must_use]
pub fn run_with_left(outline: &Outline, run: ScenarioState, left: &[Slug]) -> ScenarioState {
    let stands = |it: &&Place| matches!(it.state, PlaceState::Live { .. });
    let places: Vec<_> = outline.places().iter().filter(stands).collect();
    let live: Vec<_> = outline.steps().map(|(step, _)| step).collect();
    let first = live.iter().position(|step| left.contains(step)).unwrap_or(live.len());
    let place_of = |step: &Slug| places.iter().find(|it| it.step == *step).map(|it| it.place);
    let received = live.iter().filter(|step| !left.contains(step));
    let position = first.checked_sub(1).and_then(|at| place_of(live[at]));
    let received = received
        .filter_map(|step| place_of(step))
        .map(|place| outline.received_at(place).unwrap_or(place))
        .collect();
    ScenarioState { position, received, ..run }
}
