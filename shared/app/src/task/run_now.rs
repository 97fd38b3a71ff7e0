//! A run that someone asks for.

use domain::ids::CompanyId;
use domain::slug::Slug;
use domain::task::{Started, TaskRun, decide_run_now};

use super::{deed, find_task};
use crate::answer::{self, Keep};
use crate::{App, AppError};

/// Runs a task now, whether it is switched on or not. Its schedule goes on as before.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Repeated`] for a key that was used. That the message cannot
/// be said is no error: the run has failed, and says why.
pub async fn run_now(
    app: &App,
    company_id: CompanyId,
    slug: &Slug,
    keep: Option<Keep<TaskRun>>,
) -> Result<TaskRun, AppError> {
    let (run, now) = (app.env.id(), app.env.now());
    let along = |run: &TaskRun| answer::writes(keep.as_ref(), run, now);
    app.decide_along(along, || async {
        let task = find_task(app, company_id, slug).await?;
        let deed = deed::find(app, company_id, &task.act).await?;
        let deed = deed.map_err(|fault| fault.reason);
        let started = Started { run, job: app.env.id(), deed };
        Ok(decide_run_now(app.env.id(), app.env.now(), &task, started))
    })
    .await
}
