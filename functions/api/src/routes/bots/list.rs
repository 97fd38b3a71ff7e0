//! `GET /api/telegram/bots`

use app::App;
use app::bot::list_bots;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::BotView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::Admin;

/// List bots
///
/// The company's own, by slug.
#[utoipa::path(get, path = "/api/telegram/bots", operation_id = "list_bots", tag = "bots",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of bots", body = Listed<BotView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    paging: Paging,
) -> Result<Json<Listed<BotView>>, Refusal> {
    let page = list_bots(&app, who.company_id(), paging.limit, paging.after.as_deref()).await?;
    let items = page.items.iter().map(BotView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
