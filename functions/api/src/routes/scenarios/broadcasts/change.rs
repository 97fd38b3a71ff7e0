//! `PATCH /api/telegram/bots/{bot}/broadcasts/{broadcast}`

use app::App;
use app::scenario::author::change_broadcast;
use axum::Json;
use axum::extract::State;
use domain::broadcast::{BroadcastDraft, TargetingDraft};
use domain::button::ButtonsDraft;
use domain::scenario::{ContentDraft, PhotoDraft, given};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::view::{BroadcastView, TargetingBody};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::content::{ButtonsBody, PhotoBody};
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// What is to be different. What is absent stays; `null` takes away the buttons.
#[derive(Deserialize, ToSchema)]
#[schema(as = BroadcastChange)]
#[expect(clippy::option_option, reason = "null is something else than nothing")]
pub(crate) struct ChangeRequest {
    /// What people call it: at most 200 characters.
    name: Option<String>,
    /// A template in Markdown.
    text: Option<String>,
    /// All of its photos: at most 10.
    #[schema(value_type = Option<Vec<PhotoBody>>)]
    photos: Option<Vec<PhotoDraft>>,
    /// Its buttons.
    #[schema(value_type = Option<ButtonsBody>)]
    #[serde(default, deserialize_with = "given")]
    buttons: Option<Option<ButtonsDraft>>,
    /// Whom it goes to, whole.
    #[schema(value_type = Option<TargetingBody>)]
    targeting: Option<TargetingDraft>,
}

/// Change a broadcast
///
/// 409 unless it is a draft: what went out is copied.
#[utoipa::path(patch, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}", operation_id = "change_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The broadcast as it is now", body = BroadcastView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<BroadcastView>, Refusal> {
    let ChangeRequest { name, text, photos, buttons, targeting } = body;
    let content = ContentDraft { text, photos, buttons };
    let draft = BroadcastDraft { name, content, targeting };
    let changed = change_broadcast(&app, whose(&who, &bot), &broadcast, draft).await?;
    Ok(Json(BroadcastView::from(&changed)))
}
