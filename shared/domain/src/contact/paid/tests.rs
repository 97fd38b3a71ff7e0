use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::contact::NextStep;
use crate::engine::TimerKey;
use crate::ids::{BotId, JobId};
use crate::payment::GroupAccess;
use crate::scenario::ScenarioStatus;

const LINK: &str = "https://t.me/+abc";
const GROUP: i64 = -100;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn course() -> Slug {
    slug("course")
}

/// A contact whose run of the course has this status; one that is active has its timer.
fn contact(status: ScenarioStatus) -> Contact {
    let contact = Contact::new(BotId::default_bot(), 42, at(0));
    let run = ScenarioState { status, counts_from: Some(at(1)), ..ScenarioState::default() };
    let contact = contact.with(&course(), run);
    let next = NextStep { due: at(60), job: JobId(Uuid::from_u128(1)) };
    let is_active = status == ScenarioStatus::Active;
    Contact { next: is_active.then_some(next), ..contact }
}

fn paid(contact: &Contact) -> Contact {
    decide_contact_paid(contact, &course(), OnPayment::Continue, (at(5), at(6))).contact
}

#[test]
fn a_payment_is_honoured_whatever_is_under_way_and_ends_its_own_run_if_the_scenario_says_so() {
    use ScenarioStatus::{Active, Completed, NotStarted, Stopped};
    for (status, on_payment, after, cancels) in [
        (Active, OnPayment::Continue, Active, false),
        (Active, OnPayment::Complete, Completed, true),
        (Stopped, OnPayment::Continue, Stopped, false),
        (Stopped, OnPayment::Complete, Completed, false),
        (NotStarted, OnPayment::Continue, NotStarted, false),
        (NotStarted, OnPayment::Complete, Completed, false),
        (Completed, OnPayment::Complete, Completed, false),
    ] {
        let contact = contact(status);
        let done = decide_contact_paid(&contact, &course(), on_payment, (at(5), at(6)));
        let run = done.contact.run(&course());
        assert_eq!((run.status, run.payment_date), (after, Some(at(5))), "{status:?}");
        let timer = TimerKey::new(JobId(Uuid::from_u128(1)), at(60), at(60), None);
        assert_eq!(done.cancel, cancels.then_some(Write::Cancel(timer)), "{status:?}");
        assert_eq!(done.contact.next.is_some(), status == Active && !cancels, "{status:?}");
        assert_eq!(done.contact.active.is_some(), status == Active && !cancels, "{status:?}");
    }
}

#[test]
fn a_payment_for_another_scenario_leaves_the_one_under_way_alone() {
    let contact = contact(ScenarioStatus::Active);
    let done = decide_contact_paid(&contact, &slug("club"), OnPayment::Complete, (at(5), at(6)));
    assert_eq!((done.cancel, &done.contact.next), (None, &contact.next));
    assert_eq!(done.contact.active, Some(course()));
    assert_eq!(done.contact.run(&slug("club")).status, ScenarioStatus::Completed);
}

#[test]
fn a_move_is_of_the_run_that_paid_and_else_of_all() {
    let (course, club) = (course(), slug("club"));
    let both = [club.clone(), course.clone()].map(|it| (it, Some(GROUP)));
    let moved = |it: &Contact, what, at| decide_contact_moved(it, &both, (GROUP, what), at);
    let before = contact(ScenarioStatus::Active);
    let joined = moved(&before, Move::Joined, at(9)).expect("a change");
    let is_in = |it: &Contact, slug: &Slug| it.run(slug).access.joined_group;
    assert!(is_in(&joined.contact, &course) && is_in(&joined.contact, &club));
    let joined = moved(&paid(&before), Move::Joined, at(9));
    let joined = joined.expect("a change").contact;
    assert_eq!((is_in(&joined, &course), is_in(&joined, &club)), (true, false));
    assert_eq!(joined.run(&course).access.joined_at, Some(at(9)));
    assert_eq!(decide_contact_moved(&joined, &[], (GROUP, Move::Left), at(10)), None);
    let left = moved(&joined, Move::Left, at(10)).expect("a change");
    assert_eq!(
        left.follow,
        [(course, GROUP, AccessChange::Renew { asked: false, by_hand: false })]
    );
}

#[test]
fn whoever_is_removed_loses_the_link_and_gets_none_until_they_pay_anew() {
    let course = course();
    let way = (GROUP, LINK, None);
    let invited = decide_invited(&paid(&contact(ScenarioStatus::Active)), &course, way);
    let invited = invited.expect("they have paid");
    let scenarios = [(course.clone(), Some(GROUP))];
    let removed = decide_contact_moved(&invited, &scenarios, (GROUP, Move::Removed), at(9));
    let removed = removed.expect("a change");
    let close = AccessChange::Close { link: Some(LINK.to_owned()), remove: false };
    assert_eq!(removed.follow, [(course.clone(), GROUP, close)]);
    let removed = removed.contact;
    assert_eq!(decide_invited(&removed, &course, way), None);
    assert!(!removed.run(&course).lacks_invite(GROUP));
    assert!(paid(&removed).run(&course).lacks_invite(GROUP));
}

#[test]
fn a_group_with_another_id_is_the_same_group_and_its_links_are_made_anew() {
    let (course, now) = (course(), -1_001_000_000_000);
    let invited =
        decide_invited(&paid(&contact(ScenarioStatus::Active)), &course, (GROUP, LINK, None));
    let invited = invited.expect("they have paid");
    assert!(!invited.run(&course).lacks_invite(GROUP));
    let moved = decide_group_moved(&invited, GROUP, now).expect("it is theirs");
    assert!(moved.run(&course).lacks_invite(now), "the link that they had may be void");
    assert_eq!(decide_group_moved(&moved, GROUP, now), None, "told again");
    let scenarios = [(course.clone(), Some(GROUP))];
    let inside = decide_contact_moved(&invited, &scenarios, (GROUP, Move::Joined), at(9));
    let inside = decide_group_moved(&inside.expect("a change").contact, GROUP, now);
    let run = inside.expect("it is theirs").run(&course);
    assert_eq!((run.group, run.access.joined_group), (Some(now), true), "Telegram took them along");
    assert!(!run.lacks_invite(now));
}

#[test]
fn a_way_is_into_the_group_that_it_was_made_for_whatever_the_scenario_has_now() {
    let (course, new_group) = (course(), -200);
    let invited =
        decide_invited(&paid(&contact(ScenarioStatus::Active)), &course, (GROUP, LINK, None));
    let scenarios = [(course.clone(), Some(new_group))];
    let moved = |it: &Contact, to| decide_contact_moved(it, &scenarios, to, at(9));
    let inside = moved(&invited.expect("they have paid"), (GROUP, Move::Joined));
    let inside = inside.expect("a change").contact;
    assert!(!inside.run(&course).lacks_invite(GROUP));
    assert!(inside.run(&course).lacks_invite(new_group), "they may come into the new one");
    assert_eq!(moved(&inside, (new_group, Move::Removed)), None, "their way is into the other");
    let left = moved(&inside, (GROUP, Move::Left)).expect("a change");
    let renew = AccessChange::Renew { asked: false, by_hand: false };
    assert_eq!(left.follow, [(course.clone(), new_group, renew)]);
    let there = moved(&inside, (new_group, Move::Joined)).expect("a change");
    let close = AccessChange::Close { link: Some(LINK.to_owned()), remove: false };
    assert_eq!(there.follow, [(course.clone(), GROUP, close)]);
    let invited = decide_invited(&inside, &course, (new_group, "https://t.me/+new", Some(LINK)));
    let invited = invited.expect("they have paid");
    let run = invited.run(&course);
    assert_eq!((run.group, run.access.joined_group), (Some(new_group), false));
    let both = BTreeSet::from([GROUP]);
    assert_eq!(there.contact.run(&course).earlier_groups, both, "they are in it, too");
    assert!(decide_earlier_groups_left(&invited, &course).1.is_empty(), "they have paid");
    let unpaid = decide_contact_refunded(&invited, &course, OnRefund::Revoke).0;
    let (after, left) = decide_earlier_groups_left(&unpaid, &course);
    assert_eq!((left, after.run(&course).earlier_groups), (both, BTreeSet::new()));
    let kept = decide_contact_refunded(&invited, &course, OnRefund::Keep).0;
    assert!(decide_earlier_groups_left(&kept, &course).1.is_empty());
    let gone = moved(&invited, (GROUP, Move::Left)).expect("a change");
    assert!(gone.follow.is_empty() && gone.contact.run(&course).earlier_groups.is_empty());
}

#[test]
fn of_two_links_that_are_made_at_once_the_one_that_was_written_first_stays_the_contacts() {
    let paid = paid(&contact(ScenarioStatus::Active));
    let first = decide_invited(&paid, &course(), (GROUP, LINK, None)).expect("they have paid");
    let (second, third) = ("https://t.me/+second", "https://t.me/+third");
    assert_eq!(decide_invited(&first, &course(), (GROUP, second, None)), None, "it is to end");
    let fresh = decide_invited(&first, &course(), (GROUP, second, Some(LINK)));
    let fresh = fresh.expect("the first one has ended");
    assert_eq!(fresh.run(&course()).invite_link.as_deref(), Some(second));
    assert_eq!(decide_invited(&fresh, &course(), (GROUP, third, Some(LINK))), None);
}

#[test]
fn a_link_that_someone_else_has_used_is_the_contacts_no_more() {
    let invited =
        decide_invited(&paid(&contact(ScenarioStatus::Active)), &course(), (GROUP, LINK, None));
    let invited = invited.expect("they have paid");
    assert_eq!(decide_link_used(&invited, "https://t.me/+other"), None);
    let (without, scenario) = decide_link_used(&invited, LINK).expect("it is theirs");
    assert_eq!(scenario, course());
    assert!(without.run(&course()).lacks_invite(GROUP));
    assert_eq!(decide_link_used(&without, LINK), None, "it is none of theirs any more");
}

/// What may happen between a contact and a group, each in any order.
#[derive(Clone, Copy, Debug)]
enum Event {
    Paid,
    Refunded(OnRefund),
    Moved(Move),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Paid),
        Just(Event::Refunded(OnRefund::Revoke)),
        Just(Event::Refunded(OnRefund::Keep)),
        Just(Event::Moved(Move::Joined)),
        Just(Event::Moved(Move::Left)),
        Just(Event::Moved(Move::Removed)),
        Just(Event::Moved(Move::TakenOut)),
    ]
}

fn moved(contact: &Contact, what: Move, now: i64) -> Option<MovedContact> {
    decide_contact_moved(contact, &[(course(), Some(GROUP))], (GROUP, what), at(now))
}

/// The contact after an event, and whether a link is to be made for them.
fn after(contact: &Contact, event: Event, now: i64) -> (Contact, bool) {
    match event {
        Event::Paid => (paid(contact), true),
        Event::Refunded(on_refund) => {
            (decide_contact_refunded(contact, &course(), on_refund).0, false)
        }
        Event::Moved(what) => match moved(contact, what, now) {
            Some(moved) => {
                let renews = |it: &AccessChange| matches!(it, AccessChange::Renew { .. });
                let fresh = moved.follow.iter().any(|(_, _, it)| renews(it));
                (moved.contact, fresh)
            }
            None => (contact.clone(), false),
        },
    }
}

fn ends(events: impl IntoIterator<Item = Event>) -> Contact {
    let start = contact(ScenarioStatus::Active);
    events.into_iter().zip(0..).fold(start, |contact, (event, now)| after(&contact, event, now).0)
}

proptest! {
    #[test]
    fn no_link_is_made_for_whoever_has_not_paid_or_was_removed(
        events in prop::collection::vec(event(), 0..20),
    ) {
        let mut contact = contact(ScenarioStatus::Active);
        for (event, now) in events.into_iter().zip(0..) {
            let (next, fresh) = after(&contact, event, now);
            contact = next;
            let run = contact.run(&course());
            prop_assert!(!fresh || run.access.may_have_link(run.payment_date.is_some()));
            let made = (GROUP, LINK, run.invite_link.as_deref());
            if fresh && let Some(invited) = decide_invited(&contact, &course(), made) {
                contact = invited;
            }
            let run = contact.run(&course());
            prop_assert!(run.invite_link.is_none() || !run.access.removed);
            prop_assert_eq!(contact.next.as_ref().map(|it| it.due), Some(at(60)));
        }
    }

    #[test]
    fn payments_and_moves_end_the_same_whichever_comes_first(
        moves in prop::collection::vec(prop::sample::select(vec![Move::Joined, Move::Left]), 0..6),
        payments in prop::collection::vec(any::<bool>(), 0..6),
        first in prop::collection::vec(any::<bool>(), 12),
    ) {
        let moves: Vec<Event> = moves.into_iter().map(Event::Moved).collect();
        let payments: Vec<Event> = payments
            .into_iter()
            .map(|paid| if paid { Event::Paid } else { Event::Refunded(OnRefund::Keep) })
            .collect();
        let (mut left, mut right) = (moves.iter().copied(), payments.iter().copied());
        let mut mixed: Vec<Event> = first
            .into_iter()
            .filter_map(|first| if first { left.next() } else { right.next() })
            .collect();
        mixed.extend(left.chain(right));
        let known = |it: Contact| {
            let run = it.run(&course());
            let GroupAccess { joined_group, removed, .. } = run.access;
            (run.payment_date, joined_group, removed, run.status)
        };
        prop_assert_eq!(known(ends(mixed)), known(ends(moves.into_iter().chain(payments))));
    }
}

#[test]
fn what_was_refused_before_a_return_may_be_sent_after_it() {
    let reachable = paid(&contact(ScenarioStatus::Completed));
    assert!(!reachable.has_returned_since(at(0)), "nothing stood in the way");
    let (blocked, _) = super::super::block(&reachable, "blocked").expect("it was not");
    let job = JobId(Uuid::from_u128(2));
    let back = super::super::unblock(&blocked, None, at(9), job).expect("it was blocked").contact;
    assert!(back.has_returned_since(at(8)));
    assert!(!back.has_returned_since(at(9)), "that was for another reason");
    let (again, _) = super::super::block(&back, "blocked").expect("it was not");
    assert!(!again.has_returned_since(at(8)), "it waits for the next return");
}

#[test]
fn what_a_payment_owes_waits_while_the_bot_is_blocked_and_is_told_once_on_return() {
    let words = Words::Paid { product: "Course".to_owned() };
    let reachable = paid(&contact(ScenarioStatus::Completed));
    assert_eq!(decide_unsent(&reachable, &course(), &words), None, "nothing stands in the way");
    let (blocked, _) = super::super::block(&reachable, "blocked").expect("it was not");
    assert_eq!(decide_unsent(&blocked, &course(), &Words::Summary), None, "nobody has paid for it");
    let invited = decide_unsent(&blocked, &course(), &Words::Invite).expect("it waits");
    let owing = decide_unsent(&invited, &course(), &words).expect("that waits in its place");
    assert_eq!(decide_unsent(&owing, &course(), &words), None);
    assert_eq!(decide_unsent(&owing, &course(), &Words::Invite), None, "the link comes with it");
    let job = JobId(Uuid::from_u128(2));
    let back = super::super::unblock(&owing, None, at(9), job).expect("it was blocked");
    assert_eq!(back.owed, [(course(), words)]);
    let (again, _) = super::super::block(&back.contact, "blocked").expect("it was not");
    let back = super::super::unblock(&again, None, at(10), job).expect("it was blocked");
    assert!(back.owed.is_empty(), "{back:?}");
    let (refunded, _) = decide_contact_refunded(&owing, &course(), OnRefund::Keep);
    let back = super::super::unblock(&refunded, None, at(9), job).expect("it was blocked");
    assert!(back.owed.is_empty(), "the money went back: {back:?}");
}
