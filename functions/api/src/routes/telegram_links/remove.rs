//! `DELETE /api/telegram-links/{link_id}`

use app::App;
use app::link::{find_link, remove_link};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::LinkId;
use web::Refusal;

use super::must_be_theirs;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Remove a link
///
/// Its chat is told nothing more. Your own links, or as an admin all of your company.
#[utoipa::path(delete, path = "/api/telegram-links/{link_id}", operation_id = "remove_company_link", tag = "telegram-links",
    security(("session" = [])), params(("link_id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: LoggedIn,
    InPath(link_id): InPath<LinkId>,
) -> Result<StatusCode, Refusal> {
    let company_id = who.0.user.company_id;
    must_be_theirs(&who, &find_link(&app, company_id, link_id).await?)?;
    remove_link(&app, company_id, link_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
