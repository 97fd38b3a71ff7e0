//! `GET /api/notifications/channels/{channel_id}/deliveries`

use app::App;
use app::target::list_channel_deliveries;
use axum::Json;
use axum::extract::State;
use domain::ids::ChannelId;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::routes::history::OfferDeliveriesView;
use crate::session::LoggedIn;

/// List what became of the offers that a channel hears of
///
/// Of the targets that it is linked to now. Those first that were found last.
#[utoipa::path(get, path = "/api/notifications/channels/{channel_id}/deliveries", operation_id = "list_channel_deliveries", tag = "channels",
    security(("session" = [])), params(("channel_id" = Uuid, Path), PagingQuery),
    responses(
        (status = 200, description = "A page of offers with their deliveries", body = Listed<OfferDeliveriesView>),
        Faulty, NotFound, SessionProblems,
    ))]
pub(crate) async fn deliveries(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(channel_id): InPath<ChannelId>,
    paging: Paging,
) -> Result<Json<Listed<OfferDeliveriesView>>, Refusal> {
    let of = (who.user.id, channel_id);
    let page = list_channel_deliveries(&app, of, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.into_iter().map(OfferDeliveriesView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
