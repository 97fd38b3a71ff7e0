//! `GET /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}`

use app::App;
use app::scenario::author::find_step;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::view::StepView;
use crate::routes::scenarios::{ScenarioName, StepName, whose};
use crate::session::Admin;

/// Get a step
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", operation_id = "get_scenario_step", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), ("step" = String, Path)),
    responses(
        (status = 200, description = "The step", body = StepView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    InPath(StepName(step)): InPath<StepName>,
) -> Result<Json<StepView>, Refusal> {
    let found = find_step(&app, whose(&who, &bot), (&scenario, &step)).await?;
    Ok(Json(StepView::from(&found)))
}
