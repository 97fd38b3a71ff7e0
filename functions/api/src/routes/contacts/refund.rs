//! `POST /api/telegram/bots/{bot}/contacts/{chat_id}/refund`

use app::App;
use app::scenario::owner::refund_scenario;
use axum::Json;
use axum::extract::State;
use web::{Refusal, StrictJson};

use super::view::ContactView;
use super::{ContactChat, OfScenario, whose};
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Note that a contact's money went back
///
/// The money itself is returned at Prodamus. Here the orders of this scenario that are paid become refunded, and
/// what was given for them ends as the scenario says. The same again changes nothing; 409 `PAYMENT_REQUIRED` for
/// whoever has paid nothing there.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/contacts/{chat_id}/refund", operation_id = "refund_scenario", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    request_body = OfScenario,
    responses(
        (status = 200, description = "The contact as they are now", body = ContactView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn refund(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
    StrictJson(OfScenario { scenario }): StrictJson<OfScenario>,
) -> Result<Json<ContactView>, Refusal> {
    let of = (chat.id()?, scenario.as_str());
    let seen = refund_scenario(&app, whose(&who, &bot), of).await?;
    Ok(Json(ContactView::from(&seen)))
}
