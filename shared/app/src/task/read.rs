//! Reading tasks and their runs.

use domain::ids::CompanyId;
use domain::slug::Slug;
use domain::task::{ScheduledTask, TaskRun};
use table::{Page, Range, keys};

use crate::listing::list;
use crate::{App, AppError};

/// A company's task.
///
/// # Errors
/// [`AppError::NotFound`], also when it is another company's: it is looked for among the company's own.
pub async fn find_task(
    app: &App,
    company_id: CompanyId,
    slug: &Slug,
) -> Result<ScheduledTask, AppError> {
    let task = app.table.get(&keys::scheduled_task(company_id, slug)).await?;
    task.ok_or(AppError::NotFound("task"))
}

/// One page of a company's tasks, by their slugs; `after` is the `next` of the page before.
pub async fn list_tasks(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<ScheduledTask>, AppError> {
    list(app, &keys::company(company_id).pk, keys::TASKS, limit, after).await
}

/// One page of a task's runs, the latest first; `after` is the `next` of the page before.
///
/// # Errors
/// [`AppError::NotFound`] for the task.
pub async fn list_runs(
    app: &App,
    company_id: CompanyId,
    slug: &Slug,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<TaskRun>, AppError> {
    let task = find_task(app, company_id, slug).await?;
    let after = after.map(|after| format!("{}{after}", keys::RUNS));
    let pk = keys::task_runs(task.id);
    let range =
        Range { pk: &pk, prefix: keys::RUNS, after: after.as_deref(), limit, backward: true };
    let mut page = app.table.query::<TaskRun>(&range).await?;
    page.next = page.next.and_then(|next| next.strip_prefix(keys::RUNS).map(str::to_owned));
    Ok(page)
}
