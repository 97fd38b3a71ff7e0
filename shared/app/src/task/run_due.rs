//! A task's time has come.

use domain::engine::Timer;
use domain::engine::retry::JobError;
use domain::ids::{CompanyId, TaskRunId};
use domain::slug::Slug;
use domain::task::{ScheduledTask, Started, TaskRun, decide_due};
use table::keys;

use super::deed;
use crate::engine::settle::{Outcome, settle};
use crate::{App, AppError};

/// Starts the run of a timer, and writes the next timer in the same transaction; `false` when
/// another run of the timer was first. A timer that is not the task's any more just goes.
pub(crate) async fn run_due(
    app: &App,
    timer: &Timer,
    company_id: CompanyId,
    slug: &Slug,
) -> Result<bool, JobError> {
    let run = app.env.id();
    settle(app, timer, || async move {
        let outcome = decide(app, timer, company_id, slug, run).await;
        outcome.map_err(|error| JobError::Retry(error.to_string()))
    })
    .await
}

async fn decide(
    app: &App,
    timer: &Timer,
    company_id: CompanyId,
    slug: &Slug,
    run: TaskRunId,
) -> Result<Option<Outcome>, AppError> {
    let key = keys::scheduled_task(company_id, slug);
    let Some(task) = app.table.get::<ScheduledTask>(&key).await? else { return Ok(None) };
    let before = match task.last_run {
        Some(before) => app.table.get::<TaskRun>(&keys::task_run(task.id, before)).await?,
        None => None,
    };
    let deed = deed::find(app, company_id, &task.act).await?;
    let deed = deed.map_err(|fault| fault.reason);
    let started = Started { run, job: app.env.id(), deed };
    let (fired, now) = ((timer.key.id, timer.due), app.env.now());
    Ok(decide_due(&task, fired, before.as_ref(), (app.env.id(), started), now))
}
