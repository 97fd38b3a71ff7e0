//! `DELETE /api/telegram/bots/{bot}/broadcasts/{broadcast}`

use app::App;
use app::scenario::author::delete_broadcast;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// Delete a broadcast
///
/// What it sent stays in the chats. 409 while it is sent or paused: cancel it first.
#[utoipa::path(delete, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}", operation_id = "delete_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<StatusCode, Refusal> {
    delete_broadcast(&app, whose(&who, &bot), &broadcast).await?;
    Ok(StatusCode::NO_CONTENT)
}
