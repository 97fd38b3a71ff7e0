//! `GET /api/telegram/bots/{bot}/broadcasts`

use app::App;
use app::scenario::author::list_broadcasts;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::view::LineView;
use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::bots::BotName;
use crate::routes::scenarios::whose;
use crate::session::Admin;

/// List a bot's broadcasts
///
/// By slug.
#[utoipa::path(get, path = "/api/telegram/bots/{bot}/broadcasts", operation_id = "list_broadcasts", tag = "broadcasts",
    security(("session" = [])), params(("bot" = String, Path, description = "Its slug or id"), PagingQuery),
    responses(
        (status = 200, description = "A page of broadcasts", body = Listed<LineView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    InPath(BotName(bot)): InPath<BotName>,
    paging: Paging,
) -> Result<Json<Listed<LineView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_broadcasts(&app, whose(&who, &bot), paging.limit, after).await?;
    let items = page.items.iter().map(LineView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
