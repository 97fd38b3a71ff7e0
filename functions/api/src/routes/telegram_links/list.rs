//! `GET /api/telegram-links`

use app::App;
use app::link::list_links;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::LinkView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::LoggedIn;

/// List links
///
/// All of your company, oldest first.
#[utoipa::path(get, path = "/api/telegram-links", operation_id = "list_company_links", tag = "telegram-links",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of links", body = Listed<LinkView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    paging: Paging,
) -> Result<Json<Listed<LinkView>>, Refusal> {
    let (company_id, after) = (who.user.company_id, paging.after.as_deref());
    let page = list_links(&app, company_id, paging.limit, after).await?;
    let items = page.items.iter().map(LinkView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
