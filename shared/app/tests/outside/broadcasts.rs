//! Broadcasts: pages that come to no end in one run.

use std::collections::BTreeMap;
use std::time::Duration;

use app::scenario::broadcasts::move_broadcast;
use domain::broadcast::{Broadcast, BroadcastMove};
use domain::contact::Contact;
use domain::engine::Record;
use domain::engine::rate::{ChatClock, SendSlots};
use domain::ids::BotId;
use domain::scenario::StepContent;
use domain::slug::Slug;

use crate::world::World;

/// The chats of one partition of the bot's contacts, in its order: they are one page.
const PAGE: [i64; 3] = [16, 24, 8];

/// A world whose bot has these contacts, and a broadcast to all of them that has begun.
fn sending(chats: &[i64]) -> World {
    let world = World::silent();
    let (bot, now) = (BotId::default_bot(), world.app.env.now());
    let slug = Slug::parse("news").expect("a slug");
    let content = StepContent { text: "News".to_owned(), ..StepContent::default() };
    let draft = Broadcast { content, ..Broadcast::new(bot.clone(), slug, "News".to_owned(), now) };
    world.fixture.put([draft.into()]);
    world.fixture.put(chats.iter().map(|chat| {
        let contact = Contact::new(bot.clone(), *chat, now);
        Record::from(contact)
    }));
    act(&world, BroadcastMove::Send);
    world
}

fn act(world: &World, wanted: BroadcastMove) -> Broadcast {
    let moved = move_broadcast(&world.app, &BotId::default_bot(), "news", wanted);
    world.fixture.run(moved).expect("it may")
}

#[test]
fn a_chat_that_is_to_be_left_alone_holds_up_no_other_of_its_page() {
    let world = sending(&PAGE);
    let (bot, began) = (BotId::default_bot(), world.app.env.now());
    let clock = |seconds| {
        let free = began + Duration::from_secs(seconds);
        ChatClock { free, tail: free }
    };
    let chats = BTreeMap::from([(16, clock(40)), (24, clock(5)), (8, clock(40))]);
    let slots = SendSlots { version: 1, chats, ..SendSlots::default() };
    world.fixture.run(world.app.table.book_slots(&bot, &slots)).expect("written").expect("booked");
    world.hint(&world.app, 1);
    assert!(world.phones.received().is_empty());
    world.fixture.clock.pass(Duration::from_secs(5));
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [24]);
    world.fixture.clock.pass(Duration::from_secs(35));
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [24, 16, 8]);
    let slots = world.fixture.run(world.app.table.send_slots(&bot)).expect("readable");
    let promised = slots.chats.values().map(|clock| clock.tail.since(began)).max();
    assert!(promised.is_some_and(|it| it < Duration::from_secs(42)), "one slot each: {promised:?}");
}
