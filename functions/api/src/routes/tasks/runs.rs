//! `GET /api/scheduled-tasks/{slug}/runs`

use app::App;
use app::task::list_runs;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::view::RunView;
use super::{TaskInPath, admin};
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// List the runs of a task
///
/// For admins. The latest first; runs are forgotten after 90 days.
#[utoipa::path(get, path = "/api/scheduled-tasks/{slug}/runs", operation_id = "list_task_runs", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path), PagingQuery),
    responses(
        (status = 200, description = "A page of runs", body = Listed<RunView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn runs(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
    paging: Paging,
) -> Result<Json<Listed<RunView>>, Refusal> {
    let company_id = admin(&who)?.company_id;
    let page = list_runs(&app, company_id, &slug, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.iter().map(RunView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
