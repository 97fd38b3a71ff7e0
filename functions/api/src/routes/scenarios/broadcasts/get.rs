//! `GET /api/telegram/bots/{bot}/broadcasts/{broadcast}`

use app::App;
use app::scenario::author::companys_broadcast;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::view::BroadcastView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// Get a broadcast
///
/// With how far it has come.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}", operation_id = "get_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The broadcast", body = BroadcastView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<BroadcastView>, Refusal> {
    let found = companys_broadcast(&app, whose(&who, &bot), &broadcast).await?;
    Ok(Json(BroadcastView::from(&found)))
}
