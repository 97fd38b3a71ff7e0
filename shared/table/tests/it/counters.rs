//! Send slots and counters of attempts.

use std::time::Duration;

use domain::engine::Lane;
use domain::engine::rate::{Grant, Rates, SendSlots, SlotRequest};
use runtime::virtual_time::START;
use table::keys;

use crate::fixtures::bot;
use crate::world::{Cost, World};

fn requests(chats: std::ops::Range<i64>) -> Vec<SlotRequest> {
    chats.map(|chat_id| SlotRequest { chat_id, reserved: false }).collect()
}

#[test]
fn a_bot_that_never_sent_has_fresh_slots() {
    let world = World::new();
    let (slots, cost) = world.cost(world.table.send_slots(&bot()));
    assert_eq!((slots, cost), (Ok(SendSlots::default()), Cost::reads(1.0)));
}

#[test]
fn a_booking_of_twenty_five_messages_is_one_unit() {
    let world = World::new();
    let slots = world.run(world.table.send_slots(&bot())).expect("readable");
    let (next, grants) = slots.book(START, Lane::Bulk, &requests(0..25), Rates::default());
    assert!(grants.iter().all(|grant| matches!(grant, Grant::At(_))));
    let (booked, cost) = world.cost(world.table.book_slots(&bot(), &next));
    assert_eq!((booked, cost), (Ok(Ok(())), Cost::writes(1.0)));
    assert_eq!(world.run(world.table.send_slots(&bot())), Ok(next));
}

#[test]
fn of_two_bookings_on_one_version_the_second_gets_the_slots_as_they_are() {
    let world = World::new();
    let slots = SendSlots::default();
    let (first, _) = slots.book(START, Lane::Bulk, &requests(0..3), Rates::default());
    let (second, _) = slots.book(START, Lane::Bulk, &requests(3..6), Rates::default());
    assert_eq!(world.run(world.table.book_slots(&bot(), &first)), Ok(Ok(())));
    let (lost, cost) = world.cost(world.table.book_slots(&bot(), &second));
    assert_eq!(lost, Ok(Err(first.clone())));
    assert_eq!((cost.read, cost.calls), (0.0, 0), "without another read");
    let (again, _) = first.book(START, Lane::Bulk, &requests(3..6), Rates::default());
    assert_eq!(world.run(world.table.book_slots(&bot(), &again)), Ok(Ok(())));
}

#[test]
fn a_bot_at_full_speed_stays_within_one_unit_a_booking() {
    let world = World::new();
    let mut slots = SendSlots::default();
    for round in 0..20 {
        let chats = round * 25..round * 25 + 25;
        let (next, _) = slots.book(world.now(), Lane::Bulk, &requests(chats), Rates::default());
        let (booked, cost) = world.cost(world.table.book_slots(&bot(), &next));
        assert_eq!((booked, cost), (Ok(Ok(())), Cost::writes(1.0)));
        slots = next;
        world.clock.pass(Duration::from_millis(856));
    }
}

#[test]
fn slots_and_state_of_a_bot_stand_side_by_side() {
    assert_eq!(keys::send_slots(&bot()).pk, keys::bot_state(&bot()).pk);
    assert_ne!(keys::send_slots(&bot()), keys::bot_state(&bot()));
}

#[test]
fn attempts_are_counted_in_their_window_and_scope() {
    let world = World::new();
    let window = Duration::from_mins(1);
    let count = |scope: &str| {
        let (counted, cost) = world.cost(world.table.count_attempt(scope, window));
        (counted.map(|it| (it.attempts, it.left)), cost)
    };
    // START lies 20 s into its minute.
    let left = Duration::from_secs(40);
    assert_eq!(count("login#a"), (Ok((1, left)), Cost::writes(1.0)));
    assert_eq!(count("login#a").0, Ok((2, left)));
    assert_eq!(count("login#b").0, Ok((1, left)), "another scope");
    world.clock.pass(Duration::from_millis(39_999));
    assert_eq!(count("login#a").0, Ok((3, Duration::from_secs(1))));
    world.clock.pass(Duration::from_millis(1));
    assert_eq!(count("login#a").0, Ok((1, window)), "another window");
}

#[test]
fn an_attempt_is_given_back_where_it_was_counted_also_after_midnight() {
    let world = World::new();
    let day = Duration::from_hours(24);
    let count = || world.run(world.table.count_attempt("invitation#a", day)).expect("counted");
    let first = count();
    let back = world.cost(world.table.give_back_attempt(&first));
    assert_eq!(back, (Ok(()), Cost::writes(1.0)));
    let late = count();
    assert_eq!(late.attempts, 1, "one was given back");
    world.clock.pass(late.left);
    assert_eq!(world.run(world.table.give_back_attempt(&late)), Ok(()));
    let morning = count();
    assert_eq!((morning.attempts, morning.left), (1, day), "nothing is owed to the next day");
    for _ in 0..2 {
        assert_eq!(world.run(world.table.give_back_attempt(&morning)), Ok(()));
    }
    assert_eq!(count().attempts, 1, "one that was given back twice was one");
}
