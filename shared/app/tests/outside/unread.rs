//! Timers that another version of the program wrote, and this one cannot read.

use std::time::Duration;

use app::engine::{Ack, Incoming, run_batch, tick};
use domain::engine::{Decision, Job, NewJob, TimerKey};
use domain::ids::BotId;
use fixture::Fixture;
use serde_json::{Value, json};
use table::keys::{self, Key};

/// Gives a timer another job, as it lies in the table.
fn replace_job(fixture: &Fixture, timer: &TimerKey, job: &Value) {
    let Key { pk, sk } = keys::timer(timer);
    let update = json!({
        "TableName": "hoopoe",
        "Key": { keys::PK: { "S": pk }, keys::SK: { "S": sk } },
        "ConditionExpression": keys::PRESENT,
        "UpdateExpression": "SET #job = :job",
        "ExpressionAttributeNames": { "#job": "job" },
        "ExpressionAttributeValues": { ":job": job },
    });
    let answer = fixture.call("UpdateItem", &update.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn a_timer_of_another_version_holds_up_nobody_and_waits_for_that_version() {
    let fixture = Fixture::new();
    let (app, now) = (&fixture.app, fixture.app.env.now());
    let job = || NewJob {
        id: app.env.id(),
        job: Job::AdminMenu { bot: BotId("gone".to_owned()), chat_id: 1 },
        due: now,
        owner: None,
    };
    let decision = Decision::new(app.env.id(), now, ()).job(job()).job(job());
    let timers = fixture.run(app.table.commit(&decision)).expect("committed").timers;
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
