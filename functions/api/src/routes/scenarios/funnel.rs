//! `GET /api/telegram/bots/{bot}/scenarios/{scenario}/funnel`

use app::App;
use app::scenario::owner::funnel as count;
use axum::Json;
use axum::extract::State;
use web::{Paging, Refusal};

use super::funnel_view::FunnelView;
use super::{ScenarioName, whose};
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::CursorQuery;
use crate::routes::bots::BotName;
use crate::session::Admin;

/// Count a scenario's contacts and payments
///
/// Reads all contacts and orders of the bot: 10,000 for one answer. Where there are more, `next_cursor` leads to
/// the rest, whose numbers and sums are to be added.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/scenarios/{scenario}/funnel", operation_id = "get_funnel", tag = "contacts",
    security(("session" = [])),
    params(("bot" = String, Path, description = "Its slug or id"), ("scenario" = String, Path), CursorQuery),
    responses(
        (status = 200, description = "What was counted", body = FunnelView),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn funnel(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    InPath(ScenarioName(scenario)): InPath<ScenarioName>,
    Paging { after, .. }: Paging,
) -> Result<Json<FunnelView>, Refusal> {
    let page = count(&app, whose(&who, &bot), &scenario, after.as_deref()).await?;
    Ok(Json(page.into()))
}
