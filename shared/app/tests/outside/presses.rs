//! Answers to presses of buttons.

use std::time::Duration;

use domain::engine::{Decision, Job, NewJob};
use domain::ids::BotId;
use domain::message::Notice;

use crate::updates::CHAT;
use crate::world::World;

#[test]
fn the_acknowledgement_of_a_press_takes_no_slot_and_the_answer_goes_at_once() {
    let world = World::silent();
    let (bot, began) = (BotId::default_bot(), world.app.env.now());
    let (notices, callback) = (vec![Notice::NotUnderstood], Some("press".to_owned()));
    let job = Job::Messages { bot: bot.clone(), chat_id: CHAT, notices, callback };
    let job = NewJob { id: world.app.env.id(), job, due: began, owner: None };
    let pressed = Decision::new(world.app.env.id(), began, ()).job(job);
    assert_eq!(world.fixture.run(world.app.commit(pressed)), Ok(()));
    world.hint(&world.app, 1);
    // An acknowledgement names no chat.
    assert_eq!(world.phones.received(), [0, CHAT]);
    assert!(world.fixture.timers().is_empty());
    let slots = world.fixture.run(world.app.table.send_slots(&bot)).expect("readable");
    let taken = slots.chats.get(&CHAT).map(|clock| clock.tail.since(began));
    let (one, two) = (Duration::from_secs(1), Duration::from_secs(2));
    assert!(taken.is_some_and(|it| one < it && it < two), "one slot: {taken:?}");
}
