//! `POST /api/telegram/bots/{bot}/activate` and `/deactivate`

use app::App;
use app::bot::switch_bot;
use axum::Json;
use axum::extract::State;
use domain::bot::BotStatus;
use web::Refusal;

use super::{BotName, BotView};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::Admin;

/// Switch a bot on
///
/// What waited for it goes out. Twice is once.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/activate", operation_id = "activate_bot", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "The bot as it is now", body = BotView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn activate(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<BotView>, Refusal> {
    let bot = switch_bot(&app, who.company_id(), &bot, BotStatus::Active).await?;
    Ok(Json(BotView::from(&bot)))
}

/// Switch a bot off
///
/// Its webhook answers 404, and answers of its own wait until it is switched on. Twice is once.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/deactivate", operation_id = "deactivate_bot", tag = "bots",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id")),
    responses(
        (status = 200, description = "The bot as it is now", body = BotView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn deactivate(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
) -> Result<Json<BotView>, Refusal> {
    let bot = switch_bot(&app, who.company_id(), &bot, BotStatus::Inactive).await?;
    Ok(Json(BotView::from(&bot)))
}
