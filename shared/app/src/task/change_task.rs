//! Another name, another time, other words; on or off.

use domain::ids::CompanyId;
use domain::slug::Slug;
use domain::task::{ScheduledTask, TaskChange, decide_change, decide_switch};

use super::{Wish, find_task, ids};
use crate::{App, AppError};

/// What is to be different. What is absent stays.
#[derive(Clone, Debug)]
pub struct ChangeTask {
    /// Whose it is.
    pub company_id: CompanyId,
    /// Which.
    pub slug: Slug,
    /// What it is to be from now on; its slug stays, whatever is said.
    pub wish: Wish,
    /// Whether it runs by itself.
    pub enabled: Option<bool>,
}

/// Changes a task. Its next run moves when its schedule changes.
///
/// # Errors
/// [`AppError::Invalid`], [`AppError::NotFound`].
pub async fn change_task(app: &App, command: ChangeTask) -> Result<ScheduledTask, AppError> {
    let ChangeTask { company_id, slug, wish, enabled } = command;
    app.decide(|| async {
        let task = find_task(app, company_id, &slug).await?;
        let wish = wish.clone().check(app, company_id, Some(&task.act)).await?;
        let (name, act, schedule) = (wish.name, wish.act, wish.schedule);
        let change = TaskChange { name, act, schedule, enabled };
        Ok(decide_change(ids(app), app.env.now(), &task, change))
    })
    .await
}

/// Switches a task on or off; `None` turns it round.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn switch_task(
    app: &App,
    company_id: CompanyId,
    slug: &Slug,
    enabled: Option<bool>,
) -> Result<ScheduledTask, AppError> {
    app.decide(|| async {
        let task = find_task(app, company_id, slug).await?;
        Ok(decide_switch(ids(app), app.env.now(), &task, enabled))
    })
    .await
}
