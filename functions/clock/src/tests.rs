//! The handler against a sample event and a real table.

use std::time::Duration;

use domain::engine::decision::BotState;
use domain::engine::timer::MAX_OVERDUE_MOVES;
use domain::engine::{Decision, Job, Lane, NewJob, Timer, Write};
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

fn in_an_hour(fixture: &Fixture, job: Chore) -> Done {
    fixture.clock.pass(Duration::from_hours(1));
    let deadline = fixture.app.env.now() + Duration::from_secs(40);
    fixture.run(handle(&fixture.app, Input { job }, deadline)).expect("it works")
}

fn tick_in_an_hour(fixture: &Fixture) -> Tick {
    match in_an_hour(fixture, Chore::Minute) {
        Done::Ticked(tick) => tick,
        Done::Counted(_) => panic!("it counted"),
    }
}

#[test]
fn a_schedule_says_which_job_and_without_a_word_it_is_the_minutes() {
    let read = |json: &str| serde_json::from_str::<Input>(json).map(|input| input.job).ok();
    let minute = include_str!("../../../events/clock/minute.json");
    let housekeeping = include_str!("../../../events/clock/housekeeping.json");
    let of_event_bridge = r#"{"version":"0","detail-type":"Scheduled Event","detail":{}}"#;
    assert_eq!(read(minute), Some(Chore::Minute));
    assert_eq!(read(housekeeping), Some(Chore::Housekeeping));
    assert_eq!(read(of_event_bridge), Some(Chore::Minute));
    assert_eq!(read(r#"{"job":"hourly"}"#), None);
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

#[test]
fn a_timer_that_was_moved_too_often_is_buried_and_counted() {
    let mut fixture = Fixture::new();
    let lines = fixture.keep_metrics(FUNCTION.name);
    commit_unseen(&fixture);
    let (table, now) = (&fixture.app.table, fixture.app.env.now());
    let timer = fixture.timers().remove(0);
    let moved = timer.moved(now + Duration::from_mins(10), now, None);
    let tired = Timer { moves: MAX_OVERDUE_MOVES, ..moved };
    assert_eq!(fixture.run(table.move_timer(&timer.key, &tired)), Ok(true));
    assert_eq!(tick_in_an_hour(&fixture), Tick { buried: 1, ..Tick::default() });
    tick_in_an_hour(&fixture);
    assert_eq!(lines.values(Metric::JobsBuried), [1]);
}

#[test]
fn at_night_dead_letters_and_parked_timers_are_counted_and_each_tick_counts() {
    let mut fixture = Fixture::new();
    let lines = fixture.keep_metrics(FUNCTION.name);
    let nothing = Done::Counted(SetAside::default());
    assert_eq!(in_an_hour(&fixture, Chore::Housekeeping), nothing);
    for _ in 0..3 {
        commit_unseen(&fixture);
    }
    let table = &fixture.app.table;
    let timers = fixture.timers();
    fixture.run(table.bury_timer(&timers[0], "a test")).expect("buried");
    let (bot, stopped) = (BotId::default_bot(), Some("Unauthorized".to_owned()));
    let state = BotState { bot, stopped, changed_at: fixture.app.env.now() };
    fixture.write(vec![Write::Put(state.into())]);
    for timer in &timers[1..] {
        fixture.run(table.park_timer(&BotId::default_bot(), timer)).expect("parked");
    }
    let counted = Done::Counted(SetAside { dead: 1, parked: 2 });
    assert_eq!(in_an_hour(&fixture, Chore::Housekeeping), counted);
    tick_in_an_hour(&fixture);
    assert_eq!(lines.values(Metric::DeadLetters), [0, 1]);
    assert_eq!(lines.values(Metric::ParkedTimers), [0, 2]);
    assert_eq!(lines.values(Metric::ClockTicks), [1]);
    assert!(lines.lines().iter().all(|line| line["Function"] == "clock"));
}
