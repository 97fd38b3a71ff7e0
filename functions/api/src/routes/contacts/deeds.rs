//! `POST /api/telegram/bots/{bot}/contacts/{chat_id}/reset` and `…/stop`

use app::App;
use app::scenario::owner::{reset_contact, stop_contact};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::view::ContactView;
use super::{ContactChat, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Of which scenario.
#[derive(Deserialize, ToSchema)]
#[schema(as = PerhapsOfScenario)]
pub(crate) struct PerhapsOf {
    /// Its slug; all of them when absent.
    scenario: Option<String>,
}

/// Begin a contact anew
///
/// Their run of the scenario is as if it had never begun: no message of it is to come, and after the next
/// `/start` all of them come again. What they have paid for stays theirs. Where nothing has begun, nothing
/// changes.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/contacts/{chat_id}/reset", operation_id = "reset_contact", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    request_body = PerhapsOf,
    responses(
        (status = 200, description = "The contact as they are now", body = ContactView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn reset(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
    StrictJson(PerhapsOf { scenario }): StrictJson<PerhapsOf>,
) -> Result<Json<ContactView>, Refusal> {
    let seen = reset_contact(&app, whose(&who, &bot), chat.id()?, scenario.as_deref()).await?;
    Ok(Json(ContactView::from(&seen)))
}

/// Stop a contact's scenario
///
/// The one that is under way, or only this one. `/start` takes it up where it was. Where none is under way,
/// nothing changes.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/contacts/{chat_id}/stop", operation_id = "stop_contact", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    request_body = PerhapsOf,
    responses(
        (status = 200, description = "The contact as they are now", body = ContactView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn stop(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
    StrictJson(PerhapsOf { scenario }): StrictJson<PerhapsOf>,
) -> Result<Json<ContactView>, Refusal> {
    let seen = stop_contact(&app, whose(&who, &bot), chat.id()?, scenario.as_deref()).await?;
    Ok(Json(ContactView::from(&seen)))
}
