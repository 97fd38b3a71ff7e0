//! `DELETE /api/public/company/guests/{user_id}`

use app::App;
use app::account::erase_guest;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::UserId;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::session::Admin;

/// Erase a guest
///
/// For admins. A guest was onboarded through a chat and has no password, so that they cannot delete their account
/// themselves. They are out of the company at once; their channels, their own targets and whatever else is theirs
/// are taken away within minutes, and nothing is sent to them from then on. 404 for members with a password. A
/// guest who was made the last admin stays: 409 with `LAST_ADMIN`.
#[utoipa::path(delete, path = "/api/public/company/guests/{user_id}", operation_id = "erase_guest",
    tag = "company", security(("session" = [])), params(("user_id" = Uuid, Path)),
    responses((status = 204, description = "They are erased"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn erase(
    State(app): State<App>,
    admin: Admin,
    InPath(user_id): InPath<UserId>,
) -> Result<StatusCode, Refusal> {
    erase_guest(&app, admin.company_id(), user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
