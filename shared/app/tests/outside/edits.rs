//! Scenarios that are edited while something else writes the timers of the contacts who are in them.

use std::time::Duration;

use app::App;
use app::engine::{Incoming, run_batch};
use domain::engine::timer::SHARDS;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::BotId;
use domain::scenario::{Outline, Scenario, Spot};
use fixture::wire::Before;
use table::keys;

use crate::scenarios::{contact, slug, started, step, with_course};
use crate::updates::{CHAT, receive, says};
use crate::world::World;

const MINUTE: Duration = Duration::from_mins(1);

/// Edits the course, and lets the edit reach everybody who is in it by then.
async fn edit(app: App, change: impl Fn(&mut Outline)) {
    let (bot, course) = (BotId::default_bot(), slug("course"));
    let found = app.table.get::<Scenario>(&keys::scenario(&bot, &course)).await;
    let mut scenario = found.expect("readable").expect("a course");
    change(&mut scenario.outline);
    let (id, now) = (app.env.id(), app.env.now());
    let job = Job::RetimeScenario { bot, scenario: course, shard: 0, after: None };
    let edited = Decision::new(app.env.id(), now, ())
        .write(Write::Replace(scenario.into()))
        .job(NewJob { id, job, due: now, owner: None });
    app.commit(edited).await.expect("committed");
    while let Some(page) = page_of_edit(&app).await {
        run_batch(&app, &[page], app.env.now() + Duration::from_secs(28)).await;
    }
}

/// The next page of contacts whom the edit is to reach.
async fn page_of_edit(app: &App) -> Option<Incoming> {
    let minute = app.env.now().minute();
    for shard in 0..SHARDS {
        let timers = app.table.timers_of_minute(minute, shard, None).await.expect("readable");
        let page = timers.items.iter().find(|it| matches!(it.job, Job::RetimeScenario { .. }));
        if let Some(page) = page {
            return Some(Incoming { timer: page.key, receives: 1 });
        }
    }
    None
}

fn delayed(step: &'static str, minutes: u32) -> impl Fn(&mut Outline) {
    move |outline| outline.set_delay(&slug(step), minutes * 60).expect("it is there")
}

/// In how long the contact's next step is due.
fn ahead(world: &World) -> Duration {
    let next = contact(world).next.expect("a step is to come");
    next.due.since(world.app.env.now())
}

#[test]
fn a_step_that_ends_beside_an_edit_is_followed_when_the_edit_says() {
    let world = started();
    let sooner = edit(world.app.clone(), delayed("two", 1));
    world.hint(&world.over(Before::new("TransactWriteItems", sooner)), 1);
    assert_eq!(world.phones.received(), [CHAT]);
    assert!(ahead(&world) <= MINUTE, "{:?}", ahead(&world));
    world.fixture.clock.pass(MINUTE);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT, CHAT]);
}

#[test]
fn whoever_begins_beside_an_edit_gets_the_first_step_when_the_edit_says() {
    let world = with_course(60, &[]);
    let sooner = edit(world.app.clone(), delayed("one", 1));
    let beside = world.over(Before::new("TransactWriteItems", sooner));
    world.fixture.run(receive(&beside, &says(1, "/start")));
    assert!(ahead(&world) <= MINUTE, "{:?}", ahead(&world));
    world.fixture.clock.pass(MINUTE);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT]);
}

#[test]
fn a_step_that_was_put_off_by_one_edit_is_found_by_the_next() {
    let world = started();
    world.hint(&world.app, 1);
    let place = keys::scenario(&BotId::default_bot(), &slug("course"));
    let mut course: Scenario = world.fixture.get(&place).expect("a course");
    delayed("two", 600)(&mut course.outline);
    world.fixture.put([course.into()]);
    world.fixture.clock.pass(MINUTE * 60);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT], "its timer came before the edit had reached it");
    assert!(ahead(&world) > MINUTE * 530, "{:?}", ahead(&world));
    world.fixture.run(edit(world.app.clone(), delayed("two", 61)));
    assert!(ahead(&world) <= MINUTE, "{:?}", ahead(&world));
    world.fixture.clock.pass(MINUTE);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT, CHAT]);
}

#[test]
fn a_step_that_is_added_while_a_run_finds_nothing_left_comes() {
    let world = started();
    world.hint(&world.app, 1);
    let remove = |outline: &mut Outline| outline.delete(&slug("two")).expect("it is there");
    world.fixture.run(edit(world.app.clone(), remove));
    world.fixture.put([step("three", world.app.env.now()).into()]);
    world.fixture.clock.pass(MINUTE * 60);
    let add = |outline: &mut Outline| {
        outline.insert(slug("three"), 61 * 60, &Spot::End).expect("it fits");
    };
    let added = edit(world.app.clone(), add);
    world.hint(&world.over(Before::new("TransactWriteItems", added)), 1);
    assert!(ahead(&world) <= MINUTE, "{:?}", ahead(&world));
    world.fixture.clock.pass(MINUTE);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT, CHAT]);
}
