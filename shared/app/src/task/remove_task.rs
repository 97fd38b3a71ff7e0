//! A task is given up.

use domain::ids::CompanyId;
use domain::slug::Slug;
use domain::task::decide_remove;

use super::find_task;
use crate::{App, AppError};

/// Removes a task with its timer. A message that is under way still goes.
///
/// # Errors
/// [`AppError::NotFound`], also the second time.
pub async fn remove_task(app: &App, company_id: CompanyId, slug: &Slug) -> Result<(), AppError> {
    app.decide(|| async {
        let task = find_task(app, company_id, slug).await?;
        Ok(decide_remove(app.env.id(), app.env.now(), &task))
    })
    .await
}
