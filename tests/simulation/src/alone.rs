//! Runs of one kind of work alone, with every mishap that its seed asks for.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::executor::{Executor, block_on};
use crate::harness::Harness;
use crate::plan::Plan;
use crate::world::{BEGIN, World};
use crate::{AT_MOST, Counts, Report, spawn_processes};

/// Runs a seed. `prepare` writes with nothing going wrong; `work` is done while processes die, all of it
/// at once; `judge` says what is wrong once everything has come to rest.
///
/// # Panics
/// When the table or the simulators in memory cannot be made.
pub(crate) fn alone<P>(
    seed: u64,
    prepare: impl FnOnce(Harness) -> BoxFuture<'static, P>,
    work: impl FnOnce(&Harness, P) -> Vec<BoxFuture<'static, ()>>,
    judge: impl FnOnce(Harness) -> BoxFuture<'static, Vec<String>>,
) -> Report
where
    P: Send + 'static,
{
    let world = World::new(seed, false);
    let plan = Plan::draw(&world, seed).denser();
    let harness = Harness::new(&world, plan).expect("a database and a simulator in memory");
    let (table, prepared) = (harness.table.clone(), prepare(harness.clone()));
    let prepared = block_on(&world, async move {
        table.create_if_absent().await.expect("a fresh database");
        prepared.await
    });
    let prepared = prepared.expect("nothing goes wrong yet");
    world.set_faulty(true);
    let mut executor = Executor::default();
    spawn_processes(&mut executor, &harness);
    for task in work(&harness, prepared) {
        harness.notes().busy += 1;
        let harness = harness.clone();
        executor.spawn(async move {
            task.await;
            harness.notes().busy -= 1;
        });
    }
    let limit = BEGIN + AT_MOST;
    executor.run_until(&world, || harness.notes().busy == 0 || world.now() >= limit);
    world.set_faulty(false);
    loop {
        let until = world.now() + Duration::from_secs(20);
        executor.run_until(&world, || world.now() >= until);
        let look = harness.clone();
        let rest = block_on(&world, async move { look.is_at_rest().await });
        if rest == Some(true) || world.now() >= limit || executor.is_stuck() {
            break;
        }
    }
    let mut wrong = harness.notes().wrong.clone();
    if world.now() >= limit || executor.is_stuck() {
        wrong.push("it does not come to rest".to_owned());
    }
    wrong.extend(block_on(&world, judge(harness)).unwrap_or_default());
    Report {
        seed,
        trace_hash: world.trace_hash(),
        faults: world.faults(),
        counts: Counts::default(),
        lasted: world.now().since(BEGIN),
        wrong,
        lines: Vec::new(),
    }
}
