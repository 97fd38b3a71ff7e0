//! Scenarios: what a step costs, and that a process that dies repeats none.

use std::time::Duration;

use app::engine::Ack;
use domain::contact::Contact;
use domain::engine::job::AccessChange;
use domain::engine::{Decision, Job, NewJob};
use domain::ids::BotId;
use domain::markup::MAX_CAPTION;
use domain::photo::StoredPhoto;
use domain::scenario::{BotScenarios, Outline, Photo, Scenario, Spot, Step, StepContent};
use domain::slug::Slug;
use domain::time::Timestamp;
use fixture::wire::Panicking;
use table::keys;

use crate::updates::{CHAT, receive, says};
use crate::world::{MOVED, MOVED_TO, World};

pub(crate) fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// A world whose bot has a course of two steps, an hour apart, and a contact who has started it.
pub(crate) fn started() -> World {
    started_with(&[])
}

/// The same, where each step has these photos.
fn started_with(photos: &[Photo]) -> World {
    let world = with_course(0, photos);
    world.fixture.run(receive(&world.app, &says(1, "/start")));
    world
}

/// A step of the course that says its name.
pub(crate) fn step(name: &str, created_at: Timestamp) -> Step {
    Step {
        bot_id: BotId::default_bot(),
        scenario: slug("course"),
        slug: slug(name),
        content: StepContent { text: name.to_owned(), ..StepContent::default() },
        created_at,
        version: 0,
    }
}

/// A world whose bot has a course of two steps, the first after so many minutes, the second an hour later.
pub(crate) fn with_course(first: u32, photos: &[Photo]) -> World {
    let world = World::silent();
    let (bot_id, created_at) = (BotId::default_bot(), world.app.env.now());
    let mut outline = Outline::default();
    for (name, delay) in [("one", first), ("two", 60)].map(|(name, minutes)| (name, minutes * 60)) {
        outline.insert(slug(name), delay, &Spot::End).expect("it fits");
        let mut step = step(name, created_at);
        step.content.photos = photos.to_vec();
        world.fixture.put([step.into()]);
    }
    let course = Scenario {
        name: "Course".to_owned(),
        outline,
        ..Scenario::new(bot_id.clone(), slug("course"), created_at)
    };
    let default_scenario = Some(slug("course"));
    let shared = BotScenarios { default_scenario, ..BotScenarios::new(bot_id) };
    world.fixture.put([course.into(), shared.into()]);
    world
}

pub(crate) fn contact(world: &World) -> Contact {
    let key = keys::contact(&BotId::default_bot(), CHAT);
    let found = world.fixture.run(world.app.table.get::<Contact>(&key)).expect("readable");
    found.expect("someone who started")
}

#[test]
fn a_step_costs_nine_write_units_with_the_timer_of_the_next() {
    let world = started();
    world.app.table.meter().take();
    world.hint(&world.app, 1);
    let cost = world.app.table.meter().take();
    assert_eq!(world.phones.received(), [CHAT]);
    assert!(
        (cost.write - 9.0).abs() < f64::EPSILON,
        "booking, claim, record; the contact, the timer that goes and the one that comes: {cost:?}"
    );
    assert!(contact(&world).next.is_some());
}

#[test]
fn a_step_with_a_photo_that_telegram_has_costs_one_read_more() {
    let cost = |photos: &[Photo]| {
        let world = started_with(photos);
        let photo = StoredPhoto {
            bot_id: BotId::default_bot(),
            object: "a.png".to_owned(),
            file_id: Some("AgACAgIAAx".to_owned()),
            changed_at: world.app.env.now(),
        };
        world.fixture.put([photo.into()]);
        world.app.table.meter().take();
        world.hint(&world.app, 1);
        assert_eq!(world.phones.received(), [CHAT]);
        world.app.table.meter().take()
    };
    let (without, with) = (cost(&[]), cost(&[Photo::Object("a.png".to_owned())]));
    assert!((with.write - without.write).abs() < f64::EPSILON, "{with:?} against {without:?}");
    assert!((with.read - without.read - 1.0).abs() < f64::EPSILON, "{with:?} against {without:?}");
}

#[test]
fn a_process_that_dies_after_it_has_sent_a_step_repeats_nothing() {
    let world = started();
    let dying = world.over(Panicking("TransactWriteItems"));
    assert_eq!(world.hint(&dying, 1), [Ack::Again]);
    assert_eq!(world.phones.received(), [CHAT], "sent, and nobody has written what follows");
    world.hint(&world.app, 2);
    assert_eq!(world.phones.received(), [CHAT]);
    let next = contact(&world).next.expect("the second step is to come");
    world.fixture.clock.pass(next.due.since(world.app.env.now()));
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT, CHAT]);
    assert!(world.fixture.timers().is_empty());
    assert_eq!(contact(&world).active, None, "it is completed");
}

#[test]
fn a_text_that_went_below_its_photo_does_not_come_again_when_it_has_grown_too_long_for_that() {
    let world = started_with(&[Photo::FileId("AgACAgIAAx".to_owned())]);
    let dying = world.over(Panicking("TransactWriteItems"));
    assert_eq!(world.hint(&dying, 1), [Ack::Again]);
    assert_eq!(world.phones.received(), [CHAT]);
    let key = keys::step(&BotId::default_bot(), &slug("course"), &slug("one"));
    let mut step: Step = world.fixture.get(&key).expect("a step");
    step.content.text = "x".repeat(MAX_CAPTION + 1);
    world.fixture.put([step.into()]);
    world.hint(&world.app, 2);
    assert_eq!(world.phones.received(), [CHAT], "neither the text nor the photo");
    assert!(contact(&world).next.is_some(), "the second step is to come");
}

#[test]
fn the_hints_of_a_step_that_come_twice_send_it_once() {
    let world = started();
    world.fixture.clock.pass(Duration::from_secs(1));
    world.hint(&world.app, 1);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT]);
}

/// Lets the contact have paid for the way into a group, of which this is done.
fn pays(world: &World, changes: impl IntoIterator<Item = AccessChange>) {
    let mut paid = contact(world);
    let mut run = paid.run(&slug("course"));
    run.payment_date = Some(world.app.env.now());
    paid.runs.insert(slug("course"), run);
    world.fixture.put([paid.into()]);
    access(world, changes);
}

/// The contact's way into the group changes.
fn access(world: &World, changes: impl IntoIterator<Item = AccessChange>) {
    access_to(world, -1_001_234_567_890, changes);
}

/// The same of this group.
fn access_to(world: &World, group: i64, changes: impl IntoIterator<Item = AccessChange>) {
    let due = world.app.env.now();
    let mut decision = Decision::new(world.app.env.id(), due, ());
    for change in changes {
        let job = Job::GroupAccess {
            bot: BotId::default_bot(),
            chat_id: CHAT,
            scenario: slug("course"),
            group,
            change,
        };
        decision = decision.job(NewJob { id: world.app.env.id(), job, due, owner: None });
    }
    world.fixture.run(world.app.commit(decision)).expect("committed");
}

fn open() -> AccessChange {
    AccessChange::Open { product: "Course".to_owned() }
}

#[test]
fn a_process_that_dies_after_it_has_made_a_link_sends_the_next_one_alone() {
    let world = started();
    world.hint(&world.app, 1);
    pays(&world, [open()]);
    let dying = world.over(Panicking("TransactWriteItems"));
    assert!(world.hint(&dying, 1).contains(&Ack::Again));
    assert_eq!((world.phones.links(), contact(&world).run(&slug("course")).invite_link), (1, None));
    world.hint(&world.app, 2);
    let link = contact(&world).run(&slug("course")).invite_link;
    assert_eq!((world.phones.links(), link.as_deref()), (2, Some("https://t.me/+2")));
    assert_eq!(world.phones.received(), [CHAT], "what there is for the payment follows");
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT; 3], "the thanks, and the link");
    assert_eq!(world.phones.links(), 2);
}

#[test]
fn a_link_that_is_asked_for_while_it_is_made_is_made_once() {
    let world = started();
    world.hint(&world.app, 1);
    pays(&world, [open()]);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.links(), 1);
    let link = contact(&world).run(&slug("course")).invite_link;
    access(&world, [AccessChange::Renew { asked: true, by_hand: false }]);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.links(), 1, "there is one");
    assert_eq!(contact(&world).run(&slug("course")).invite_link, link);
    assert_eq!(world.phones.received(), [CHAT; 3], "the step, the thanks, and the link");
}

#[test]
fn a_link_that_is_asked_for_before_the_payments_own_is_made_is_the_one_that_stays() {
    let world = started();
    world.hint(&world.app, 1);
    pays(&world, [AccessChange::Renew { asked: true, by_hand: false }]);
    world.hint(&world.app, 1);
    let link = contact(&world).run(&slug("course")).invite_link;
    assert_eq!((world.phones.links(), link.as_deref()), (1, Some("https://t.me/+1")));
    access(&world, [open()]);
    world.hint(&world.app, 1);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.links(), 1, "the one that was sent leads into the group");
    assert_eq!(contact(&world).run(&slug("course")).invite_link, link);
    assert_eq!(world.phones.received(), [CHAT; 4], "the step, the link, the thanks and the link");
}

#[test]
fn a_way_into_a_group_that_has_another_id_by_now_leads_there() {
    let world = started();
    world.hint(&world.app, 1);
    let place = keys::scenario(&BotId::default_bot(), &slug("course"));
    let course: Scenario = world.fixture.get(&place).expect("a course");
    world.fixture.put([Scenario { private_group_id: Some(MOVED), ..course }.into()]);
    pays(&world, []);
    access_to(&world, MOVED, [open()]);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.links(), 0, "nobody gets into what is there no more");
    let course: Scenario = world.fixture.get(&place).expect("a course");
    assert_eq!(course.private_group_id, Some(MOVED_TO), "Telegram has not told of it otherwise");
    world.hint(&world.app, 1);
    let run = contact(&world).run(&slug("course"));
    assert_eq!((run.group, run.invite_link.as_deref()), (Some(MOVED_TO), Some("https://t.me/+1")));
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT; 3], "the step, the thanks, and the link");
}
