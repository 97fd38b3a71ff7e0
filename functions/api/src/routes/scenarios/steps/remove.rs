//! `DELETE /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}`

use app::App;
use app::scenario::author::delete_step;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{ScenarioName, StepName, whose};
use crate::session::Admin;

/// Delete a step
///
/// Whoever has not received it never does.
#[utoipa::path(delete, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", operation_id = "delete_scenario_step", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), ("step" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    InPath(StepName(step)): InPath<StepName>,
) -> Result<StatusCode, Refusal> {
    delete_step(&app, whose(&who, &bot), (&scenario, &step)).await?;
    Ok(StatusCode::NO_CONTENT)
}
