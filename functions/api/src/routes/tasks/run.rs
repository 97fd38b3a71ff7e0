//! `POST /api/scheduled-tasks/{slug}/run`

use app::App;
use app::task::run_now;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::task::TaskRun;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::view::RunView;
use super::{TaskInPath, admin};
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::{IdempotencyKey, Nothing};
use crate::session::LoggedIn;

/// Run a task now
///
/// For admins. Whether it is switched on or not; its schedule goes on as before. How the run ends,
/// its list of runs tells.
#[utoipa::path(post, path = "/api/scheduled-tasks/{slug}/run", operation_id = "run_task", tag = "tasks",
    security(("session" = [])), params(("slug" = String, Path), IdempotencyKey),
    responses(
        (status = 202, description = "The run", body = RunView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn run(
    State(app): State<App>,
    who: LoggedIn,
    TaskInPath(slug): TaskInPath,
    Keyed { asked, .. }: Keyed<Nothing>,
) -> Result<Response, Refusal> {
    let company_id = admin(&who)?.company_id;
    once(&app, &who.name(), asked.as_ref(), answer, |keep| run_now(&app, company_id, &slug, keep))
        .await
}

fn answer(run: &TaskRun) -> Answer {
    Answer::json(StatusCode::ACCEPTED, &RunView::from(run))
}
