//! `GET /api/telegram-links/{link_id}`

use app::App;
use app::link::find_link;
use axum::Json;
use axum::extract::State;
use domain::ids::LinkId;
use web::Refusal;

use super::LinkView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Get a link
#[utoipa::path(get, path = "/api/telegram-links/{link_id}", operation_id = "get_company_link", tag = "telegram-links",
    security(("session" = [])), params(("link_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The link", body = LinkView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(link_id): InPath<LinkId>,
) -> Result<Json<LinkView>, Refusal> {
    let link = find_link(&app, who.user.company_id, link_id).await?;
    Ok(Json(LinkView::from(&link)))
}
