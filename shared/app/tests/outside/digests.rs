//! Digests: what gathering costs, and that nothing is told twice or lost when a process dies.

use std::sync::Arc;
use std::time::Duration;

use app::Pace;
use app::engine::Ack;
use domain::digest::DigestEntry;
use domain::engine::delivery::{DeliveryKey, DeliveryStatus, Recipient};
use domain::engine::{Decision, Job, Timer, Write};
use domain::event::{About, EventKind, EventKinds};
use domain::url::{CanonicalUrl, OfferId};
use domain::watch::{Digest, Filter, Rules};
use fixture::wire::Panicking;
use runtime::config::Site;
use table::keys;

use crate::world::{Mood, World};

/// At less than three minutes before the hour.
fn world() -> World {
    let world = World::silent();
    world.fixture.clock.pass(Duration::from_mins(44));
    world
}

/// Where more than five new offers within a minute become one message.
fn bundling() -> World {
    let mut world = world();
    world.app.site = Arc::new(Site { bundle_above: 5, ..(*world.app.site).clone() });
    world
}

/// So many offers were told already, each by itself, that the next is one too many.
fn about_to_bundle() -> World {
    let world = bundling();
    world.watcher(1);
    for n in 1..=5 {
        world.post(n);
        world.settle();
    }
    assert_eq!(world.phones.received(), [1; 5]);
    world
}

fn hourly() -> Rules {
    Rules { digest: Digest::Hourly, ..Rules::default() }
}

/// Runs what is due of the fan-outs, and leaves the digests.
fn gather(world: &World, n: u32) -> table::Usage {
    world.post(n);
    world.app.table.meter().take();
    world.hint(&world.app, 1);
    world.app.table.meter().take()
}

/// Lets the time pass until the first timer is due.
fn until_it_is_due(world: &World) {
    let due = world.fixture.timers().first().expect("a timer").due;
    world.fixture.clock.pass(due.since(world.app.env.now()));
}

fn digests(world: &World) -> usize {
    let timers = world.fixture.timers();
    assert!(timers.iter().all(|timer| matches!(timer.job, Job::Digest { .. })), "{timers:?}");
    timers.len()
}

#[test]
fn gathering_costs_two_write_units_an_offer_and_two_for_a_digest_that_begins() {
    let world = world();
    for chat in 1..=3 {
        world.watcher_by(chat, hourly());
    }
    let first = gather(&world, 1);
    assert!(
        (first.write - 13.0).abs() < f64::EPSILON,
        "entries, timers, the page's own: {first:?}"
    );
    assert_eq!(digests(&world), 3);
    let second = gather(&world, 2);
    assert!((second.write - 7.0).abs() < f64::EPSILON, "entries, the page's own: {second:?}");
    assert_eq!(digests(&world), 3);
    assert_eq!(world.phones.received(), [0; 0]);
}

#[test]
fn a_digest_costs_a_message_and_two_write_units_for_each_of_its_offers() {
    let world = world();
    world.watcher_by(1, hourly());
    for n in 1..=3 {
        gather(&world, n);
    }
    until_it_is_due(&world);
    world.app.table.meter().take();
    world.hint(&world.app, 1);
    let cost = world.app.table.meter().take();
    assert_eq!(world.phones.received(), [1]);
    assert!(
        (cost.write - 10.0).abs() < f64::EPSILON,
        "booking, claim, record, six, timer: {cost:?}"
    );
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn a_process_that_dies_before_the_digests_timer_goes_has_told_it_once() {
    let world = world();
    let channel = world.watcher_by(1, hourly());
    gather(&world, 1);
    until_it_is_due(&world);
    let dying = world.over(Panicking("DeleteItem"));
    assert_eq!(world.hint(&dying, 1), [Ack::Again]);
    world.hint(&world.app, 2);
    assert_eq!(world.phones.received(), [1]);
    assert!(world.fixture.timers().is_empty());
    let offer = CanonicalUrl::parse("https://shop.example/1").expect("a URL");
    let key = DeliveryKey {
        to: Recipient::Channel { channel_id: channel.id },
        thing: OfferId::of(&offer).to_string(),
        revision: 1,
        part: 0,
    };
    let found = world.fixture.run(world.app.table.deliveries(&[key])).expect("read");
    let status = found[0].as_ref().map(|delivery| delivery.status);
    assert_eq!(status, Some(DeliveryStatus::Sent));
}

#[test]
fn a_process_that_dies_while_it_gathers_leaves_one_entry_and_one_digest() {
    let world = world();
    world.watcher_by(1, hourly());
    world.post(1);
    let dying = world.over(Panicking("DeleteItem"));
    assert_eq!(world.hint(&dying, 1), [Ack::Again], "gathered, and the page's timer stands");
    let page = |timer: &Timer| matches!(timer.job, Job::OfferFanout { .. });
    assert_eq!(world.fixture.timers().iter().filter(|timer| page(timer)).count(), 1);
    world.hint(&world.app, 2);
    assert_eq!(digests(&world), 1);
    until_it_is_due(&world);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [1]);
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn a_burst_is_told_in_one_message_also_where_its_pages_are_run_again() {
    let world = about_to_bundle();
    world.post(6);
    world.post(7);
    // Their first runs have died.
    world.hint(&world.app, 2);
    assert_eq!(digests(&world), 1);
    until_it_is_due(&world);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [1; 6], "both in one message");
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn a_burst_that_several_processes_hear_of_is_told_in_one_message() {
    let mut world = about_to_bundle();
    for n in 6..=8 {
        // One that has sent nothing yet.
        world.app.pace = Pace::default();
        world.post(n);
        world.hint(&world.app, 1);
    }
    assert_eq!(world.phones.received(), [1; 5]);
    assert_eq!(digests(&world), 1);
    until_it_is_due(&world);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [1; 6], "all three in one message");
}

#[test]
fn what_a_filter_leaves_out_makes_no_burst() {
    let world = bundling();
    let filter = Filter { keywords: vec!["chair".to_owned()], ..Filter::default() };
    world.watcher_by(1, Rules { filter, ..Rules::default() });
    for n in 1..=6 {
        world.post(n);
        world.settle();
    }
    world.post_titled(7, "A chair");
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [1], "at once");
}

#[test]
fn an_offer_that_two_digests_hold_is_told_by_one_of_them() {
    let world = world();
    let channel = world.watcher_by(1, hourly());
    gather(&world, 1);
    let job = world.fixture.timers().remove(0);
    // The same offer once more, in a digest of another instant.
    let Job::Digest { user_id, channel_id, due } = job.job else { panic!("{job:?}") };
    let entries: Vec<DigestEntry> = world
        .fixture
        .run(world.app.table.query_all(&keys::digest(channel_id, due), ""))
        .expect("read");
    let later = due + Duration::from_secs(10);
    let entry = DigestEntry { due: later, ..entries[0].clone() };
    let again = domain::digest::job(user_id, channel_id, later);
    let decision = Decision::new(world.app.env.id(), world.app.env.now(), ());
    let decision = decision.write(Write::Put(entry.into())).job(again);
    world.fixture.run(world.app.table.commit(&decision)).expect("committed");
    while !world.fixture.timers().is_empty() {
        until_it_is_due(&world);
        world.hint(&world.app, 1);
    }
    assert_eq!(world.phones.received(), [1], "{channel:?}");
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn a_digest_tells_others_of_each_of_its_offers_also_when_the_bus_takes_them_later() {
    let world = World::telling(EventKinds::ALL);
    world.fixture.clock.pass(Duration::from_mins(44));
    world.watcher_by(1, hourly());
    gather(&world, 1);
    gather(&world, 2);
    until_it_is_due(&world);
    world.bus.be(Mood::RefusesAll);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [1]);
    let left = world.fixture.timers().into_iter().map(|timer| timer.job);
    let left: Vec<Job> = left.collect();
    assert!(
        matches!(&left[..], [Job::PublishEvents { about: About::Messages { messages } }] if messages.len() == 2),
        "{left:?}"
    );
    world.bus.be(Mood::Takes);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.settle();
    let expected = [
        EventKind::OfferRecorded,
        EventKind::OfferRecorded,
        EventKind::MessageSent,
        EventKind::MessageSent,
    ];
    assert_eq!(world.bus.kinds(), expected);
}
