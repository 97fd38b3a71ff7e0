//! Scenarios that are edited while something else writes the timers of the contacts who are in them.

use std::time::Duration;

use app::App;
use app::engine::{Incoming, run_batch};
use app::scenario::author::{ChangeStep, Whose, change_step};
use app::scenario::owner::start_contact;
use domain::contact::Contact;
use domain::engine::timer::SHARDS;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::ids::BotId;
use domain::scenario::{BotScenarios, ContentDraft, Outline, Scenario, Spot, Step, TimingDraft};
use fixture::wire::Before;
use table::keys;

use crate::owner::School;
use crate::scenarios::{contact, slug, started, step};
use crate::updates::CHAT;
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

/// Runs the jobs that are due.
async fn run_due(app: &App) {
    let now = app.env.now();
    let mut due = Vec::new();
    for (minute, shard) in (-2..=0).flat_map(|it| (0..SHARDS).map(move |shard| (it, shard))) {
        let timers = app.table.timers_of_minute(now.minute() + minute, shard, None).await;
        let timers = timers.expect("readable").items.into_iter().filter(|it| it.due <= now);
        due.extend(timers.map(|it| Incoming { timer: it.key, receives: 1 }));
    }
    run_batch(app, &due, now + Duration::from_secs(28)).await;
}

/// The first step of a contact who begins while this is done is due so long after.
fn begins_beside(change: ChangeStep) -> Duration {
    let school = School::open();
    let (fixture, now) = (&school.fixture, school.fixture.app.env.now());
    let mut outline = Outline::default();
    outline.insert(slug("one"), 60 * 60, &Spot::End).expect("it fits");
    let course = Scenario::new(school.bot.clone(), slug("course"), now);
    let one = Step { bot_id: school.bot.clone(), ..step("one", now) };
    let shared = BotScenarios::new(school.bot.clone());
    let contact = school.contact(CHAT);
    let course = Scenario { outline, ..course };
    fixture.put([course.into(), one.into(), shared.into(), contact.into()]);
    let (app, company_id, bot) = (fixture.app.clone(), school.company_id, school.bot.clone());
    let edit = async move {
        let whose = Whose { company_id, bot: &bot.0 };
        change_step(&app, whose, ("course", "one"), change).await.expect("changed");
        run_due(&app).await;
    };
    let beside = fixture.over(Before::new("TransactWriteItems", edit));
    fixture.run(start_contact(&beside, school.whose(), (CHAT, "course"))).expect("begun");
    for _ in 0..60 {
        fixture.clock.pass(Duration::from_secs(2));
        fixture.run(run_due(&fixture.app));
    }
    let contact: Contact = fixture.get(&keys::contact(&school.bot, CHAT)).expect("a contact");
    contact.next.expect("a step is to come").due.since(now)
}

#[test]
fn whoever_begins_beside_an_edit_gets_the_first_step_when_the_edit_says() {
    let sooner = ChangeStep { timing: Some(TimingDraft::of(600)), ..ChangeStep::default() };
    assert_eq!(begins_beside(sooner), MINUTE * 10);
    let content = ContentDraft { text: Some("One".to_owned()), ..ContentDraft::default() };
    let other_words = ChangeStep { content, ..ChangeStep::default() };
    assert_eq!(begins_beside(other_words), MINUTE * 60);
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
    // The first two read the timer, and the contact with the course.
    world.hint(&world.over(Before::new("BatchGetItem", added).behind(2)), 1);
    assert!(ahead(&world) <= MINUTE, "{:?}", ahead(&world));
    world.fixture.clock.pass(MINUTE);
    world.hint(&world.app, 1);
    assert_eq!(world.phones.received(), [CHAT, CHAT]);
}
