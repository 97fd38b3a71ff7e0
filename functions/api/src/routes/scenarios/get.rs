//! `GET /api/telegram/bots/{bot}/scenarios/{scenario}`

use app::App;
use app::scenario::author::find_scenario;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::view::ScenarioView;
use super::{ScenarioName, whose};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Get a scenario
///
/// With its steps in their order; what they say is listed by itself.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/scenarios/{scenario}", operation_id = "get_scenario", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path)),
    responses(
        (status = 200, description = "The scenario", body = ScenarioView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
) -> Result<Json<ScenarioView>, Refusal> {
    let found = find_scenario(&app, whose(&who, &bot), &scenario).await?;
    Ok(Json(ScenarioView::from(&found)))
}
