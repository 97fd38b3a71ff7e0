//! `POST /api/telegram/bots/{bot}/contacts/{chat_id}/grant`

use app::App;
use app::scenario::owner::{GrantScenario, grant_scenario};
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::view::ContactView;
use super::{ContactChat, OfScenario, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Give a contact what a scenario sells
///
/// As if they had paid: they are sent the same. An order without a price says who gave it, and counts as no
/// revenue. Whoever has paid, or was given it before, is sent nothing again.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/contacts/{chat_id}/grant", operation_id = "grant_scenario", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    request_body = OfScenario,
    responses(
        (status = 200, description = "The contact as they are now", body = ContactView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn grant(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
    StrictJson(OfScenario { scenario }): StrictJson<OfScenario>,
) -> Result<Json<ContactView>, Refusal> {
    let grant = GrantScenario { chat_id: chat.id()?, scenario: &scenario, by: who.0.user.id };
    let seen = grant_scenario(&app, whose(&who, &bot), grant).await?;
    Ok(Json(ContactView::from(&seen)))
}
