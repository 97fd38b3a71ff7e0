//! `GET /api/telegram/bots/{bot}/contacts/{chat_id}`

use app::App;
use app::scenario::owner::find_contact;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::view::DetailsView;
use super::{ContactChat, whose};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Get a contact
///
/// With their orders.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/contacts/{chat_id}", operation_id = "get_contact", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("chat_id" = i64, Path)),
    responses(
        (status = 200, description = "The contact", body = DetailsView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(chat): InPath<ContactChat>,
) -> Result<Json<DetailsView>, Refusal> {
    let found = find_contact(&app, whose(&who, &bot), chat.id()?).await?;
    Ok(Json(DetailsView::from(&found)))
}
