//! `POST /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}/move`

use app::App;
use app::scenario::author::move_step;
use axum::Json;
use axum::extract::State;
use domain::scenario::SpotDraft;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::view::StepView;
use crate::routes::scenarios::{ScenarioName, StepName, whose};
use crate::session::Admin;

/// Where a step is to stand: behind all others when neither is said.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScenarioStepMove)]
pub(crate) struct MoveRequest {
    /// Before this step.
    before: Option<String>,
    /// After this step.
    after: Option<String>,
}

/// Move a step
///
/// Whoever has received it does not receive it again; whoever had it ahead does not miss it.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}/move", operation_id = "move_scenario_step", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), ("step" = String, Path)),
    request_body = MoveRequest,
    responses(
        (status = 200, description = "The step where it is now", body = StepView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn move_to(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    InPath(StepName(step)): InPath<StepName>,
    StrictJson(MoveRequest { before, after }): StrictJson<MoveRequest>,
) -> Result<Json<StepView>, Refusal> {
    let spot = SpotDraft { before, after };
    let moved = move_step(&app, whose(&who, &bot), (&scenario, &step), spot).await?;
    Ok(Json(StepView::from(&moved)))
}
