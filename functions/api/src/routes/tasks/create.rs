//! `POST /api/scheduled-tasks`

use app::App;
use app::task::{CreateTask, Wish, create_task};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::task::ScheduledTask;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use super::admin;
use super::view::{CreateRequest, TaskView};
use crate::problems::{BodyProblems, Conflict, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::session::LoggedIn;

/// Schedule a task
///
/// For admins. It runs by itself from then on, unless `enabled` is false.
#[utoipa::path(post, path = "/api/scheduled-tasks", operation_id = "create_task", tag = "tasks",
    security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The task", body = TaskView),
        BodyProblems, Conflict, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    who: LoggedIn,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    let company_id = admin(&who)?.company_id;
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let CreateRequest { name, slug, task, kwargs, schedule, enabled } = body.clone();
        let wish = Wish { slug, name, task, kwargs, schedule };
        create_task(&app, CreateTask { company_id, wish, enabled: enabled.unwrap_or(true), keep })
    })
    .await
}

fn answer(task: &ScheduledTask) -> Answer {
    Answer::json(StatusCode::CREATED, &TaskView::new(task, task.created_at))
}
