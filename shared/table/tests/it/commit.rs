//! What commits of state and timers cost, and what they refuse.

use std::time::Duration;

use domain::engine::decision::DECISION_LIFE;
use domain::engine::timer::CURSOR_LAG;
use domain::engine::{Decision, Timer, Write};
use domain::time::Timestamp;
use runtime::virtual_time::START;
use table::{CommitError, Cursor, TableError, keys};

use crate::fixtures::{api_key, bot_state, fanout, offer};
use crate::world::{Cost, World};

#[test]
fn an_offer_and_its_timer_cost_four_units_and_the_timer_one_more() {
    let world = World::new();
    let decision = Decision {
        jobs: vec![fanout(9, world.now())],
        ..world.decision(vec![Write::Create(offer().into())])
    };
    let (committed, cost) = world.cost(world.table.commit(&decision));
    assert_eq!(cost, Cost::writes(4.0));
    let timer = committed.expect("committed").timers.remove(0);
    let (finished, cost) = world.cost(world.table.finish_timer(&timer.key, Vec::new()));
    assert!(finished.expect("finished").is_some());
    assert_eq!(cost, Cost::writes(1.0));
}

#[test]
fn a_decision_with_nothing_in_it_costs_nothing() {
    let world = World::new();
    let decision = world.decision(Vec::new());
    let (committed, cost) = world.cost(world.table.commit(&decision));
    assert!(committed.expect("committed").timers.is_empty());
    assert_eq!(cost, Cost { read: 0.0, write: 0.0, calls: 0 });
}

#[test]
fn the_timers_of_a_decision_come_back_as_they_stand() {
    let world = World::new();
    let committed = world.commit_jobs(vec![fanout(9, world.now()), fanout(10, world.now())]);
    let keys: Vec<_> = committed.timers.iter().map(|timer| timer.key).collect();
    let (standing, cost) = world.cost(world.table.timers(&keys));
    let standing: Vec<Timer> = standing.expect("readable").into_iter().flatten().collect();
    assert_eq!(standing, committed.timers);
    assert_eq!(cost, Cost::reads(2.0));
}

#[test]
fn the_first_commit_of_a_process_reads_the_cursor_and_the_next_do_not() {
    let world = World::new();
    world.clock.pass(Duration::from_secs(45));
    let create = world.decision(vec![Write::Create(bot_state().into())]);
    let (_, cost) = world.cost(world.table.commit(&create));
    assert_eq!(cost, Cost { read: 1.0, write: 2.0, calls: 2 });
    world.clock.pass(Duration::from_secs(44));
    let put = world.decision(vec![Write::Put(bot_state().into())]);
    let (_, cost) = world.cost(world.table.commit(&put));
    assert_eq!(cost, Cost::writes(2.0));
}

#[test]
fn no_timer_is_written_into_a_minute_that_the_clock_has_left() {
    let world = World::new();
    let ahead = Cursor { forward: START.minute() + 15, backward: START.minute() + 10 };
    world.run(world.table.advance_cursor(ahead)).expect("moved");
    let committed = world.commit_jobs(vec![fanout(9, START)]);
    let behind_the_lag = Timestamp::from_minute(ahead.backward) + CURSOR_LAG;
    assert_eq!(committed.timers[0].key.at, behind_the_lag);
    assert_eq!(committed.timers[0].due, START);
}

#[test]
fn a_decision_older_than_its_life_is_refused() {
    let world = World::new();
    let decision = world.decision(vec![Write::Create(api_key().into())]);
    world.clock.pass(DECISION_LIFE + Duration::from_millis(1));
    assert_eq!(world.run(world.table.commit(&decision)), Err(CommitError::Stale));
    let decision = world.decision(vec![Write::Create(api_key().into())]);
    world.clock.pass(DECISION_LIFE);
    assert!(world.run(world.table.commit(&decision)).is_ok(), "to the last moment");
}

#[test]
fn a_hundred_actions_are_one_transaction_and_more_are_refused() {
    let world = World::new();
    let jobs = |n: u128| (0..n).map(|i| fanout(1_000 + i, world.now())).collect::<Vec<_>>();
    let decision = Decision { jobs: jobs(101), ..world.decision(Vec::new()) };
    let (refused, cost) = world.cost(world.table.commit(&decision));
    assert!(matches!(refused, Err(CommitError::Table(TableError::Refused(_)))), "{refused:?}");
    assert_eq!(cost.calls, 0);
    let decision = Decision { jobs: jobs(100), ..world.decision(Vec::new()) };
    let (taken, cost) = world.cost(world.table.commit(&decision));
    assert!(taken.is_ok());
    assert_eq!(cost, Cost::writes(200.0));
}

#[test]
fn one_item_twice_in_a_decision_is_refused() {
    let world = World::new();
    let writes = vec![Write::Put(bot_state().into()), Write::Put(bot_state().into())];
    let refused = world.commit(writes);
    assert!(matches!(refused, Err(CommitError::Table(TableError::Refused(_)))), "{refused:?}");
}

#[test]
fn a_table_in_a_file_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.db");
    let timer = {
        let world = World::in_file(&path, 1);
        let decision = Decision {
            jobs: vec![fanout(9, world.now())],
            ..world.decision(vec![Write::Create(offer().into())])
        };
        let (committed, cost) = world.cost(world.table.commit(&decision));
        assert_eq!(cost, Cost::writes(4.0));
        committed.expect("committed").timers.remove(0)
    };
    let world = World::in_file(&path, 2);
    assert_eq!(world.get(&keys::offer(&offer().offer_id, &offer().page_id)), Some(offer()));
    assert_eq!(world.get(&keys::timer(&timer.key)), Some(timer));
    let again = world.commit(vec![Write::Create(offer().into())]);
    assert_eq!(again, Err(CommitError::Changed(vec![0])));
}
