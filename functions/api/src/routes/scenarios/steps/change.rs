//! `PATCH /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}`

use app::App;
use app::scenario::author::{ChangeStep, change_step};
use axum::Json;
use axum::extract::State;
use domain::button::ButtonsDraft;
use domain::scenario::{ContentDraft, PhotoDraft, TimingDraft, given};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::content::{ButtonsBody, PhotoBody, TimingBody};
use crate::routes::scenarios::view::StepView;
use crate::routes::scenarios::{ScenarioName, StepName, whose};
use crate::session::Admin;

/// What is to be different. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScenarioStepChange)]
#[expect(clippy::option_option, reason = "null is something else than nothing")]
pub(crate) struct ChangeRequest {
    /// A template in Markdown; may be empty where there is a photo.
    text: Option<String>,
    /// All of its photos, at most 10.
    #[schema(value_type = Option<Vec<PhotoBody>>)]
    photos: Option<Vec<PhotoDraft>>,
    /// Its buttons; `null` takes them away.
    #[schema(value_type = Option<ButtonsBody>)]
    #[serde(default, deserialize_with = "given")]
    buttons: Option<Option<ButtonsDraft>>,
    /// How long after the message before it it is due.
    #[schema(value_type = Option<TimingBody>)]
    timing: Option<TimingDraft>,
}

/// Change a step
///
/// Whoever has not received it receives it as it is then, at its new time.
#[utoipa::path(patch, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", operation_id = "change_scenario_step", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), ("step" = String, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The step as it is now", body = StepView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    InPath(StepName(step)): InPath<StepName>,
    StrictJson(ChangeRequest { text, photos, buttons, timing }): StrictJson<ChangeRequest>,
) -> Result<Json<StepView>, Refusal> {
    let change = ChangeStep { content: ContentDraft { text, photos, buttons }, timing };
    let changed = change_step(&app, whose(&who, &bot), (&scenario, &step), change).await?;
    Ok(Json(StepView::from(&changed)))
}
