//! `DELETE /api/scheduled-tasks/{slug}`

use app::App;
use app::task::remove_task;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use super::{TaskInPath, admin};
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Remove a scheduled task
///
/// For admins. A message that is under way still goes.
#[utoipa::path(delete, path = "/api/scheduled-tasks/{slug}", operation_id = "remove_task", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
) -> Result<StatusCode, Refusal> {
    remove_task(&app, admin(&who)?.company_id, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}
