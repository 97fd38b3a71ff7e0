//! `GET /api/available-tasks`

use axum::Json;
use domain::task::TaskKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use web::{Listed, Refusal};

use super::admin;
use crate::problems::SessionProblems;
use crate::session::LoggedIn;

/// Something that can be done on a schedule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AvailableTask {
    /// Its name.
    name: String,
    /// Other names that are taken for it.
    aliases: Vec<String>,
    /// What it does.
    description: String,
    /// The JSON Schema (2020-12) of its arguments.
    #[schema(value_type = Object)]
    kwargs_schema: Value,
}

/// List what can be scheduled
///
/// All on one page. What a schema refuses is refused when a task is saved.
#[utoipa::path(get, path = "/api/available-tasks", operation_id = "list_available_tasks", tag = "tasks",
    security(("session" = [])),
    responses(
        (status = 200, description = "All kinds of tasks", body = Listed<AvailableTask>),
        SessionProblems,
    ))]
pub(crate) async fn available(who: LoggedIn) -> Result<Json<Listed<AvailableTask>>, Refusal> {
    admin(&who)?;
    let items = TaskKind::ALL.into_iter().map(|kind| AvailableTask {
        name: kind.name().to_owned(),
        aliases: kind.aliases().iter().map(ToString::to_string).collect(),
        description: kind.description().to_owned(),
        kwargs_schema: kind.schema(),
    });
    Ok(Json(Listed::new(items.collect(), None)))
}
