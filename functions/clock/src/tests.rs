//! The handler against a sample event and a real table.

use std::time::Duration;

use domain::engine::{Decision, Job, Lane, NewJob};
use domain::ids::BotId;
use fixture::Fixture;

use super::*;

/// A commit whose hint is lost: only the clock can find its timer.
fn commit_unseen(fixture: &Fixture) {
    let (app, now) = (&fixture.app, fixture.app.env.now());
    let job = Job::KeptUpdate { bot: BotId::default_bot(), chat_id: 1, update_id: 1 };
    let job = NewJob { id: app.env.id(), job, due: now, owner: None };
    let decision = Decision::new(app.env.id(), now, ()).job(job);
    fixture.run(app.table.commit(&decision)).expect("committed");
}

fn tick_in_an_hour(fixture: &Fixture) -> Tick {
    fixture.clock.pass(Duration::from_hours(1));
    let deadline = fixture.app.env.now() + Duration::from_secs(40);
    fixture.run(handle(&fixture.app, deadline)).expect("a tick")
}

#[test]
fn whatever_the_schedule_sends_is_a_minute() {
    let event = include_str!("../../../events/clock/minute.json");
    for json in [event, "{}"] {
        assert!(serde_json::from_str::<Minute>(json).is_ok());
    }
}

#[test]
fn a_clock_with_nothing_to_do_does_nothing() {
    assert_eq!(tick_in_an_hour(&Fixture::new()), Tick::default());
}

#[test]
fn a_timer_that_was_left_behind_is_moved_and_handed_over() {
    let fixture = Fixture::new();
    assert_eq!(tick_in_an_hour(&fixture), Tick::default());
    commit_unseen(&fixture);
    assert_eq!(tick_in_an_hour(&fixture), Tick { moved: 1, ..Tick::default() });
    assert_eq!(fixture.queue.len(Lane::People), 1);
}
