//! `DELETE /api/public/targets/{target_id}`

use app::App;
use app::target::remove_target;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::TargetId;
use web::Refusal;

use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Remove a target
#[utoipa::path(delete, path = "/api/public/targets/{target_id}", operation_id = "remove_target", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
) -> Result<StatusCode, Refusal> {
    remove_target(&app, who.user.id, target_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
