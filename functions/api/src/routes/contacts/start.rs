//! `POST /api/telegram/bots/{bot}/contacts/{chat_id}/start`

use app::App;
use app::scenario::owner::start_contact;
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::view::ContactView;
use super::{ContactChat, OfScenario, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Start a scenario for a contact
///
/// As if they had said `/start`: another one that is under way stops, and this one begins, or is taken up where it
/// was. A consent is asked for first. 409 `SCENARIO_ALREADY_ACTIVE` for whoever is under way in it,
/// `INVALID_SCENARIO_STATE` for whoever has completed it or cannot be written to, and for a scenario that is
/// switched off or has no messages; 503 `SCHEDULE_FAILED` where nothing could be written, and nothing has begun.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/contacts/{chat_id}/start", operation_id = "start_contact", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    request_body = OfScenario,
    responses(
        (status = 200, description = "The contact as they are now", body = ContactView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn start(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
    StrictJson(OfScenario { scenario }): StrictJson<OfScenario>,
) -> Result<Json<ContactView>, Refusal> {
    let of = (chat.id()?, scenario.as_str());
    let seen = start_contact(&app, whose(&who, &bot), of).await?;
    Ok(Json(ContactView::from(&seen)))
}
