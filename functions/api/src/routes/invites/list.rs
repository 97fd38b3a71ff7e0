//! `GET /api/telegram/invites`

use app::App;
use app::invite::list_invites;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::InviteView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::Admin;

/// List the invites of my company
///
/// For admins. Oldest first. Those that are over are shown for thirty days.
#[utoipa::path(get, path = "/api/telegram/invites", operation_id = "list_invites", tag = "invites",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of invites", body = Listed<InviteView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    admin: Admin,
    paging: Paging,
) -> Result<Json<Listed<InviteView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_invites(&app, admin.company_id(), paging.limit, after).await?;
    let now = app.env.now();
    let items = page.items.iter().map(|invite| InviteView::new(invite, now)).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
