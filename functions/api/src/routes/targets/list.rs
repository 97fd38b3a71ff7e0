//! `GET /api/public/targets`

use app::App;
use app::target::list_targets;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::TargetView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::LoggedIn;

/// List targets
///
/// Oldest first.
#[utoipa::path(get, path = "/api/public/targets", operation_id = "list_targets", tag = "targets",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of targets", body = Listed<TargetView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    paging: Paging,
) -> Result<Json<Listed<TargetView>>, Refusal> {
    let page = list_targets(&app, who.user.id, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.iter().map(TargetView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
