//! The handler against sample events, a real table and a wire that can break.

use std::time::Duration;

use domain::engine::{Decision, Job, NewJob, Timer};
use domain::ids::BotId;
use fixture::Fixture;
use fixture::wire::Cuttable;
use runtime::metrics::Metric;

use super::*;

const HINT: &str = include_str!("../../../events/deliver/hint.json");
const CAME_BACK: &str = include_str!("../../../events/deliver/came-back.json");
const NOT_A_HINT: &str = include_str!("../../../events/deliver/not-a-hint.json");

fn event(json: &str) -> SqsEvent {
    serde_json::from_str(json).expect("an event of SQS")
}

/// Which messages come back.
fn run(fixture: &Fixture, app: &App, json: &str) -> Vec<String> {
    let deadline = app.env.now() + Duration::from_secs(28);
    let response = fixture.run(handle(app, event(json), deadline));
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

#[test]
fn a_hint_whose_timer_is_gone_is_acknowledged() {
    let fixture = Fixture::new();
    for json in [HINT, CAME_BACK] {
        assert!(run(&fixture, &fixture.app, json).is_empty());
    }
}

#[test]
fn hints_come_back_when_the_table_does_not_answer_and_what_is_no_hint_does_not() {
    let fixture = Fixture::new();
    let wire = Cuttable::for_all();
    wire.cut(true);
    let app = fixture.over(wire);
    let third = "00000000-0000-4000-8000-000000000003";
    assert_eq!(run(&fixture, &app, NOT_A_HINT), [third]);
    assert_eq!(run(&fixture, &app, CAME_BACK).len(), 2);
}

#[test]
fn a_job_that_is_buried_is_counted_when_it_is() {
    let mut fixture = Fixture::new();
    let lines = fixture.keep_metrics(FUNCTION.name);
    let (app, now) = (&fixture.app, fixture.app.env.now());
    let job = Job::KeptUpdate { bot: BotId::default_bot(), chat_id: 1, update_id: 1 };
    let job = NewJob { id: app.env.id(), job, due: now, owner: None };
    let decision = Decision::new(app.env.id(), now, ()).job(job);
    fixture.run(app.table.commit(&decision)).expect("committed");
    // It has killed each worker that ran it.
    let timer = fixture.timers().remove(0);
    let tired = timer.moved(now + Duration::from_secs(1), now, None);
    let tired = Timer { receives: 20, ..tired };
    assert_eq!(fixture.run(app.table.move_timer(&timer.key, &tired)), Ok(true));
    fixture.clock.pass(Duration::from_secs(1));
    for _ in 0..2 {
        let mut hints = event(CAME_BACK);
        hints.records.remove(0);
        hints.records[0].body = Some(Envelope::encode(tired.key));
        let deadline = app.env.now() + Duration::from_secs(28);
        let response = fixture.run(handle(app, hints, deadline));
        assert!(response.batch_item_failures.is_empty(), "it is dead");
    }
    assert_eq!(lines.values(Metric::JobsBuried), [1]);
}

#[test]
fn the_receive_count_of_sqs_reaches_the_engine() {
    let counts: Vec<u32> =
        event(CAME_BACK).records.iter().filter_map(read).map(|hint| hint.receives).collect();
    assert_eq!(counts, [1, 3]);
}

#[test]
fn the_answer_names_failures_as_lambda_reads_them() {
    let mut response = SqsBatchResponse::default();
    response.add_failure("a");
    let json = serde_json::to_string(&response).expect("it is JSON");
    assert_eq!(json, r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#);
}
