//! How a run ends: the timer goes, moves, or is buried; then the hint is acknowledged.

use std::time::Duration;

use domain::engine::retry::{JobError, backoff};
use domain::engine::{Job, NewJob, Timer};
use domain::ids::BotId;
use domain::mutation::{Rule, broken};
use domain::time::Timestamp;
use runtime::metrics::Metric;
use runtime::unit::measure;
use table::{Parked, TableError};

use crate::App;
use crate::engine::batch::Ack;
use crate::engine::broadcast;
use crate::engine::work::Work;
use crate::engine::{lines, relay};
use crate::handover::hand_over;
use crate::scenario;

/// A job that put itself off this often is dead.
const MAX_RUNS: u32 = 500;
/// A job that failed this often in a row is dead.
const MAX_RETRIES: u32 = 20;
/// The outcome of a run whose timer was someone else's in the end.
pub(super) const LOST: &str = "lost";

/// Ends the run of a delivering job: what follows is written in the transaction that removes its
/// timer, or the timer moves to where the rest is due. `left` is what the bus did not take.
pub(super) async fn work(app: &App, work: Work, left: Option<Job>) -> Ack {
    if !work.is_done() && broken(Rule::RestMovesAhead) {
        return Ack::Done;
    }
    let now = app.env.now();
    let apart = work.set_apart(now).unwrap_or_default();
    if let Some(bot) = work.parks_with().filter(|_| !work.may_end(now)) {
        return park(app, &bot.clone(), &work.timer).await;
    }
    if !work.may_end(now) && !broken(Rule::PageUntilDone) {
        let (due, waits) = work.rest(now);
        return put_off(app, &work.timer, due, Some(waits)).await;
    }
    let apart =
        apart.into_iter().map(|(job, due)| NewJob { id: app.env.id(), job, due, owner: None });
    let apart: Vec<NewJob> = apart.collect();
    if let Some(plan) = work.step {
        let left = left.map(|job| left_job(app, job));
        let ended = scenario::step_ended(app, &work.timer, (plan, work.is_refused()), left).await;
        return settled(app, &work.timer, ended).await;
    }
    if let Some(page) = &work.broadcast {
        let left = left.map(|job| left_job(app, job));
        let ended = broadcast::page_ended(app, &work, page, left).await;
        return settled(app, &work.timer, ended).await;
    }
    if scenario::is_owed(&work.timer.job)
        && let Some(refused_at) = work.refused_at()
    {
        let left = left.map(|job| left_job(app, job));
        let ended = scenario::owed_refused(app, &work.timer, refused_at, left).await;
        return settled(app, &work.timer, ended).await;
    }
    let writes = work.writes(app.env.now());
    let lost = relay::lost(&work);
    let follows = work.next.filter(|_| !(work.was_done && broken(Rule::DoneStillFollows)));
    let follows = follows.or(lost);
    let follows = follows.map(|job| NewJob {
        id: app.env.id(),
        job,
        due: app.env.now(),
        owner: work.timer.owner,
    });
    let left = left.map(|job| left_job(app, job));
    let follows = follows.into_iter().chain(left).chain(apart).collect();
    match app.table.finish_timer_with(&work.timer.key, &writes, follows).await {
        Ok(Some(committed)) => {
            hand_over(app, &committed.timers).await;
            ended(app, &work.timer, "done")
        }
        Ok(None) => ended(app, &work.timer, LOST),
        Err(error) => again(app, &work.timer, &error),
    }
}

/// What the bus did not take is published a little later.
fn left_job(app: &App, job: Job) -> NewJob {
    let due = app.env.now() + backoff(0, app.env.fraction());
    NewJob { id: app.env.id(), job, due, owner: None }
}

/// Moves the timer to `due` and hints at it there. Whoever lost the timer stops.
pub(super) async fn put_off(
    app: &App,
    timer: &Timer,
    due: Timestamp,
    waits: Option<std::collections::BTreeMap<String, Timestamp>>,
) -> Ack {
    move_to(app, timer, |now, cursor| {
        let moved = timer.moved(due, now, cursor);
        Timer { waits: waits.unwrap_or(moved.waits), ..moved }
    })
    .await
}

/// Moves the timer to where `moved` says at this instant, for a cursor as it was seen last.
async fn move_to(
    app: &App,
    timer: &Timer,
    moved: impl FnOnce(Timestamp, Option<Timestamp>) -> Timer,
) -> Ack {
    if timer.runs >= MAX_RUNS {
        return bury(app, timer, "it was put off too often").await;
    }
    let cursor = match app.table.cursor_seen().await {
        Ok(cursor) => cursor,
        Err(error) => return again(app, timer, &error),
    };
    let moved = moved(app.env.now(), cursor);
    match app.table.move_timer(&timer.key, &moved).await {
        Ok(true) => {
            hand_over(app, &[moved]).await;
            ended(app, timer, "moved")
        }
        Ok(false) => ended(app, timer, LOST),
        Err(error) => again(app, timer, &error),
    }
}

/// Ends a run that is followed by another job, in the transaction that removes its timer.
pub(super) async fn follow(app: &App, timer: &Timer, job: Job, due: Timestamp) -> Ack {
    let next = NewJob { id: app.env.id(), job, due, owner: timer.owner };
    match app.table.finish_timer(&timer.key, vec![next]).await {
        Ok(Some(committed)) => {
            hand_over(app, &committed.timers).await;
            ended(app, timer, "done")
        }
        Ok(None) => ended(app, timer, LOST),
        Err(error) => again(app, timer, &error),
    }
}

/// Ends the run of an effect by what its error decides.
pub(super) async fn effect(app: &App, timer: &Timer, result: Result<(), JobError>) -> Ack {
    let wait = match result {
        Ok(()) => return drop_timer(app, timer, "done").await,
        Err(JobError::Lost) => return ended(app, timer, LOST),
        Err(JobError::Reject(reason)) => return bury(app, timer, &reason).await,
        Err(error) if timer.failures >= MAX_RETRIES => {
            return bury(app, timer, &error.to_string()).await;
        }
        Err(JobError::RetryAfter { after, .. }) => after,
        Err(JobError::Retry(_)) => backoff(timer.failures, app.env.fraction()),
    };
    let due = app.env.now() + wait;
    move_to(app, timer, |now, cursor| timer.failed(due, now, cursor)).await
}

/// Ends the run of a job whose own transaction removes its timer: `false` when another's did.
pub(super) async fn settled(app: &App, timer: &Timer, result: Result<bool, JobError>) -> Ack {
    match result {
        Ok(true) => ended(app, timer, "done"),
        Ok(false) => ended(app, timer, LOST),
        Err(error) => effect(app, timer, Err(error)).await,
    }
}

/// A failed read or commit of the whole run: back-off.
pub(super) async fn retry(app: &App, timer: &Timer, reason: &str) -> Ack {
    effect(app, timer, Err(JobError::Retry(reason.to_owned()))).await
}

/// The timer's work is done, or no longer wanted: `outcome` says which.
pub(super) async fn drop_timer(app: &App, timer: &Timer, outcome: &'static str) -> Ack {
    match app.table.delete_timer(&timer.key).await {
        Ok(true) => ended(app, timer, outcome),
        Ok(false) => ended(app, timer, LOST),
        Err(error) => again(app, timer, &error),
    }
}

/// The timer waits with its stopped bot.
pub(super) async fn park(app: &App, bot: &BotId, timer: &Timer) -> Ack {
    match app.table.park_timer(bot, timer).await {
        Ok(Parked::Yes) => ended(app, timer, "parked"),
        Ok(Parked::Lost) => ended(app, timer, LOST),
        Ok(Parked::BotSends) => put_off(app, timer, app.env.now(), None).await,
        Err(error) => again(app, timer, &error),
    }
}

/// The timer becomes a dead letter.
pub(super) async fn bury(app: &App, timer: &Timer, reason: &str) -> Ack {
    match set_dead(app, timer, reason).await {
        Ok(_) => {
            tracing::error!(job = timer.job.name(), id = %timer.key.id, reason, "a job is dead");
            ended(app, timer, "dead")
        }
        Err(error) => again(app, timer, &error),
    }
}

/// Makes the timer a dead letter: `false` when another run had it. A broadcast whose page it is waits for an
/// admin from then on, and an admin whose answer it brings is told; that comes first, or nothing would ever send the
/// one on and tell the other.
pub(super) async fn set_dead(app: &App, timer: &Timer, reason: &str) -> Result<bool, TableError> {
    Box::pin(broadcast::page_died(app, timer)).await?;
    Box::pin(relay::answer_died(app, timer)).await?;
    let buried = app.table.bury_timer(timer, reason).await?;
    if buried {
        measure(Metric::JobsBuried, 1);
    }
    Ok(buried)
}

/// A hint that came before its time goes back with the delay that is left.
pub(super) async fn hint_again(app: &App, timer: &Timer) {
    if timer.due.since(app.env.now()) <= Duration::from_secs(u64::from(queue::LONGEST_DELAY)) {
        hand_over(app, &[Timer { inline: true, ..timer.clone() }]).await;
    }
    lines::job(app, timer, "early");
}

/// Logs a run's end, after which its hint is acknowledged.
pub(super) fn ended(app: &App, timer: &Timer, outcome: &'static str) -> Ack {
    lines::job(app, timer, outcome);
    Ack::Done
}

fn again(app: &App, timer: &Timer, error: &TableError) -> Ack {
    lines::job(app, timer, "unfinished");
    tracing::warn!(job = timer.job.name(), id = %timer.key.id, %error, "a run could not end");
    Ack::Again
}
