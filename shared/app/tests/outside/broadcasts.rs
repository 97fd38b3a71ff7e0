//! Broadcasts: how they begin in the chat, and pages that come to no end in one run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::bot::KnownBot;
use app::scenario::broadcasts::move_broadcast;
use app::update::{Received, receive_update};
use channels::telegram::IncomingUpdate;
use domain::broadcast::{Broadcast, BroadcastCounts, BroadcastMove, BroadcastStatus, Sending};
use domain::channel::ChannelStatus;
use domain::contact::Contact;
use domain::engine::rate::{ChatClock, SendSlots};
use domain::engine::{Delivery, DeliveryStatus, Record, Timer};
use domain::ids::BotId;
use domain::message::{DeskNotice, Notice};
use domain::scenario::{Part, Photo, StepContent};
use domain::slug::Slug;
use domain::task::RUNS_KEPT;
use embedded::{Answer, Wire};
use futures::future::BoxFuture;
use table::{DeliveryWrite, Written, keys};

use crate::updates::{CHAT, admin, channel, presses, told};
use crate::world::World;

/// The chats of one partition of the bot's contacts, in its order: they are one page.
const PAGE: [i64; 3] = [16, 24, 8];

fn news() -> Slug {
    Slug::parse("news").expect("a slug")
}

/// A world whose bot has these contacts, and the draft of a broadcast to all of them.
fn drafted(chats: &[i64]) -> World {
    let world = World::silent();
    let (bot, now) = (BotId::default_bot(), world.app.env.now());
    let content = StepContent { text: "News".to_owned(), ..StepContent::default() };
    let draft = Broadcast::new(bot.clone(), news(), "News".to_owned(), now);
    let draft = Broadcast { content, ..draft };
    world.fixture.put([draft.into()]);
    world.fixture.put(chats.iter().map(|chat| {
        let contact = Contact::new(bot.clone(), *chat, now);
        Record::from(contact)
    }));
    world
}

/// The same, where the broadcast has begun.
fn sending(chats: &[i64]) -> World {
    let world = drafted(chats);
    act(&world, BroadcastMove::Send);
    world
}

fn act(world: &World, wanted: BroadcastMove) -> Broadcast {
    let bot = BotId::default_bot();
    let moved = move_broadcast(&world.app, &bot, "news", wanted);
    world.fixture.run(moved).expect("it may")
}

/// These chats are to be left alone for so many seconds.
fn hold(world: &World, chats: [(i64, u64); 3]) {
    let clock = |seconds| {
        let free = world.app.env.now() + Duration::from_secs(seconds);
        ChatClock { free, tail: free }
    };
    let chats = chats.map(|(chat, seconds)| (chat, clock(seconds)));
    let slots = SendSlots { version: 1, chats: BTreeMap::from(chats), ..SendSlots::default() };
    let bot = BotId::default_bot();
    let booked = world.app.table.book_slots(&bot, &slots);
    world.fixture.run(booked).expect("written").expect("booked");
}

#[test]
fn a_chat_that_is_to_be_left_alone_holds_up_no_other_of_its_page() {
    let world = sending(&PAGE);
    let (bot, began) = (BotId::default_bot(), world.app.env.now());
    hold(&world, [(16, 40), (24, 5), (8, 40)]);
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

#[test]
fn what_a_page_has_sent_counts_although_the_broadcast_is_cancelled_before_it_is_run_again() {
    let world = sending(&PAGE);
    hold(&world, PAGE.map(|chat| (chat, 40)));
    world.hint(&world.app, 1);
    let key = keys::broadcast(&BotId::default_bot(), &news());
    let broadcast: Broadcast = world.fixture.get(&key).expect("a broadcast");
    // One has it, one was set back, and of one nobody knows.
    let now = world.app.env.now();
    let claim = |status| Delivery {
        status,
        until: now + Duration::from_secs(30),
        ..Delivery::claim(world.app.env.id(), None, now)
    };
    let stands = [DeliveryStatus::Sent, DeliveryStatus::Waiting, DeliveryStatus::Claimed];
    let writes = PAGE.into_iter().zip(stands).map(|(chat, status)| DeliveryWrite {
        key: broadcast.delivery_key(chat, 0),
        read: None,
        next: claim(status),
    });
    let writes: Vec<DeliveryWrite> = writes.collect();
    let written = world.fixture.run(world.app.table.write_deliveries(&writes)).expect("written");
    assert_eq!(written, [Written::Yes, Written::Yes, Written::Yes]);
    act(&world, BroadcastMove::Cancel);
    world.fixture.clock.pass(Duration::from_secs(40));
    world.hint(&world.app, 1);
    assert!(world.phones.received().is_empty() && world.fixture.timers().is_empty());
    let ended: Broadcast = world.fixture.get(&key).expect("a broadcast");
    let counts = ended.sending.expect("it was sent").counts;
    assert_eq!(counts, BroadcastCounts { sent: 1, unknown: 1, ..BroadcastCounts::default() });
}

#[test]
fn who_has_the_photos_of_a_broadcast_gets_its_text_although_it_is_cancelled() {
    let world = drafted(&PAGE);
    let key = keys::broadcast(&BotId::default_bot(), &news());
    let mut broadcast: Broadcast = world.fixture.get(&key).expect("a draft");
    broadcast.content.photos = ["a", "b"].map(|id| Photo::FileId(id.to_owned())).to_vec();
    world.fixture.put([broadcast.clone().into()]);
    act(&world, BroadcastMove::Send);
    hold(&world, PAGE.map(|chat| (chat, 40)));
    world.hint(&world.app, 1);
    let now = world.app.env.now();
    let claim = Delivery::claim(world.app.env.id(), None, now);
    let next = Delivery { status: DeliveryStatus::Sent, ..claim };
    let photos = broadcast.delivery_key(PAGE[0], Part::PHOTOS);
    let write = DeliveryWrite { key: photos, read: None, next };
    let written = world.fixture.run(world.app.table.write_deliveries(&[write]));
    assert_eq!(written.expect("written"), [Written::Yes]);
    act(&world, BroadcastMove::Cancel);
    world.fixture.clock.pass(Duration::from_secs(40));
    world.settle();
    assert_eq!(world.phones.received(), [PAGE[0]], "the text, and nobody else gets anything");
    let ended: Broadcast = world.fixture.get(&key).expect("a broadcast");
    let counts = ended.sending.expect("it was sent").counts;
    assert_eq!(counts, BroadcastCounts { sent: 1, ..BroadcastCounts::default() });
}

/// Counts transactions.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl Wire for Counting {
    fn carry<'a>(
        &'a self,
        operation: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>> {
        Box::pin(async move {
            if operation == "TransactWriteItems" {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
            Ok(run())
        })
    }
}

#[test]
fn a_broadcast_that_an_admin_sends_begins_in_the_transaction_that_says_so() {
    let world = drafted(&PAGE);
    let (company_id, created_at) = (world.app.env.id(), world.app.env.now());
    let user_id = channel(&world.fixture, ChannelStatus::Active, Some(CHAT)).user_id;
    let admin = admin(user_id, company_id, created_at);
    world.fixture.put([admin.into()]);
    let transactions = Counting::default();
    let app = world.over(transactions.clone());
    let before = transactions.0.load(Ordering::SeqCst);
    let bot = KnownBot::from(app.bots.bot(&BotId::default_bot()).expect("the default bot"));
    let bot = KnownBot { company_id: Some(company_id), ..bot };
    let press = presses(1, "send:news");
    let update = IncomingUpdate::from_value(&press).expect("an update");
    let received = world.fixture.run(receive_update(&app, &bot, &update, &press.to_string()));
    assert_eq!(received, Ok(Received::Handled));
    assert_eq!(transactions.0.load(Ordering::SeqCst) - before, 1);
    let told = told(&world.fixture);
    let [Notice::Desk { said: DeskNotice::BroadcastStarted { name }, .. }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(name, "News");
    let key = keys::broadcast(&BotId::default_bot(), &news());
    let sent: Broadcast = world.fixture.get(&key).expect("a broadcast");
    assert_eq!(sent.status, BroadcastStatus::Sending);
}

#[test]
fn what_a_task_has_sent_is_forgotten_some_time_after_its_end() {
    let world = drafted(&PAGE);
    let key = keys::broadcast(&BotId::default_bot(), &news());
    let draft: Broadcast = world.fixture.get(&key).expect("a broadcast");
    for (of_run, kept) in [(None, true), (Some(world.app.env.id()), false)] {
        let ended_at = Some(world.app.env.now());
        let sending = Some(Sending { of_run, ended_at, ..Sending::default() });
        let status = BroadcastStatus::Done;
        world.fixture.put([Broadcast { sending, status, ..draft.clone() }.into()]);
        assert!(world.fixture.get::<Broadcast>(&key).is_some());
        world.fixture.clock.pass(RUNS_KEPT + Duration::from_secs(1));
        assert_eq!(world.fixture.get::<Broadcast>(&key).is_some(), kept);
    }
}

/// No query arrives.
#[derive(Clone, Copy, Debug)]
struct NoQueries;

impl Wire for NoQueries {
    fn carry<'a>(
        &'a self,
        operation: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>> {
        let lost = operation == "Query";
        Box::pin(async move { if lost { Err("it is lost".to_owned()) } else { Ok(run()) } })
    }
}

/// The page of the broadcast fails for the last time.
fn kill_page(world: &World) {
    let timer = world.fixture.timers().remove(0);
    let due = world.app.env.now() + Duration::from_secs(1);
    let tired = Timer { failures: 20, ..timer.moved(due, world.app.env.now(), None) };
    assert_eq!(world.fixture.run(world.app.table.move_timer(&timer.key, &tired)), Ok(true));
    world.fixture.clock.pass(Duration::from_secs(1));
    world.hint(&world.over(NoQueries), 1);
}

#[test]
fn a_broadcast_whose_page_dies_is_paused_and_goes_on_with_it_when_it_is_resumed() {
    let world = sending(&PAGE);
    kill_page(&world);
    assert!(world.fixture.timers().is_empty(), "it is dead");
    let key = keys::broadcast(&BotId::default_bot(), &news());
    let left: Broadcast = world.fixture.get(&key).expect("a broadcast");
    assert_eq!(left.status, BroadcastStatus::Paused);
    act(&world, BroadcastMove::Resume);
    world.settle();
    assert_eq!(world.phones.received(), PAGE);
    let done: Broadcast = world.fixture.get(&key).expect("a broadcast");
    let sent = done.sending.map(|it| it.counts.sent);
    assert_eq!((done.status, sent), (BroadcastStatus::Done, Some(3)));
}

#[test]
fn whom_a_page_that_died_has_reached_counts_although_the_broadcast_is_cancelled() {
    for cancelled_first in [false, true] {
        let world = sending(&PAGE);
        let key = keys::broadcast(&BotId::default_bot(), &news());
        let broadcast: Broadcast = world.fixture.get(&key).expect("a broadcast");
        let now = world.app.env.now();
        let sent = Delivery {
            status: DeliveryStatus::Sent,
            ..Delivery::claim(world.app.env.id(), None, now)
        };
        let write =
            DeliveryWrite { key: broadcast.delivery_key(PAGE[0], 0), read: None, next: sent };
        let written = world.fixture.run(world.app.table.write_deliveries(&[write]));
        assert_eq!(written.expect("written"), [Written::Yes]);
        if cancelled_first {
            act(&world, BroadcastMove::Cancel);
            kill_page(&world);
        } else {
            kill_page(&world);
            act(&world, BroadcastMove::Cancel);
        }
        world.settle();
        assert!(world.phones.received().is_empty(), "nothing more is sent");
        let ended: Broadcast = world.fixture.get(&key).expect("a broadcast");
        let counts = ended.sending.map(|it| it.counts);
        assert_eq!(ended.status, BroadcastStatus::Cancelled);
        let one = BroadcastCounts { sent: 1, ..BroadcastCounts::default() };
        assert_eq!(counts, Some(one), "cancelled first: {cancelled_first}");
    }
}
