//! `GET /api/public/targets/{target_id}/offers`

use app::App;
use app::target::list_target_offers;
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::history::FoundOfferView;
use crate::session::LoggedIn;

/// List the offers of a target
///
/// What was found on its pages, whoever watched then. Those first that were found last.
#[utoipa::path(get, path = "/api/public/targets/{target_id}/offers", operation_id = "list_target_offers", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path), PagingQuery),
    responses(
        (status = 200, description = "A page of offers", body = Listed<FoundOfferView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn offers(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
    paging: Paging,
) -> Result<Json<Listed<FoundOfferView>>, Refusal> {
    let of = (who.user.id, target_id);
    let page = list_target_offers(&app, of, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.into_iter().map(FoundOfferView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
