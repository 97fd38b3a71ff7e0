//! `POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/send`, `…/pause`, `…/resume`, `…/cancel`

use app::App;
use app::scenario::author::move_companys_broadcast;
use axum::Json;
use axum::extract::State;
use domain::broadcast::BroadcastMove;
use web::Refusal;

use super::view::BroadcastView;
use crate::path::InPath;
use crate::problems::{Conflict, Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::{BroadcastName, whose};
use crate::session::Admin;

/// Send a broadcast
///
/// A draft begins to go out. 422 for one that cannot be sent, with all that is wrong with it.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/send", operation_id = "send_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The broadcast, which goes out", body = BroadcastView),
        Faulty, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn send(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<BroadcastView>, Refusal> {
    to(&app, &who, (&bot, &broadcast), BroadcastMove::Send).await
}

/// Pause a broadcast
///
/// The few messages that are on their way still arrive.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/pause", operation_id = "pause_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The broadcast, which waits", body = BroadcastView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn pause(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<BroadcastView>, Refusal> {
    to(&app, &who, (&bot, &broadcast), BroadcastMove::Pause).await
}

/// Resume a broadcast
///
/// It goes on with the next contact; nobody gets it twice.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/resume", operation_id = "resume_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The broadcast, which goes out", body = BroadcastView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn resume(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<BroadcastView>, Refusal> {
    to(&app, &who, (&bot, &broadcast), BroadcastMove::Resume).await
}

/// Cancel a broadcast
///
/// For good: it goes to nobody any more.
#[utoipa::path(post, path = "/api/telegram/bots/{bot}/broadcasts/{broadcast}/cancel", operation_id = "cancel_broadcast", tag = "broadcasts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("broadcast" = String, Path)),
    responses(
        (status = 200, description = "The broadcast, which has ended", body = BroadcastView),
        NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn cancel(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(BroadcastName(broadcast)): InPath<BroadcastName>,
) -> Result<Json<BroadcastView>, Refusal> {
    to(&app, &who, (&bot, &broadcast), BroadcastMove::Cancel).await
}

async fn to(
    app: &App,
    who: &Admin,
    (bot, broadcast): (&str, &str),
    wanted: BroadcastMove,
) -> Result<Json<BroadcastView>, Refusal> {
    let moved = move_companys_broadcast(app, whose(who, bot), broadcast, wanted).await?;
    Ok(Json(BroadcastView::from(&moved)))
}
