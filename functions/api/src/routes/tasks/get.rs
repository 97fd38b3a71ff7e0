//! `GET /api/scheduled-tasks/{slug}`

use app::App;
use app::task::find_task;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::view::TaskView;
use super::{TaskInPath, admin};
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Get a scheduled task
///
/// For admins.
#[utoipa::path(get, path = "/api/scheduled-tasks/{slug}", operation_id = "get_task", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path)),
    responses(
        (status = 200, description = "The task", body = TaskView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
) -> Result<Json<TaskView>, Refusal> {
    let task = find_task(&app, admin(&who)?.company_id, &slug).await?;
    Ok(Json(TaskView::new(&task, app.env.now())))
}
