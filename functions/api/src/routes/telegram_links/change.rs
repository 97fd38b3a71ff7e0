//! `PATCH /api/telegram-links/{link_id}`

use app::App;
use app::link::{change_link, find_link};
use axum::Json;
use axum::extract::State;
use domain::ids::LinkId;
use web::{Refusal, StrictJson};

use super::{LinkView, Preferences, must_be_theirs};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Change what a link is told
///
/// Your own links, or as an admin all of your company.
#[utoipa::path(patch, path = "/api/telegram-links/{link_id}", operation_id = "change_company_link", tag = "telegram-links",
    security(("session" = [])), params(("link_id" = Uuid, Path)), request_body = Preferences,
    responses(
        (status = 200, description = "The link as it is now", body = LinkView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    who: LoggedIn,
    InPath(link_id): InPath<LinkId>,
    StrictJson(body): StrictJson<Preferences>,
) -> Result<Json<LinkView>, Refusal> {
    let company_id = who.0.user.company_id;
    must_be_theirs(&who, &find_link(&app, company_id, link_id).await?)?;
    let link = change_link(&app, company_id, link_id, |before| body.over(before)).await?;
    Ok(Json(LinkView::from(&link)))
}
