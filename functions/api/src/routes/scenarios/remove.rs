//! `DELETE /api/telegram/bots/{bot}/scenarios/{scenario}`

use app::App;
use app::scenario::author::delete_scenario;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use super::{ScenarioName, whose};
use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Delete a scenario
///
/// With its steps. Whoever is under way in it receives nothing more of it. 409 for the bot's default scenario.
#[utoipa::path(delete, path = "/api/telegram/bots/{bot}/scenarios/{scenario}", operation_id = "delete_scenario", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
) -> Result<StatusCode, Refusal> {
    delete_scenario(&app, whose(&who, &bot), &scenario).await?;
    Ok(StatusCode::NO_CONTENT)
}
