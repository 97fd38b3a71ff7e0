//! `POST /api/telegram-links/{link_id}/token`

use app::App;
use app::link::{find_link, renew_link};
use axum::Json;
use axum::extract::State;
use domain::ids::LinkId;
use web::Refusal;

use super::{LinkableLink, must_be_theirs};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Renew a link's token
///
/// The one before is void. A link that has a chat keeps it until the token is sent in another.
#[utoipa::path(post, path = "/api/telegram-links/{link_id}/token", operation_id = "renew_company_link_token", tag = "telegram-links",
    security(("session" = [])), params(("link_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The link with its new token", body = LinkableLink),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn renew(
    State(app): State<App>,
    who: LoggedIn,
    InPath(link_id): InPath<LinkId>,
) -> Result<Json<LinkableLink>, Refusal> {
    let company_id = who.0.user.company_id;
    must_be_theirs(&who, &find_link(&app, company_id, link_id).await?)?;
    Ok(Json(renew_link(&app, company_id, link_id).await?.into()))
}
