//! `DELETE /api/telegram/invites/{invite_id}`

use app::App;
use app::invite::revoke_invite;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::InviteId;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{Conflict, NotFound, SessionProblems};
use crate::session::Admin;

/// Revoke an invite
///
/// For admins. Its link does not work any more. Twice is once. One that was used cannot be revoked:
/// 409 with `INVITE_USED`.
#[utoipa::path(delete, path = "/api/telegram/invites/{invite_id}", operation_id = "revoke_invite",
    tag = "invites", security(("session" = [])), params(("invite_id" = Uuid, Path)),
    responses((status = 204, description = "It is revoked"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn revoke(
    State(app): State<App>,
    admin: Admin,
    InPath(invite_id): InPath<InviteId>,
) -> Result<StatusCode, Refusal> {
    revoke_invite(&app, admin.company_id(), invite_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
