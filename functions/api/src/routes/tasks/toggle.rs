//! `POST /api/scheduled-tasks/{slug}/toggle`

use app::App;
use app::task::switch_task;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::view::TaskView;
use super::{TaskInPath, admin};
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// How a task is to stand.
#[derive(Deserialize, ToSchema)]
#[schema(as = TaskSwitch)]
pub(crate) struct SwitchRequest {
    /// Whether it is to run by itself; the opposite of now when absent.
    enabled: Option<bool>,
}

/// Switch a task on or off
///
/// For admins. An interval is counted anew from when it is switched on.
#[utoipa::path(post, path = "/api/scheduled-tasks/{slug}/toggle", operation_id = "toggle_task", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path)), request_body = Option<SwitchRequest>,
    responses(
        (status = 200, description = "The task as it is now", body = TaskView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn toggle(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
    StrictJson(body): StrictJson<SwitchRequest>,
) -> Result<Json<TaskView>, Refusal> {
    let company_id = admin(&who)?.company_id;
    let task = switch_task(&app, company_id, &slug, body.enabled).await?;
    Ok(Json(TaskView::new(&task, app.env.now())))
}
