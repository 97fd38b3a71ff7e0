//! `PATCH /api/scheduled-tasks/{slug}`

use app::App;
use app::task::{ChangeTask, Wish, change_task};
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::view::{ChangeRequest, TaskView};
use super::{TaskInPath, admin};
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Change a scheduled task
///
/// For admins. Its next run moves when its schedule changes.
#[utoipa::path(patch, path = "/api/scheduled-tasks/{slug}", operation_id = "change_task", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path)), request_body = ChangeRequest,
    responses(
        (status = 200, description = "The task as it is now", body = TaskView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<TaskView>, Refusal> {
    let company_id = admin(&who)?.company_id;
    let ChangeRequest { name, task, kwargs, schedule, enabled } = body;
    let wish = Wish { slug: None, name, task, kwargs, schedule };
    let task = change_task(&app, ChangeTask { company_id, slug, wish, enabled }).await?;
    Ok(Json(TaskView::new(&task, app.env.now())))
}
