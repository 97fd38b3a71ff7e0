//! What pages tell.

use std::time::Duration;

use app::engine::Ack;
use domain::engine::decision::BotState;
use domain::engine::{Job, Timer};
use domain::event::{About, Event, EventKind, EventKinds};
use domain::ids::BotId;
use fixture::wire::Panicking;

use crate::world::{Mood, REFUSES, World};

use EventKind::{ChannelBlocked, MessageFailed, MessageSent, OfferRecorded};

/// The jobs that are left to publish.
fn left(world: &World) -> Vec<About> {
    let jobs = world.fixture.timers().into_iter().filter_map(|timer| match timer.job {
        Job::PublishEvents { about } => Some(about),
        _ => None,
    });
    jobs.collect()
}

fn ids(events: &[Event]) -> Vec<uuid::Uuid> {
    let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ids.sort();
    ids
}

#[test]
fn a_page_that_is_done_tells_of_its_offer_and_each_message_and_costs_nothing_more() {
    let cost = |world: &World| {
        for chat in 1..=3 {
            world.watcher(chat);
        }
        world.post(1);
        world.app.table.meter().take();
        world.hint(&world.app, 1);
        assert!(world.fixture.timers().is_empty());
        world.app.table.meter().take()
    };
    let (telling, silent) = (World::telling(EventKinds::ALL), World::silent());
    let (with, without) = (cost(&telling), cost(&silent));
    assert_eq!(telling.bus.kinds(), [OfferRecorded, MessageSent, MessageSent, MessageSent]);
    assert_eq!(telling.bus.asked(), 1, "a page is published at once");
    assert_eq!(silent.bus.asked(), 0);
    assert_eq!(with.calls, without.calls);
    assert!((with.write - without.write).abs() < f64::EPSILON, "{with:?} {without:?}");
    assert!((with.read - without.read).abs() < f64::EPSILON, "{with:?} {without:?}");
}

#[test]
fn only_the_first_page_tells_of_the_offer() {
    let mut world = World::telling(EventKinds::ALL);
    world.app.page_recipients = 2;
    for chat in 1..=5 {
        world.watcher(chat);
    }
    world.post(1);
    world.settle();
    let kinds = world.bus.kinds();
    assert_eq!(kinds.iter().filter(|kind| **kind == OfferRecorded).count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == MessageSent).count(), 5, "{kinds:?}");
}

#[test]
fn an_offer_that_nobody_watches_is_told_of() {
    let world = World::telling(EventKinds::ALL);
    world.post(1);
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded]);
}

#[test]
fn what_the_bus_refuses_becomes_a_job_that_publishes_the_same_later() {
    let (world, calm) = (World::telling(EventKinds::ALL), World::telling(EventKinds::ALL));
    for world in [&world, &calm] {
        world.watcher(1);
        world.watcher(2);
    }
    world.bus.be(Mood::RefusesAll);
    world.post(1);
    calm.post(1);
    calm.hint(&calm.app, 1);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received().len(), 2, "the messages went");
    let jobs = left(&world);
    assert!(
        matches!(&jobs[..], [About::Offer { recorded_at: Some(_), to, .. }] if to.len() == 2),
        "{jobs:?}"
    );
    world.bus.be(Mood::Takes);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.settle();
    assert_eq!(ids(&world.bus.taken()), ids(&calm.bus.taken()));
    assert_eq!(world.phones.received().len(), 2, "and nothing went again");
}

#[test]
fn only_what_was_refused_is_published_again() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(1);
    world.watcher(2);
    world.bus.be(Mood::Refuses(MessageSent));
    world.post(1);
    world.hint(&world.app, 1);
    assert_eq!(world.bus.kinds(), [OfferRecorded]);
    let jobs = left(&world);
    assert!(matches!(&jobs[..], [About::Offer { recorded_at: None, .. }]), "{jobs:?}");
    world.bus.be(Mood::Takes);
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded, MessageSent, MessageSent]);
}

#[test]
fn a_job_keeps_only_what_is_still_refused() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(1);
    world.bus.be(Mood::RefusesAll);
    world.post(1);
    world.hint(&world.app, 1);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.bus.be(Mood::Refuses(MessageSent));
    world.hint(&world.app, 1);
    let jobs = left(&world);
    assert!(
        matches!(&jobs[..], [About::Offer { recorded_at: None, to, .. }] if to.len() == 1),
        "{jobs:?}"
    );
    world.bus.be(Mood::Takes);
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded, MessageSent]);
}

#[test]
fn a_bus_that_never_answers_holds_up_one_page_for_a_second_and_the_next_not_at_all() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(1);
    world.bus.be(Mood::NeverAnswers);
    let took = |n| {
        world.post(n);
        let before = world.fixture.clock.run(async { world.app.env.now() });
        let hints = world.fixture.timers().into_iter();
        let fanout = |timer: &Timer| matches!(timer.job, Job::OfferFanout { .. });
        let hints = hints
            .filter(fanout)
            .map(|timer| app::engine::Incoming { timer: timer.key, receives: 1 });
        let (hints, deadline) = (hints.collect::<Vec<_>>(), before + Duration::from_secs(28));
        world.fixture.run(app::engine::run_batch(&world.app, &hints, deadline));
        world.app.env.now().since(before)
    };
    let first = took(1);
    assert!(first >= Duration::from_secs(1) && first < Duration::from_millis(1_200), "{first:?}");
    world.fixture.clock.pass(Duration::from_secs(2));
    let second = took(2);
    assert!(second < Duration::from_millis(200), "{second:?}");
    assert_eq!(world.phones.received().len(), 2);
    assert_eq!(world.bus.asked(), 1, "it is left alone for a while");
    assert_eq!(left(&world).len(), 2);
    world.bus.be(Mood::Takes);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded, OfferRecorded, MessageSent, MessageSent]);
}

#[test]
fn a_process_that_dies_before_its_timer_goes_leaves_events_that_come_again_with_the_same_ids() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(1);
    world.post(1);
    let dying = world.over(Panicking("DeleteItem"));
    assert_eq!(world.hint(&dying, 1), [Ack::Again]);
    let first = world.bus.taken();
    assert_eq!(first.len(), 2);
    world.hint(&world.app, 2);
    let all = world.bus.taken();
    assert_eq!(all[..2], first, "published");
    assert_eq!(all[2..], first, "and published again, the same");
    assert_eq!(world.phones.received().len(), 1, "but sent once");
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn a_run_close_to_its_deadline_leaves_its_events_to_a_job() {
    let world = World::telling(EventKinds::ALL);
    world.post(1);
    let hints: Vec<_> = world.fixture.timers().iter().map(|it| it.key).collect();
    let hints: Vec<_> =
        hints.into_iter().map(|timer| app::engine::Incoming { timer, receives: 1 }).collect();
    let deadline = world.app.env.now() + Duration::from_secs(2);
    world.fixture.run(app::engine::run_batch(&world.app, &hints, deadline));
    assert_eq!(world.bus.asked(), 0);
    assert_eq!(left(&world).len(), 1);
}

#[test]
fn what_is_switched_off_is_neither_told_nor_kept() {
    let world = World::telling(EventKinds::parse("message_failed").expect("a kind"));
    world.watcher(1);
    world.watcher(REFUSES);
    world.bus.be(Mood::RefusesAll);
    world.post(1);
    world.hint(&world.app, 1);
    let jobs = left(&world);
    assert!(
        matches!(&jobs[..], [About::Offer { recorded_at: None, to, .. }] if to.len() == 1),
        "{jobs:?}"
    );
    world.bus.be(Mood::Takes);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.settle();
    assert_eq!(world.bus.kinds(), [MessageFailed]);
}

#[test]
fn a_refusal_tells_of_the_message_and_of_the_channel_that_is_blocked() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(REFUSES);
    world.post(1);
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded, MessageFailed, ChannelBlocked]);
}

#[test]
fn events_do_not_wait_for_a_stopped_bot() {
    let world = World::telling(EventKinds::ALL);
    world.watcher(1);
    world.bus.be(Mood::RefusesAll);
    world.post(1);
    world.hint(&world.app, 1);
    let bot = BotId::default_bot();
    let state = BotState { bot, stopped: Some("as told".into()), changed_at: world.app.env.now() };
    world.fixture.put([state.into()]);
    world.bus.be(Mood::Takes);
    world.fixture.clock.pass(Duration::from_secs(20));
    world.settle();
    assert_eq!(world.bus.kinds(), [OfferRecorded, MessageSent]);
}
