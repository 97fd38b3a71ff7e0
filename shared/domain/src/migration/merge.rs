//! What is read for a bot that has scenarios and contacts already.

use super::queue::{left_of, run_with_left};
use crate::contact::Contact;
use crate::scenario::{Outline, ScenarioState, ScenarioStatus, decide_stop};
use crate::time::Timestamp;

/// A run that was read with one outline, in another one of the same scenario: the same messages are ahead,
/// and those that the other has beside them after the first of these.
#[must_use]
pub fn rebase_run(from: &Outline, to: &Outline, run: &ScenarioState) -> ScenarioState {
    if from == to || run.status == ScenarioStatus::NotStarted {
        return run.clone();
    }
    let ahead = left_of(from, run);
    let first = to.steps().position(|(step, _)| ahead.contains(step));
    let is_left = |(n, (step, _)): &(usize, (&_, u32))| {
        ahead.contains(step) || (!from.has(step) && first.is_some_and(|first| *n > first))
    };
    let left: Vec<_> = to.steps().enumerate().filter(is_left).map(|(_, it)| it.0.clone()).collect();
    let due = run.due(from).filter(|_| run.is_active());
    let run = run_with_left(to, run.clone(), &left);
    match due {
        Some(due) if !left.is_empty() => run.with_due(to, due),
        _ if run.is_active() => ScenarioState { status: ScenarioStatus::Completed, ..run },
        _ => run,
    }
}

/// How far a run is: paid before not paid, completed before not completed, then by what was received.
fn how_far(run: &ScenarioState) -> (bool, bool, usize, bool) {
    let completed = run.status == ScenarioStatus::Completed;
    (run.payment_date.is_some(), completed, run.received.len(), run.access.joined_group)
}

/// A contact that is here already, with the runs that were read and are further along than those here. No
/// run is set back, and what either has received is not repeated. `None` where nothing changes.
pub fn merge_contact(here: &Contact, read: &Contact, now: Timestamp) -> Option<Contact> {
    let mut merged = here.clone();
    for (slug, run) in &read.runs {
        let known = here.run(slug);
        if here.runs.contains_key(slug) && how_far(&known) >= how_far(run) {
            continue;
        }
        let mut run = run.clone();
        run.received = run.received.with(&known.received);
        run.payment_link = run.payment_link.or(known.payment_link);
        run.invite_link = run.invite_link.or(known.invite_link);
        // One scenario at a time: the one that is under way here goes on.
        if run.is_active() && merged.active.as_ref().is_some_and(|active| active != slug) {
            run = decide_stop(&run, now).unwrap_or(run);
        }
        merged = merged.with(slug, run);
    }
    (merged != *here).then_some(merged)
}
