//! `GET /api/notifications/channels`

use app::App;
use app::channel::list_channels;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::ChannelView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::LoggedIn;

/// List channels
///
/// Oldest first.
#[utoipa::path(get, path = "/api/notifications/channels", operation_id = "list_channels", tag = "channels",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of channels", body = Listed<ChannelView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    paging: Paging,
) -> Result<Json<Listed<ChannelView>>, Refusal> {
    let page = list_channels(&app, who.user.id, paging.limit, paging.after.as_deref()).await?;
    let items = page.items.iter().map(ChannelView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
