//! Timers: the key is the fence.

use std::time::Duration;

use domain::correlation::CorrelationId;
use domain::engine::decision::BotState;
use domain::engine::timer::MAX_OVERDUE_MOVES;
use domain::engine::{Decision, Job, NewJob, Timer, Write};
use domain::event::About;
use domain::ids::JobId;
use domain::time::Timestamp;
use runtime::unit::{Used, following_from};
use runtime::virtual_time::START;
use table::{Cursor, Parked, keys};
use uuid::Uuid;

use crate::fixtures::{bot, fanout, id, offer_id, page_id};
use crate::world::{Cost, World};

/// Stops the bot for this reason, or lets it send again.
fn stop(world: &World, reason: Option<&str>) {
    let stopped = reason.map(str::to_owned);
    let state = BotState { bot: bot(), stopped, changed_at: world.now() };
    let id = world.table.env().id();
    let decision = Decision::new(id, world.now(), ()).write(Write::Put(state.into()));
    world.run(world.table.commit(&decision)).expect("committed");
}

fn timer(world: &World) -> Timer {
    world.commit_jobs(vec![fanout(9, world.now())]).timers.remove(0)
}

#[test]
fn of_two_that_move_a_timer_one_owns_it() {
    let world = World::new();
    let timer = timer(&world);
    let to = |seconds| timer.moved(START + Duration::from_secs(seconds), START, None);
    let (first, second) = (to(60), to(90));
    let (moved, cost) = world.cost(world.table.move_timer(&timer.key, &first));
    assert_eq!((moved, cost), (Ok(true), Cost::writes(4.0)));
    let (moved, cost) = world.cost(world.table.move_timer(&timer.key, &second));
    assert_eq!((moved, cost), (Ok(false), Cost::writes(0.0)));
    let keys = [timer.key, first.key, second.key];
    let standing = world.run(world.table.timers(&keys)).expect("readable");
    assert_eq!(standing, [None, Some(first), None]);
}

#[test]
fn a_timer_that_stays_in_its_place_is_rewritten_for_one_unit() {
    let world = World::new();
    let timer = timer(&world);
    let waits = Timer { waits: [("42".to_owned(), START)].into(), ..timer.clone() };
    let (moved, cost) = world.cost(world.table.move_timer(&timer.key, &waits));
    assert_eq!((moved, cost), (Ok(true), Cost::writes(1.0)));
    assert_eq!(world.get(&keys::timer(&timer.key)), Some(waits.clone()));
    world.run(world.table.delete_timer(&timer.key)).expect("deleted");
    assert_eq!(world.run(world.table.move_timer(&timer.key, &waits)), Ok(false));
    assert_eq!(world.get::<Timer>(&keys::timer(&timer.key)), None, "it does not come back");
}

#[test]
fn a_timer_is_deleted_once() {
    let world = World::new();
    let timer = timer(&world);
    let (deleted, cost) = world.cost(world.table.delete_timer(&timer.key));
    assert_eq!((deleted, cost), (Ok(true), Cost::writes(1.0)));
    assert_eq!(world.run(world.table.delete_timer(&timer.key)), Ok(false));
}

#[test]
fn a_page_of_a_fan_out_ends_with_the_next_for_four_units() {
    let world = World::new();
    let timer = timer(&world);
    let next = || vec![fanout(10, START)];
    let (finished, cost) = world.cost(world.table.finish_timer(&timer.key, next()));
    let follows = finished.expect("readable").expect("ours").timers;
    assert_eq!(cost, Cost::writes(4.0));
    assert_eq!(follows.len(), 1);
    assert_eq!(world.get(&keys::timer(&follows[0].key)), Some(follows[0].clone()));
    let again = world.run(world.table.finish_timer(&timer.key, vec![fanout(11, START)]));
    assert_eq!(again, Ok(None), "nothing follows twice");
    let none = Timer::new(fanout(11, START), START, None);
    assert_eq!(world.get::<Timer>(&keys::timer(&none.key)), None);
}

#[test]
fn events_that_are_left_of_a_page_cost_two_units_for_each_kilobyte_of_their_ids() {
    for (recipients, units) in [(0, 4.0), (20, 6.0), (100, 18.0)] {
        let world = World::new();
        let timer = timer(&world);
        let about = About::Offer {
            offer_id: offer_id(),
            page_id: page_id(),
            revision: 1,
            recorded_at: Some(START),
            to: (0..recipients).map(|n| (id(n), id(n + 1_000))).collect(),
        };
        let left = NewJob { job: Job::PublishEvents { about }, ..fanout(10, START) };
        let (finished, cost) = world.cost(world.table.finish_timer(&timer.key, vec![left]));
        assert!(finished.expect("readable").is_some());
        assert_eq!(cost, Cost::writes(units), "{recipients} recipients");
    }
}

#[test]
fn messages_that_come_back_are_counted_on_the_timer() {
    let world = World::new();
    let timer = timer(&world);
    for expected in 1..=3 {
        let (counted, cost) = world.cost(world.table.count_receive(&timer.key));
        assert_eq!((counted, cost), (Ok(Some(expected)), Cost::writes(1.0)));
    }
    let standing: Timer = world.get(&keys::timer(&timer.key)).expect("there");
    assert_eq!(standing, Timer { receives: 3, ..timer.clone() });
    world.run(world.table.delete_timer(&timer.key)).expect("deleted");
    assert_eq!(world.run(world.table.count_receive(&timer.key)), Ok(None));
    assert_eq!(world.get::<Timer>(&keys::timer(&timer.key)), None, "counting makes no timer");
}

#[test]
fn a_dead_timer_is_kept_with_its_reason_and_comes_back_once() {
    let world = World::new();
    let timer = Timer { moves: MAX_OVERDUE_MOVES, ..timer(&world) };
    let (buried, cost) = world.cost(world.table.bury_timer(&timer, "poison"));
    assert_eq!((buried, cost), (Ok(true), Cost::writes(4.0)));
    assert_eq!(world.run(world.table.bury_timer(&timer, "poison")), Ok(false));
    assert_eq!(world.get::<Timer>(&keys::timer(&timer.key)), None);
    let dead = world.run(world.table.dead_timers(None)).expect("readable");
    assert_eq!((dead.items.len(), dead.next.as_deref()), (1, None));
    assert_eq!((dead.items[0].reason.as_str(), dead.items[0].died_at), ("poison", START));
    world.clock.pass(Duration::from_hours(1));
    let (revived, cost) = world.cost(world.table.revive(&dead.items[0]));
    let fresh = revived.expect("readable").expect("ours");
    assert_eq!(cost, Cost { read: 1.0, write: 4.0, calls: 2 }, "the cursor was old");
    assert_eq!((fresh.key.id, fresh.due, fresh.moves), (timer.key.id, world.now(), 0));
    assert_eq!(world.get(&keys::timer(&fresh.key)), Some(fresh));
    assert_eq!(world.run(world.table.revive(&dead.items[0])), Ok(None), "once");
    assert!(world.run(world.table.dead_timers(None)).expect("readable").items.is_empty());
}

#[test]
fn dead_timers_come_in_pages_of_a_hundred() {
    let world = World::new();
    for n in 0..101 {
        let timer = world.commit_jobs(vec![fanout(n, START)]).timers.remove(0);
        assert_eq!(world.run(world.table.bury_timer(&timer, "poison")), Ok(true));
    }
    let first = world.run(world.table.dead_timers(None)).expect("readable");
    assert_eq!(first.items.len(), 100);
    let rest = world.run(world.table.dead_timers(first.next.as_deref())).expect("readable");
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

#[test]
fn a_stopped_bots_timer_is_parked_and_returns_with_it() {
    let world = World::new();
    let timer = timer(&world);
    stop(&world, Some("Unauthorized"));
    let (parked, cost) = world.cost(world.table.park_timer(&bot(), &timer));
    assert_eq!((parked, cost), (Ok(Parked::Yes), Cost::writes(6.0)));
    assert_eq!(world.run(world.table.park_timer(&bot(), &timer)), Ok(Parked::Lost));
    let parked = world.run(world.table.parked_timers(&bot(), None)).expect("readable").items;
    assert_eq!(parked.len(), 1);
    let fresh = world.run(world.table.unpark(&parked[0])).expect("readable").expect("ours");
    assert_eq!(world.get(&keys::timer(&fresh.key)), Some(fresh));
    assert_eq!(world.run(world.table.unpark(&parked[0])), Ok(None));
    assert!(world.run(world.table.parked_timers(&bot(), None)).expect("ok").items.is_empty());
}

#[test]
fn a_timer_whose_bot_sends_again_is_not_parked() {
    let world = World::new();
    let timer = timer(&world);
    assert_eq!(world.run(world.table.park_timer(&bot(), &timer)), Ok(Parked::BotSends));
    stop(&world, Some("Unauthorized"));
    stop(&world, None);
    assert_eq!(world.run(world.table.park_timer(&bot(), &timer)), Ok(Parked::BotSends));
    assert_eq!(world.get(&keys::timer(&timer.key)), Some(timer));
    assert!(world.run(world.table.parked_timers(&bot(), None)).expect("ok").items.is_empty());
}

#[test]
fn the_timers_of_a_minute_come_by_shard_in_the_order_of_their_time() {
    let world = World::new();
    // The last byte of the id names the shard.
    let job = |n: u128, seconds| NewJob {
        id: JobId(Uuid::from_u128(n << 8 | 5)),
        ..fanout(1, START + Duration::from_secs(seconds))
    };
    let jobs: Vec<NewJob> =
        (0..90).map(|n| job(n, 39 - (u64::try_from(n).unwrap_or(0) % 40))).collect();
    for chunk in jobs.chunks(30) {
        world.commit_jobs(chunk.to_vec());
    }
    world.commit_jobs(vec![fanout(6, START), job(500, 60)]);
    let minute = START.minute();
    let (page, cost) = world.cost(world.table.timers_of_minute(minute, 5, None));
    let page = page.expect("readable");
    assert_eq!((page.items.len(), page.next.as_deref()), (90, None));
    assert!(page.items.is_sorted_by_key(|timer| timer.key.at));
    assert_eq!(cost.calls, 1);
    let other = world.run(world.table.timers_of_minute(minute, 6, None)).expect("readable");
    assert_eq!(other.items.len(), 1, "another shard");
    let (empty, cost) = world.cost(world.table.timers_of_minute(minute, 7, None));
    assert!(empty.expect("readable").items.is_empty());
    assert_eq!(cost, Cost::reads(1.0), "an empty shard costs one unit");
}

#[test]
fn a_full_minute_comes_in_pages_of_two_hundred_and_fifty() {
    let world = World::new();
    let job = |n: u128| NewJob { id: JobId(Uuid::from_u128(n << 8)), ..fanout(1, START) };
    for hundred in 0..3 {
        world.commit_jobs((0..100).map(|n| job(hundred * 100 + n)).collect());
    }
    let first = world.run(world.table.timers_of_minute(START.minute(), 0, None)).expect("readable");
    assert_eq!(first.items.len(), 250);
    let after = first.next.as_deref();
    let rest = world.run(world.table.timers_of_minute(START.minute(), 0, after)).expect("readable");
    assert_eq!((rest.items.len(), rest.next), (50, None));
}

#[test]
fn the_cursor_never_moves_back() {
    let world = World::new();
    let first = START.minute();
    let cursor = |forward: i64, backward: i64| Cursor {
        forward: first + forward,
        backward: first + backward,
    };
    let (moved, cost) = world.cost(world.table.advance_cursor(cursor(100, 90)));
    assert_eq!((moved, cost), (Ok(()), Cost::writes(1.0)));
    for behind in [cursor(99, 90), cursor(100, 89), cursor(99, 91), cursor(101, 89)] {
        let (moved, cost) = world.cost(world.table.advance_cursor(behind));
        assert_eq!(moved, Ok(()), "another tick has come further: no error");
        assert_eq!((cost.read, cost.write), (1.0, 0.0), "it is read instead");
        assert_eq!(world.run(world.table.cursor()), Ok(Some(cursor(100, 90))), "{behind:?}");
    }
    world.run(world.table.advance_cursor(cursor(101, 90))).expect("moved");
    assert_eq!(world.run(world.table.cursor()), Ok(Some(cursor(101, 90))));
    assert_eq!(world.table.known_cursor(), Some(Timestamp::from_minute(first + 90)));
}

#[test]
fn a_cursor_that_was_read_under_a_later_clock_is_read_again() {
    let world = World::new();
    let moved = Cursor { forward: START.minute() + 5, backward: START.minute() };
    let other = world.over(crate::wires::Mishaps::of("none", Vec::new()));
    world.run(other.advance_cursor(moved)).expect("moved");
    world.clock.set(Timestamp::from_minute(START.minute() - 10));
    let committed = world.commit_jobs(vec![fanout(9, world.now())]);
    assert!(committed.timers[0].key.minute() >= moved.backward + 3);
}

#[test]
fn a_timer_follows_from_the_request_that_the_running_work_follows_from() {
    let world = World::new();
    let (first, second) = (CorrelationId::parse("first"), CorrelationId::parse("second"));
    let work = async {
        let jobs = vec![fanout(9, world.now())];
        let decision = Decision { jobs, ..world.decision(Vec::new()) };
        let timer = world.table.commit(&decision).await.expect("committed").timers.remove(0);
        let following = vec![fanout(10, world.now())];
        let finished = world.table.finish_timer(&timer.key, following);
        let finished = following_from(second.clone(), finished).await.expect("finished");
        (timer, finished.expect("ours").timers.remove(0))
    };
    let ((timer, next), used, _) = world.run(runtime::unit::run(START, first.clone(), work));
    assert_eq!((&timer.correlation, &next.correlation), (&first, &second));
    assert_eq!(world.run(world.table.timers(&[next.key])).expect("readable"), [Some(next)]);
    let expected = Used { write: 6.0, ..used };
    assert_eq!(used, expected, "one timer made, and one deleted and made");
}
