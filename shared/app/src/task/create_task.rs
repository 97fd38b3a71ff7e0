//! A new task.

use domain::ids::{CompanyId, TaskId};
use domain::slug::Slug;
use domain::task::{ScheduledTask, TASKS_PER_COMPANY, decide_create};
use table::keys;

use super::{Wish, ids};
use crate::answer::{self, Keep};
use crate::{App, AppError};

/// The slug of a task whose name leaves nothing of one.
const FALLBACK: &str = "task";

/// What a company wants done.
#[derive(Debug)]
pub struct CreateTask {
    /// Whose it is.
    pub company_id: CompanyId,
    /// What it is to be.
    pub wish: Wish,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<ScheduledTask>>,
}

/// Makes a task, with the timer of its first run.
///
/// # Errors
/// [`AppError::Invalid`] with all faulty fields; [`AppError::Taken`] for the slug;
/// [`AppError::Conflict`] when the company has as many as it may have; [`AppError::Repeated`] for a
/// key that was used.
pub async fn create_task(app: &App, command: CreateTask) -> Result<ScheduledTask, AppError> {
    let CreateTask { company_id, wish, enabled, keep } = command;
    let wish = wish.check(app, company_id, None).await?;
    let (Some(name), Some(act), Some(schedule)) = (wish.name, wish.act, wish.schedule) else {
        return Err(AppError::Invalid(Vec::new()));
    };
    let (id, now): (TaskId, _) = (app.env.id(), app.env.now());
    let along = |task: &ScheduledTask| answer::writes(keep.as_ref(), task, now);
    app.decide_along(along, || async {
        let slug = free_slug(app, company_id, wish.slug.as_ref(), &name).await?;
        let what = (name.clone(), act.clone(), schedule.clone(), enabled);
        Ok(decide_create(ids(app), id, app.env.now(), (company_id, slug), what))
    })
    .await
}

/// The slug that was asked for, or one made of the name that nobody has.
async fn free_slug(
    app: &App,
    company_id: CompanyId,
    asked: Option<&Slug>,
    name: &str,
) -> Result<Slug, AppError> {
    let partition = keys::company(company_id).pk;
    let tasks: Vec<ScheduledTask> = app.table.query_all(&partition, keys::TASKS).await?;
    if tasks.len() >= TASKS_PER_COMPANY {
        return Err(AppError::Conflict {
            code: "TOO_MANY_TASKS",
            message: format!("a company has at most {TASKS_PER_COMPANY} tasks"),
        });
    }
    let taken = |slug: &Slug| tasks.iter().any(|task| task.slug == *slug);
    if let Some(slug) = asked {
        return if taken(slug) {
            Err(AppError::Taken { fields: vec!["slug"] })
        } else {
            Ok(slug.clone())
        };
    }
    let plain = Slug::of_name(name, FALLBACK);
    let numbered = (2..=TASKS_PER_COMPANY + 1).map(|number| plain.numbered(number));
    let free = std::iter::once(plain.clone()).chain(numbered).find(|slug| !taken(slug));
    Ok(free.unwrap_or(plain))
}
