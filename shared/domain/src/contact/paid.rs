//! What payments, refunds and moves in a private group make of a contact.

use std::collections::BTreeSet;

use super::Contact;
use super::decide::cancel;
use crate::engine::Write;
use crate::engine::job::{AccessChange, Words};
use crate::payment::{AfterMove, Move, decide_move};
use crate::scenario::{OnPayment, OnRefund, Refunded, ScenarioState, decide_paid, decide_refunded};
use crate::slug::Slug;
use crate::time::Timestamp;

/// A contact who has paid.
#[derive(Clone, Debug, PartialEq)]
pub struct PaidContact {
    /// The contact.
    pub contact: Contact,
    /// The timer that is void: the payment has completed the run.
    pub cancel: Option<Write>,
}

/// A payment for a scenario's product, whichever scenario is under way. Whoever was removed from its group
/// and pays anew may come in again.
pub fn decide_contact_paid(
    contact: &Contact,
    scenario: &Slug,
    on_payment: OnPayment,
    (paid_at, now): (Timestamp, Timestamp),
) -> PaidContact {
    let run = contact.run(scenario);
    let mut paid = decide_paid(&run, on_payment, now);
    paid.state.payment_date = run.payment_date.or(Some(paid_at));
    paid.state.access.removed = false;
    let ended = paid.ended && contact.is_in(scenario);
    let cancel = cancel(contact).filter(|_| ended);
    let mut contact = contact.clone().with(scenario, paid.state);
    if ended {
        contact.next = None;
    }
    PaidContact { contact, cancel }
}

/// The money went back: the contact, and what is to be taken from them.
pub fn decide_contact_refunded(
    contact: &Contact,
    scenario: &Slug,
    on_refund: OnRefund,
) -> (Contact, Refunded) {
    let refunded = decide_refunded(&contact.run(scenario), on_refund);
    (contact.clone().with(scenario, refunded.state.clone()), refunded)
}

/// A link into a group was made for a contact, after the one `before` it: `None` where they may not have one any
/// more, or were given another meanwhile. Nobody has it then, and it is to end.
pub fn decide_invited(
    contact: &Contact,
    scenario: &Slug,
    (group, link, before): (i64, &str, Option<&str>),
) -> Option<Contact> {
    let mut run = contact.run(scenario);
    if run.invite_link.is_some() && run.invite_link.as_deref() != before {
        return None;
    }
    if !run.access.may_have_link(run.payment_date.is_some()) {
        return None;
    }
    run.invite_link = Some(link.to_owned());
    run.leads_into(group);
    Some(contact.clone().with(scenario, run))
}

/// Words that are owed for a payment did not arrive: they wait until the contact takes the bot back. `None`
/// where they wait already, or nothing stands in the way any more.
pub fn decide_unsent(contact: &Contact, scenario: &Slug, words: &Words) -> Option<Contact> {
    contact.blocked.as_ref()?;
    let mut run = contact.run(scenario);
    // What there is for a payment has the link with it.
    let waits =
        matches!(run.unsent, Some(Words::Paid { .. })) || run.unsent.as_ref() == Some(words);
    if waits || !matches!(words, Words::Paid { .. } | Words::Invite) {
        return None;
    }
    run.unsent = Some(words.clone());
    Some(contact.clone().with(scenario, run))
}

/// Someone else came into a group by this link. Whose it was has it no more; answered with the scenario that
/// it was made for. `None` where it is none of theirs.
pub fn decide_link_used(contact: &Contact, link: &str) -> Option<(Contact, Slug)> {
    let is_it = |run: &ScenarioState| run.invite_link.as_deref() == Some(link);
    let (slug, run) = contact.runs.iter().find(|(_, run)| is_it(run))?;
    let run = ScenarioState { invite_link: None, ..run.clone() };
    Some((contact.clone().with(slug, run), slug.clone()))
}

/// The money went back and the way is closed: the contact, and the groups of before that they are to leave, too.
pub fn decide_earlier_groups_left(contact: &Contact, scenario: &Slug) -> (Contact, BTreeSet<i64>) {
    let mut run = contact.run(scenario);
    if run.payment_date.is_some() || run.earlier_groups.is_empty() {
        return (contact.clone(), BTreeSet::new());
    }
    let left = std::mem::take(&mut run.earlier_groups);
    (contact.clone().with(scenario, run), left)
}

/// The contact when a group that their way leads into, or that they are in from before, has another id; `None`
/// where it is nothing to them. A link into the group that it was may not lead into the one that it is: whoever is not
/// in it gets another with `/start`.
pub fn decide_group_moved(contact: &Contact, from: i64, to: i64) -> Option<Contact> {
    let mut moved = contact.clone();
    for run in moved.runs.values_mut() {
        if run.group == Some(from) {
            run.group = Some(to);
            run.invite_link = None;
        }
        if run.earlier_groups.remove(&from) {
            run.earlier_groups.insert(to);
        }
    }
    (moved != *contact).then_some(moved)
}

/// A contact who came into a group, left it or was removed.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedContact {
    /// The contact.
    pub contact: Contact,
    /// What follows for the run of a scenario, in which group.
    pub follow: Vec<(Slug, i64, AccessChange)>,
}

/// A move in a group: `None` where it changes nothing. It is of the runs that are paid, or of all where none
/// is. `scenarios` are those that have the group, or through which the contact has their way into it; each
/// with the group that it has now.
pub fn decide_contact_moved(
    contact: &Contact,
    scenarios: &[(Slug, Option<i64>)],
    (group, what): (i64, Move),
    at: Timestamp,
) -> Option<MovedContact> {
    let is_paid = |it: &Slug| contact.run(it).payment_date.is_some();
    let any_paid = scenarios.iter().any(|(it, _)| is_paid(it));
    let (mut moved, mut follow) = (contact.clone(), Vec::new());
    for (slug, group_now) in scenarios.iter().filter(|(it, _)| !any_paid || is_paid(it)) {
        let mut run = contact.run(slug);
        if let Some(other) = run.group.filter(|it| *it != group) {
            // Their way is into another group, unless they come into this one.
            if what != Move::Joined {
                if run.earlier_groups.remove(&group) {
                    moved = moved.with(slug, run);
                }
                continue;
            }
            follow.extend(run.invite_link.take().map(|it| (slug.clone(), other, close(it))));
        }
        if what == Move::Joined {
            run.leads_into(group);
        }
        let (access, after) = decide_move(run.access, what, at, run.payment_date.is_some());
        run.access = access;
        match (what, after) {
            // One way in is enough for one group.
            (_, AfterMove::FreshLink) if follow.is_empty() => {
                let renew = AccessChange::Renew { asked: false, by_hand: false };
                follow.extend(group_now.map(|group| (slug.clone(), group, renew)));
            }
            // A link lets in one at a time: whoever is out could come back by it.
            (Move::Removed, _) => {
                follow.extend(run.invite_link.take().map(|it| (slug.clone(), group, close(it))));
            }
            _ => {}
        }
        moved = moved.with(slug, run);
    }
    let changes = moved != *contact || !follow.is_empty();
    changes.then_some(MovedContact { contact: moved, follow })
}

fn close(link: String) -> AccessChange {
    AccessChange::Close { link: Some(link), remove: false }
}

#[cfg(test)]
mod tests;
