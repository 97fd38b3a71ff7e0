//! Create, replace, put, remove, expect: each kind of record.

use std::time::Duration;

use domain::account::{ClaimKind, NameClaim, Session};
use domain::channel::Channel;
use domain::engine::decision::SavedAnswer;
use domain::engine::{Record, Write};
use domain::offer::Offer;
use domain::watch::Page;
use table::{CommitError, keys};

use crate::fixtures::{self, bot_state, channel, id, offer, page_id, page_url, records};
use crate::wires::{Mishap, Mishaps};
use crate::world::{Cost, World};

fn changed(indexes: &[usize]) -> Result<table::Committed, CommitError> {
    Err(CommitError::Changed(indexes.to_vec()))
}

#[test]
fn a_record_is_created_once_for_two_units() {
    for (kind, record, _) in records() {
        let world = World::new();
        let decision = world.decision(vec![Write::Create(record.clone())]);
        let (made, cost) = world.cost(world.table.commit(&decision));
        assert_eq!(made, Ok(table::Committed::default()), "{kind}");
        assert_eq!(cost, Cost::writes(2.0), "{kind}");
        assert_eq!(world.commit(vec![Write::Create(record)]), changed(&[0]), "{kind} again");
    }
}

#[test]
fn a_record_is_removed_once() {
    for (kind, record, _) in records() {
        let world = World::new();
        assert_eq!(world.commit(vec![Write::Remove(record.clone())]), changed(&[0]), "{kind}");
        world.commit(vec![Write::Create(record.clone())]).expect("created");
        let decision = world.decision(vec![Write::Remove(record.clone())]);
        let (removed, cost) = world.cost(world.table.commit(&decision));
        assert!(removed.is_ok(), "{kind}: {removed:?}");
        assert_eq!(cost, Cost::writes(2.0), "{kind}");
        assert_eq!(world.commit(vec![Write::Remove(record)]), changed(&[0]), "{kind} again");
    }
}

#[test]
fn a_record_is_expected_as_it_was_read() {
    for (kind, record, _) in records() {
        let world = World::new();
        let expect = || vec![Write::Expect(record.clone())];
        assert_eq!(world.commit(expect()), changed(&[0]), "{kind} while absent");
        world.commit(vec![Write::Create(record.clone())]).expect("created");
        let decision = world.decision(expect());
        let (held, cost) = world.cost(world.table.commit(&decision));
        assert!(held.is_ok(), "{kind}: {held:?}");
        assert_eq!(cost, Cost::writes(2.0), "{kind}");
    }
}

#[test]
fn a_record_is_put_whatever_stands_there() {
    for (kind, record, _) in records() {
        let world = World::new();
        for _ in 0..2 {
            let decision = world.decision(vec![Write::Put(record.clone())]);
            let (put, cost) = world.cost(world.table.commit(&decision));
            assert!(put.is_ok(), "{kind}: {put:?}");
            assert_eq!(cost, Cost::writes(2.0), "{kind}");
        }
    }
}

#[test]
fn a_record_is_replaced_only_where_there_is_one() {
    for (kind, record, _) in records() {
        let world = World::new();
        assert_eq!(world.commit(vec![Write::Replace(record)]), changed(&[0]), "{kind}");
    }
}

#[test]
fn replacing_raises_the_version_and_refuses_what_was_read_before() {
    let world = World::new();
    world.commit(vec![Write::Create(channel().into())]).expect("created");
    let key = keys::channel(id(2), id(6));
    let read: Channel = world.get(&key).expect("there");
    let renamed = Channel { name: "Phone".to_owned(), ..read.clone() };
    let decision = world.decision(vec![Write::Replace(renamed.clone().into())]);
    let (replaced, cost) = world.cost(world.table.commit(&decision));
    assert!(replaced.is_ok());
    assert_eq!(cost, Cost::writes(2.0));
    assert_eq!(world.get(&key), Some(Channel { version: 1, ..renamed }));
    for stale in [
        Write::Replace(read.clone().into()),
        Write::Remove(read.clone().into()),
        Write::Expect(read.into()),
    ] {
        assert_eq!(world.commit(vec![stale.clone()]), changed(&[0]), "{stale:?}");
    }
}

#[test]
fn every_versioned_record_has_its_version_raised() {
    let stale: [Record; 4] = [
        fixtures::company().into(),
        fixtures::user().into(),
        fixtures::target().into(),
        channel().into(),
    ];
    for record in stale {
        let world = World::new();
        world.commit(vec![Write::Create(record.clone())]).expect("created");
        let replace = || vec![Write::Replace(record.clone())];
        assert!(world.commit(replace()).is_ok(), "{record:?}");
        assert_eq!(world.commit(replace()), changed(&[0]), "{record:?} again");
    }
}

#[test]
fn an_offer_is_replaced_by_its_next_revision_only() {
    let world = World::new();
    world.commit(vec![Write::Create(offer().into())]).expect("created");
    let next = |revision| Offer { revision, ..offer() };
    assert_eq!(world.commit(vec![Write::Replace(next(3).into())]), changed(&[0]));
    assert!(world.commit(vec![Write::Replace(next(2).into())]).is_ok());
    assert_eq!(world.commit(vec![Write::Replace(next(2).into())]), changed(&[0]), "twice");
    assert_eq!(world.commit(vec![Write::Expect(next(1).into())]), changed(&[0]), "the old one");
    assert!(world.commit(vec![Write::Expect(next(2).into())]).is_ok(), "as it stands");
    assert_eq!(world.commit(vec![Write::Remove(next(1).into())]), changed(&[0]), "the old one");
    assert!(world.commit(vec![Write::Remove(next(2).into())]).is_ok(), "as it stands");
}

#[test]
fn one_failed_condition_fails_the_whole_decision_and_is_named() {
    let world = World::new();
    world.commit(vec![Write::Create(bot_state().into())]).expect("created");
    let writes = vec![
        Write::Create(channel().into()),
        Write::Create(bot_state().into()),
        Write::Remove(fixtures::session().into()),
    ];
    assert_eq!(world.commit(writes), changed(&[1, 2]));
    assert_eq!(world.get::<Channel>(&keys::channel(id(2), id(6))), None);
}

#[test]
fn what_has_expired_is_absent_to_reads_and_to_creation() {
    let world = World::new();
    let (answer, session) = (fixtures::saved_answer(), fixtures::session());
    let writes =
        || vec![Write::Create(answer.clone().into()), Write::Create(session.clone().into())];
    world.commit(writes()).expect("created");
    let (answer_key, session_key) =
        (keys::saved_answer(&answer.key), keys::session(session.user_id, session.id));
    world.clock.pass(Duration::from_mins(10) - Duration::from_millis(1));
    assert!(world.get::<Session>(&session_key).is_some(), "one moment before");
    assert_eq!(world.commit(vec![Write::Create(session.clone().into())]), changed(&[0]));
    world.clock.pass(Duration::from_millis(1));
    assert_eq!(world.get::<Session>(&session_key), None, "at its time");
    assert!(world.get::<SavedAnswer>(&answer_key).is_some(), "the other lives longer");
    assert_eq!(world.commit(writes()), changed(&[0]), "the other stands in the way");
    assert!(world.commit(vec![Write::Create(session.into())]).is_ok(), "at its time");
}

#[test]
fn the_table_deletes_what_has_expired_and_nothing_else() {
    let world = World::new();
    let writes = records().into_iter().map(|(_, record, _)| Write::Create(record)).collect();
    world.commit(writes).expect("created");
    world.commit_jobs(vec![fixtures::fanout(9, world.now())]);
    // The engine sweeps by the machine's clock, which is past all of this.
    let kinds = "session, tokens, receipt, seen update, saved answer, run of a task, alert, \
                 throttle, seen event, word about a payment, wizard of a chat, digest entry, \
                 password reset, invitation, onboarding invite, and their tokens, relayed reply, \
                 known network";
    assert_eq!(world.database.sweep_expired(), 20, "{kinds}");
}

#[test]
fn of_two_racing_sign_ups_exactly_one_wins() {
    let world = World::new();
    let sign_up = |n: u128, name: &str, email: &str| {
        let user = domain::account::User { id: id(n), ..fixtures::user() };
        let claim = |kind, name: &str| NameClaim { kind, name: name.to_owned(), user_id: id(n) };
        world.decision(vec![
            Write::Create(user.into()),
            Write::Create(claim(ClaimKind::Username, name).into()),
            Write::Create(claim(ClaimKind::Email, email).into()),
        ])
    };
    let slow = world.over(Mishaps::of("TransactWriteItems", vec![Mishap::Overtaken]));
    let (first, second) = (sign_up(21, "ada", "a@x.example"), sign_up(22, "ada", "b@x.example"));
    let (late, early) =
        world.run(async { futures::join!(slow.commit(&first), world.table.commit(&second)) });
    assert!(early.is_ok());
    assert_eq!(late, changed(&[1]), "the username; the index names the field");
    let claim: NameClaim = world.get(&keys::name_claim(ClaimKind::Username, "ada")).expect("taken");
    assert_eq!(claim.user_id, id(22));
    let free = keys::name_claim(ClaimKind::Email, "a@x.example");
    assert_eq!(world.get::<NameClaim>(&free), None, "the loser has claimed nothing");
}

fn count(joined: bool) -> Vec<Write> {
    vec![Write::CountTarget { page_id: page_id(), url: page_url(), joined }]
}

#[test]
fn targets_of_a_page_are_counted_and_the_first_makes_the_page() {
    let world = World::new();
    let key = keys::page(&page_id());
    for expected in 1..=2 {
        let decision = world.decision(count(true));
        let (counted, cost) = world.cost(world.table.commit(&decision));
        assert!(counted.is_ok());
        assert_eq!(cost, Cost::writes(2.0));
        let page: Page = world.get(&key).expect("there");
        assert_eq!(page, Page { active_targets: expected, ..fixtures::page() });
    }
    for expected in [1, 0] {
        world.commit(count(false)).expect("counted");
        assert_eq!(world.get::<Page>(&key).map(|page| page.active_targets), Some(expected));
    }
    assert_eq!(world.commit(count(false)), changed(&[0]), "never below none");
    assert_eq!(world.get::<Page>(&key).map(|page| page.active_targets), Some(0));
    world.commit(count(true)).expect("counted");
    assert_eq!(world.get::<Page>(&key).map(|page| page.active_targets), Some(1));
}

#[test]
fn a_target_cannot_leave_a_page_that_is_unknown() {
    let world = World::new();
    assert_eq!(world.commit(count(false)), changed(&[0]));
    assert_eq!(world.get::<Page>(&keys::page(&page_id())), None);
}

#[test]
fn counting_leaves_a_lease_alone() {
    use domain::watch::PageLease;
    let world = World::new();
    world.commit(count(true)).expect("counted");
    let lease = PageLease { job_id: id(77), until: world.now() + Duration::from_mins(1) };
    let (leased, cost) = world.cost(world.table.lease_page(&page_id(), &lease));
    assert_eq!((leased, cost), (Ok(true), Cost::writes(1.0)));
    world.commit(count(true)).expect("counted");
    let page: Page = world.get(&keys::page(&page_id())).expect("there");
    assert_eq!((page.active_targets, page.lease), (2, Some(lease)));
}

#[test]
fn a_page_is_leased_to_one_job_until_its_lease_ends_or_is_given_back() {
    use domain::watch::PageLease;
    let world = World::new();
    let lease = |job: u128, minutes| PageLease {
        job_id: id(job),
        until: world.now() + Duration::from_mins(minutes),
    };
    let take = |lease: &PageLease| world.run(world.table.lease_page(&page_id(), lease));
    let give_back = |job: u128| world.run(world.table.release_page(&page_id(), id(job)));
    assert_eq!(take(&lease(1, 1)), Ok(false), "a page that nobody watches");
    world.commit(count(true)).expect("counted");
    assert_eq!(take(&lease(1, 1)), Ok(true));
    assert_eq!(take(&lease(2, 1)), Ok(false), "under a live lease");
    assert_eq!(take(&lease(1, 2)), Ok(true), "one's own is prolonged");
    assert_eq!(give_back(2), Ok(false), "another's");
    assert_eq!(give_back(1), Ok(true));
    assert_eq!(give_back(1), Ok(false), "twice");
    assert_eq!(take(&lease(2, 1)), Ok(true), "given back");
    world.clock.pass(Duration::from_mins(1));
    assert_eq!(take(&lease(1, 1)), Ok(true), "ended");
    world.commit(count(false)).expect("counted");
    world.clock.pass(Duration::from_mins(1));
    assert_eq!(take(&lease(2, 1)), Ok(false), "nobody watches it any more");
}
