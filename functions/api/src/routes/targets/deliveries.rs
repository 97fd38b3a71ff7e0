//! `GET /api/public/targets/{target_id}/deliveries`

use app::App;
use app::target::list_target_deliveries;
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::history::OfferDeliveriesView;
use crate::session::LoggedIn;

/// List what became of the offers of a target
///
/// For each offer what its channels were sent, and why not what they were not. Those first that were found last.
/// `limit` counts offers; a target with many channels gets fewer at a time.
#[utoipa::path(get, path = "/api/public/targets/{target_id}/deliveries", operation_id = "list_target_deliveries", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path), PagingQuery),
    responses(
        (status = 200, description = "A page of offers with their deliveries", body = Listed<OfferDeliveriesView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn deliveries(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
    paging: Paging,
) -> Result<Json<Listed<OfferDeliveriesView>>, Refusal> {
    let of = (who.user.id, target_id);
    let page = list_target_deliveries(&app, of, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.into_iter().map(OfferDeliveriesView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
