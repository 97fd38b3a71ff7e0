//! `POST /api/telegram/bots/{bot}/scenarios/{scenario}/steps`

use app::App;
use app::scenario::author::{AddStep, PlacedStep, add_step};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::button::ButtonsDraft;
use domain::scenario::{ContentDraft, PhotoDraft, SpotDraft, TimingDraft};
use serde::Deserialize;
use utoipa::ToSchema;
use web::once::{Answer, once};
use web::{Keyed, Refusal};

use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::IdempotencyKey;
use crate::routes::bots::BotName;
use crate::routes::scenarios::ScenarioName;
use crate::routes::scenarios::content::{ButtonsBody, PhotoBody, TimingBody};
use crate::routes::scenarios::view::StepView;
use crate::session::Admin;

/// A step to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewScenarioStep)]
pub(crate) struct AddRequest {
    /// What it is called, 1 to 48 of `a-z`, `0-9`, `_` and `-`; `msg_1`, `msg_2` and so on when absent.
    #[schema(min_length = 1, max_length = 48)]
    slug: Option<String>,
    /// A template in Markdown; may be empty where there is a photo.
    text: Option<String>,
    /// At most 10.
    #[schema(value_type = Option<Vec<PhotoBody>>)]
    photos: Option<Vec<PhotoDraft>>,
    /// Its buttons.
    #[schema(value_type = Option<ButtonsBody>)]
    buttons: Option<ButtonsDraft>,
    /// How long after the message before it it is due.
    #[schema(value_type = TimingBody, required, nullable = false)]
    timing: Option<TimingDraft>,
    /// The step that it is put before.
    before: Option<String>,
    /// The step that it is put after; behind all others when neither is said.
    after: Option<String>,
}

/// Add a step
///
/// Whoever is past its place does not receive it. 409 for the slug of another step.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/steps", operation_id = "add_scenario_step", tag = "scenarios",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), IdempotencyKey),
    request_body = AddRequest,
    responses(
        (status = 201, description = "The step", body = StepView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn add(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    Keyed { body, asked }: Keyed<AddRequest>,
) -> Result<Response, Refusal> {
    let company_id = who.company_id();
    once(&app, &who.name(), asked.as_ref(), answer, |keep| {
        let AddRequest { slug, text, photos, buttons, timing, before, after } = body.clone();
        let content = ContentDraft { text, photos, buttons: buttons.map(Some) };
        let spot = SpotDraft { before, after };
        let (bot, scenario) = (bot.clone(), scenario.clone());
        add_step(&app, AddStep { company_id, bot, scenario, slug, content, timing, spot, keep })
    })
    .await
}

fn answer(added: &PlacedStep) -> Answer {
    Answer::json(StatusCode::CREATED, &StepView::from(added))
}
