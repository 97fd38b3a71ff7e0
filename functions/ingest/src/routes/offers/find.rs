//! `GET /api/internal/offers`

use app::App;
use app::offer::{FindOffer, find_offer};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::view::OfferView;
use crate::scraper::Scraper;

/// Which offer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfferQuery {
    /// The offer's address.
    #[param(value_type = String, max_length = 2048)]
    url: Option<String>,
    /// Only on this page.
    #[param(max_length = 2048)]
    page_url: Option<String>,
}

/// Whether an offer is known
///
/// Its sightings, one for each page it was seen on; 404 when it is new.
#[utoipa::path(get, path = "/api/internal/offers", tag = "offers",
    params(OfferQuery, PagingQuery), security(("api_key" = [])),
    responses(
        (status = 200, description = "Known", body = Listed<OfferView>),
        (status = 404, description = "New", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn find(
    _: Scraper,
    State(app): State<App>,
    paging: Paging,
    query: Result<Query<OfferQuery>, QueryRejection>,
) -> Result<Json<Listed<OfferView>>, Refusal> {
    let Query(query) = query.map_err(|_| Refusal::field("query", "is not valid"))?;
    let url = query.url.ok_or_else(|| Refusal::field("url", "is required"))?;
    let Paging { limit, after } = paging;
    let find = FindOffer { url, page_url: query.page_url, limit, after };
    let found = find_offer(&app, find).await?;
    let offers = found.items.into_iter().map(OfferView::from).collect();
    Ok(Json(Listed::new(offers, found.next.as_deref())))
}
