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

/// How far a run is: completed before not completed, then by what was received.
fn how_far(run: &ScenarioState) -> (bool, usize) {
    (run.status == ScenarioStatus::Completed, run.received.len())
}

/// A contact that is here already, with what was read of runs that are not here or are further along, and
/// with payments that are not known here. No run is set back, what either has received is not repeated, and
/// what went back stays so. `None` where nothing changes.
pub fn merge_contact(here: &Contact, read: &Contact, now: Timestamp) -> Option<Contact> {
    let mut merged = here.clone();
    for (slug, run) in &read.runs {
        let known = here.run(slug);
        let is_here = here.runs.contains_key(slug);
        let mut after = if is_here && how_far(&known) >= how_far(run) {
            known.clone()
        } else {
            let received = run.received.with(&known.received);
            let further = ScenarioState { received, ..run.clone() };
            // One scenario at a time: the one that is under way here goes on.
            let waits = further.is_active() && merged.active.as_ref().is_some_and(|it| it != slug);
            decide_stop(&further, now).filter(|_| waits).unwrap_or(further)
        };
        if is_here {
            after = paid_as(after, &known, run);
        }
        if after != known || !is_here {
            merged = merged.with(slug, after);
        }
    }
    (merged != *here).then_some(merged)
}

/// A run with what was paid and given for it: what is known here counts. A payment that was read counts where
/// none is known here, and it is none of those that went back.
fn paid_as(run: ScenarioState, known: &ScenarioState, read: &ScenarioState) -> ScenarioState {
    let is_new = |at: Timestamp| known.payment_date.is_none() && !known.went_back(at);
    let anew = read.payment_date.filter(|at| is_new(*at));
    let from = if anew.is_some() { read } else { known };
    ScenarioState {
        payment_date: known.payment_date.or(anew),
        refunded_payment: known.refunded_payment,
        refunded_before: known.refunded_before.clone(),
        orders: known.orders.clone(),
        unsent: known.unsent.clone(),
        after_payment: from.after_payment.clone(),
        payment_link: known.payment_link.clone().or_else(|| read.payment_link.clone()),
        invite_link: from.invite_link.clone(),
        group: from.group,
        earlier_groups: from.earlier_groups.clone(),
        access: from.access,
        ..run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::job::Words;
    use crate::ids::BotId;
    use crate::payment::{GroupAccess, OrderNumber};
    use crate::scenario::{OnRefund, Received, decide_refunded};
    use crate::slug::Slug;

    const LINK: &str = "https://t.me/+file";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    fn course() -> Slug {
        Slug::parse("course").expect("a slug")
    }

    fn with(run: &ScenarioState) -> Contact {
        Contact::new(BotId::default_bot(), 42, at(0)).with(&course(), run.clone())
    }

    /// A run that is paid, as a file has it.
    fn paid(second: i64) -> ScenarioState {
        ScenarioState {
            status: ScenarioStatus::Stopped,
            received: [0, 1].into_iter().collect(),
            payment_date: Some(at(second)),
            invite_link: Some(LINK.to_owned()),
            access: GroupAccess { joined_group: true, ..GroupAccess::default() },
            ..ScenarioState::default()
        }
    }

    fn merged(here: &ScenarioState, read: &ScenarioState) -> Option<ScenarioState> {
        merge_contact(&with(here), &with(read), at(99)).map(|it| it.run(&course()))
    }

    #[test]
    fn a_payment_that_went_back_is_not_brought_again_and_another_one_is() {
        let mut here = decide_refunded(&paid(5), OnRefund::Revoke).state;
        here.access = GroupAccess::default();
        assert_eq!(merged(&here, &paid(5)), None);
        let further = ScenarioState { received: (0..4).collect(), ..paid(5) };
        let run = merged(&here, &further).expect("it is further along");
        assert_eq!(run, ScenarioState { received: further.received, ..here.clone() });
        let run = merged(&here, &paid(6)).expect("they have paid anew");
        assert_eq!(run, ScenarioState { refunded_payment: Some(at(5)), ..paid(6) });
        let twice = decide_refunded(&run, OnRefund::Revoke).state;
        let of = |second| merged(&twice, &paid(second)).map(|it| it.payment_date);
        assert_eq!([of(5), of(6)], [None, None], "both went back");
        assert_eq!(of(4), Some(Some(at(4))), "an earlier one that did not");
    }

    #[test]
    fn what_was_paid_given_and_is_owed_here_counts_whatever_a_file_says() {
        let after_payment: Received = [2].into_iter().collect();
        let here = ScenarioState {
            received: [0, 2].into_iter().collect(),
            orders: [OrderNumber::from_random([1; 16])].into(),
            after_payment,
            unsent: Some(Words::Invite),
            invite_link: Some("https://t.me/+here".to_owned()),
            group: Some(-100),
            access: GroupAccess { removed: true, ..GroupAccess::default() },
            ..paid(5)
        };
        assert_eq!(merged(&here, &paid(7)), None);
        let further = ScenarioState { received: (0..4).collect(), ..paid(7) };
        let run = merged(&here, &further).expect("it is further along");
        assert_eq!(run, ScenarioState { received: further.received, ..here });
    }

    #[test]
    fn a_payment_that_is_not_known_here_comes_without_setting_the_run_back() {
        let here = ScenarioState {
            status: ScenarioStatus::Stopped,
            received: (0..4).collect(),
            ..ScenarioState::default()
        };
        let run = merged(&here, &paid(5)).expect("they have paid");
        assert_eq!(run, ScenarioState { received: here.received, ..paid(5) });
    }
}
