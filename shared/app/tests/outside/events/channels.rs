//! What decisions about channels tell.

use app::AppError;
use app::channel::test_channel;
use app::update::Received;
use domain::channel::{Channel, ChannelStatus};
use domain::engine::Job;
use domain::event::{Event, EventKind, EventKinds, Happening};
use domain::message::Notice;

use crate::updates::{CHAT, channel, receive, says, stands};
use crate::world::{REFUSES, World};

use EventKind::{ChannelActivated, ChannelBlocked};

fn only_channels() -> EventKinds {
    EventKinds::NONE.with(ChannelActivated).with(ChannelBlocked)
}

fn told(world: &World) -> Vec<(EventKind, Option<String>)> {
    let one = |event: Event| match event.what {
        Happening::Channel(change) => (change.kind(), change.reason),
        other => panic!("not of a channel: {other:?}"),
    };
    world.bus.taken().into_iter().map(one).collect()
}

#[test]
fn a_stop_and_a_start_tell_of_every_channel_that_the_chat_is() {
    let world = World::telling(only_channels());
    let phones: Vec<Channel> =
        (0..3).map(|_| channel(&world.fixture, ChannelStatus::Active, Some(CHAT))).collect();
    for (update_id, words) in [(1, "/stop"), (2, "/stop"), (3, "/start")] {
        let received = world.fixture.run(receive(&world.app, &says(update_id, words)));
        assert_eq!(received, Received::Handled);
        world.settle();
    }
    let told = told(&world);
    let stopped = (ChannelBlocked, Some("stopped by the person".to_owned()));
    assert_eq!(told[..3], vec![stopped; 3]);
    assert_eq!(told[3..], vec![(ChannelActivated, None); 3]);
    let ids: Vec<_> = world.bus.taken().iter().map(|event| event.id).collect();
    assert!((1..ids.len()).all(|n| !ids[..n].contains(&ids[n])), "each is another event");
    assert_eq!(phones.len(), 3);
}

#[test]
fn a_test_that_is_refused_for_good_tells_of_the_block() {
    let world = World::telling(only_channels());
    let Channel { id, user_id, .. } = channel(&world.fixture, ChannelStatus::Active, Some(REFUSES));
    let refused = world.fixture.run(test_channel(&world.app, user_id, id));
    assert!(matches!(refused, Err(AppError::ChannelRefused { .. })), "{refused:?}");
    world.settle();
    let told = told(&world);
    let [(ChannelBlocked, Some(reason))] = &told[..] else { panic!("{told:?}") };
    assert!(reason.contains("blocked by the user"), "{reason}");
}

#[test]
fn a_block_costs_two_write_units_for_its_event_and_none_without_a_bus() {
    let cost = |world: &World| {
        channel(&world.fixture, ChannelStatus::Active, Some(CHAT));
        world.app.table.meter().take();
        world.fixture.run(receive(&world.app, &stands(1, "kicked")));
        world.app.table.meter().take().write
    };
    let (telling, silent) = (World::telling(only_channels()), World::silent());
    let off = World::telling(EventKinds::NONE);
    let without = cost(&silent);
    assert!((cost(&telling) - without - 2.0).abs() < f64::EPSILON);
    assert!((cost(&off) - without).abs() < f64::EPSILON);
    assert!(silent.fixture.timers().is_empty() && off.fixture.timers().is_empty());
    telling.settle();
    assert_eq!(told(&telling).len(), 1);
}

#[test]
fn a_chat_of_very_many_users_stops_and_every_one_of_them_is_told_of() {
    for users in [97, 130] {
        let world = World::telling(only_channels());
        for _ in 0..users {
            channel(&world.fixture, ChannelStatus::Active, Some(CHAT));
        }
        let stop = says(1, "/stop");
        assert_eq!(world.fixture.run(receive(&world.app, &stop)), Received::Handled);
        let timers = world.fixture.timers();
        let answers = timers.iter().filter_map(|timer| match &timer.job {
            Job::Messages { notices, .. } => Some(notices.clone()),
            _ => None,
        });
        assert_eq!(answers.collect::<Vec<_>>(), [[Notice::Stopped]], "{users} users");
        world.settle();
        let stopped = (ChannelBlocked, Some("stopped by the person".to_owned()));
        assert_eq!(told(&world), vec![stopped; users], "{users} users");
        assert_eq!(world.fixture.run(receive(&world.app, &stop)), Received::Repeated);
    }
}

#[test]
fn a_chat_of_very_many_users_that_blocks_the_bot_is_told_of_in_full() {
    let world = World::telling(only_channels());
    for _ in 0..130 {
        channel(&world.fixture, ChannelStatus::Active, Some(REFUSES));
    }
    // The answer is refused: the chat has blocked the bot.
    let mut help = says(1, "/help");
    help["message"]["chat"]["id"] = REFUSES.into();
    assert_eq!(world.fixture.run(receive(&world.app, &help)), Received::Handled);
    world.settle();
    let told = told(&world);
    assert_eq!(told.len(), 130);
    assert!(told.iter().all(|(kind, _)| *kind == ChannelBlocked), "{told:?}");
}
