//! `GET /api/scheduled-tasks`

use app::App;
use app::task::list_tasks;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::admin;
use super::view::TaskView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::LoggedIn;

/// List scheduled tasks
///
/// For admins. By their slugs.
#[utoipa::path(get, path = "/api/scheduled-tasks", operation_id = "list_tasks", tag = "tasks",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of tasks", body = Listed<TaskView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: LoggedIn,
    paging: Paging,
) -> Result<Json<Listed<TaskView>>, Refusal> {
    let company_id = admin(&who)?.company_id;
    let page = list_tasks(&app, company_id, paging.limit, paging.after.as_deref()).await?;
    let now = app.env.now();
    let items = page.items.iter().map(|task| TaskView::new(task, now)).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
