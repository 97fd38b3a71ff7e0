//! `GET /api/telegram/bots/{bot}`

use app::App;
use app::bot::get_bot;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::{BotName, BotView};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::Admin;

/// Get a bot
#[utoipa::path(get, path = "/api/telegram/bots/{bot}", operation_id = "get_bot", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "The bot", body = BotView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<BotView>, Refusal> {
    let found = get_bot(&app, who.company_id(), &bot).await?;
    Ok(Json(BotView::from(&found)))
}
