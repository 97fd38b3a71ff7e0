//! `POST /api/telegram/bots/{bot}/preview`

use std::collections::BTreeMap;

use app::App;
use app::scenario::author::{Preview, preview as render};
use axum::Json;
use axum::extract::State;
use domain::scenario::ContentDraft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::content::ContentBody;
use super::part::PartView;
use super::whose;
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// What is shown: a content, a step or a part; and for whom.
#[derive(Deserialize, ToSchema)]
#[schema(as = PreviewRequest)]
pub(crate) struct PreviewBody {
    /// The scenario that it is of.
    scenario: Option<String>,
    /// A saved step of the scenario.
    step: Option<String>,
    /// Another saved message of it: `consent`, `summary` or `paid_content`.
    part: Option<String>,
    /// A message that is not saved.
    #[schema(value_type = Option<ContentBody>)]
    content: Option<ContentDraft>,
    /// A contact's chat; a sample contact when absent.
    chat_id: Option<i64>,
    /// Values of the sample contact by the name of the variable, such as `user_name`; `null` for one that is
    /// missing.
    #[serde(default)]
    #[schema(required = false)]
    sample: BTreeMap<String, Option<String>>,
    /// Whether variables are shown by their names.
    #[serde(default)]
    #[schema(required = false)]
    demo: bool,
}

/// The messages that it becomes, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = MessagePreview)]
pub(crate) struct PreviewView {
    /// At least one.
    parts: Vec<PartView>,
}

/// Preview a message
///
/// As a person would get it; nothing is sent. 422 `TEMPLATE_RENDER_FAILED` with all that is wrong with it.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/preview", operation_id = "preview_message", tag = "scenarios",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    request_body = PreviewBody,
    responses(
        (status = 200, description = "The messages", body = PreviewView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn preview(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    StrictJson(body): StrictJson<PreviewBody>,
) -> Result<Json<PreviewView>, Refusal> {
    let PreviewBody { scenario, step, part, content, chat_id, sample, demo } = body;
    let wanted = Preview { scenario, step, part, content, chat_id, sample, demo };
    let parts = render(&app, whose(&who, &bot), wanted).await?;
    Ok(Json(PreviewView { parts: parts.into_iter().map(PartView::from).collect() }))
}
