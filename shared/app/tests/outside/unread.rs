//! Timers that another version of the program wrote, and this one cannot read.

use std::time::Duration;

use app::engine::redrive::{redrive, resume_bot};
use app::engine::{Ack, Incoming, SetAside, count_set_aside, run_batch, tick};
use domain::engine::decision::BotState;
use domain::engine::{Decision, Job, NewJob, Timer, TimerKey, Write};
use domain::ids::BotId;
use fixture::Fixture;
use serde_json::{Value, json};
use table::keys::{self, Key};

/// Gives a timer another job, as it lies in the table.
fn replace_job(fixture: &Fixture, timer: &TimerKey, job: &Value) {
    replace(fixture, keys::timer(timer), "job", job);
}

/// Gives an item another attribute, as it lies in the table.
fn replace(fixture: &Fixture, Key { pk, sk }: Key, attribute: &str, value: &Value) {
    let update = json!({
        "TableName": "hoopoe",
        "Key": { keys::PK: { "S": pk }, keys::SK: { "S": sk } },
        "ConditionExpression": keys::PRESENT,
        "UpdateExpression": "SET #name = :value",
        "ExpressionAttributeNames": { "#name": attribute },
        "ExpressionAttributeValues": { ":value": value },
    });
    let answer = fixture.call("UpdateItem", &update.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn two_timers(fixture: &Fixture) -> Vec<Timer> {
    let (app, now) = (&fixture.app, fixture.app.env.now());
    let job = || NewJob {
        id: app.env.id(),
        job: Job::AdminMenu { bot: BotId("gone".to_owned()), chat_id: 1 },
        due: now,
        owner: None,
    };
    let decision = Decision::new(app.env.id(), now, ()).job(job()).job(job());
    fixture.run(app.table.commit(&decision)).expect("committed").timers
}

#[test]
fn a_timer_of_another_version_holds_up_nobody_and_waits_for_that_version() {
    let fixture = Fixture::new();
    let (app, now) = (&fixture.app, fixture.app.env.now());
    let timers = two_timers(&fixture);
    let (theirs, ours) = (&timers[0], &timers[1]);
    let of_another_version = json!({ "M": { "kind": { "S": "of_another_version" } } });
    replace_job(&fixture, &theirs.key, &of_another_version);

    let hints = [theirs, ours].map(|timer| Incoming { timer: timer.key, receives: 1 });
    let run = run_batch(app, &hints, now + Duration::from_secs(28));
    assert_eq!(fixture.run(run), [Ack::Again, Ack::Done], "the other is done");

    fixture.clock.pass(Duration::from_mins(10));
    let now = app.env.now();
    let done = fixture.run(tick(app, now + Duration::from_secs(50))).expect("the clock goes on");
    assert_eq!((done.moved, done.buried), (1, 0));
    let cursor = fixture.run(app.table.cursor()).expect("readable").expect("a cursor");
    assert!(cursor.backward > theirs.key.minute(), "it does not stop at it");

    // The version that wrote it runs again, and finds it as it was.
    let key = TimerKey { at: now + Duration::from_mins(10), ..theirs.key };
    let known =
        json!({ "kind": { "S": "admin_menu" }, "bot": { "S": "gone" }, "chat_id": { "N": "1" } });
    replace_job(&fixture, &key, &json!({ "M": known }));
    let mut carried = fixture.run(app.table.timers(&[key])).expect("readable");
    let carried = carried.remove(0).expect("it is there");
    assert_eq!((carried.key, &carried.job, carried.due), (key, &theirs.job, theirs.due));
}

#[test]
fn a_timer_that_cannot_be_read_is_told_of_without_what_it_holds() {
    let fixture = Fixture::new();
    let timers = two_timers(&fixture);
    let of_another_type = json!({
        "kind": { "S": "admin_menu" }, "bot": { "S": "gone" }, "chat_id": { "S": "a secret" },
    });
    let of_another_kind = json!({ "kind": { "S": "a secret" } });
    for (timer, job) in timers.iter().zip([of_another_type, of_another_kind]) {
        replace_job(&fixture, &timer.key, &json!({ "M": job }));
        let table = &fixture.app.table;
        let page = fixture.run(table.timers_of_minute(timer.key.minute(), timer.key.shard, None));
        let unread = page.expect("readable").unread;
        let told = unread.iter().find(|it| it.key == timer.key).expect("it is unread");
        assert!(!told.reason.contains("secret"), "{}", told.reason);

        let dead = fixture.run(table.bury_timer(timer, "poison"));
        assert_eq!(dead, Ok(true));
        replace(&fixture, keys::dead(&timer.key), "died_at", &json!({ "S": "a secret" }));
        let unread = fixture.run(table.dead_timers(None)).expect("listed").unread;
        let told = unread.iter().find(|it| it.job == timer.key.id.to_string());
        let told = &told.expect("it is unread").reason;
        assert!(!told.contains("secret"), "{told}");
    }
}

#[test]
fn what_another_version_set_aside_is_listed_apart_counted_and_left() {
    let fixture = Fixture::new();
    let (app, bot) = (&fixture.app, BotId::default_bot());
    let stopped = Some("Unauthorized".to_owned());
    let state = BotState { bot: bot.clone(), stopped, changed_at: app.env.now() };
    fixture.write([Write::Put(state.into())]);
    let (dead, parked) = (two_timers(&fixture), two_timers(&fixture));
    for timer in &dead {
        fixture.run(app.table.bury_timer(timer, "poison")).expect("buried");
    }
    for timer in &parked {
        fixture.run(app.table.park_timer(&bot, timer)).expect("parked");
    }
    let unknown = json!({ "M": { "of": { "S": "another version" } } });
    replace(&fixture, keys::dead(&dead[0].key), "timer", &unknown);
    replace(&fixture, keys::parked(&bot, &parked[0].key), "timer", &unknown);

    let page = fixture.run(app.table.dead_timers(None)).expect("listed");
    assert_eq!((page.items.len(), &page.items[0].timer), (1, &dead[1]));
    assert_eq!((page.unread.len(), &page.unread[0].job), (1, &dead[0].key.id.to_string()));
    assert!(!page.unread[0].reason.contains("another version"), "{}", page.unread[0].reason);
    let counted = fixture.run(count_set_aside(app));
    assert_eq!(counted, Ok(SetAside { dead: 2, parked: 2 }));

    assert_eq!(fixture.run(redrive(app, |_| true, |_| ())), Ok(1));
    assert_eq!(fixture.run(resume_bot(app, &bot, |_| ())), Ok(1));
    let page = fixture.run(app.table.parked_timers(&bot, None)).expect("listed");
    assert_eq!((page.items.len(), page.unread.len()), (0, 1));
    assert_eq!(fixture.run(count_set_aside(app)), Ok(SetAside { dead: 1, parked: 1 }));
}
