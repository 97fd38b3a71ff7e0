//! `GET /api/public/targets/{target_id}`

use app::App;
use app::target::find_target;
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use web::Refusal;

use super::TargetView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Get a target
#[utoipa::path(get, path = "/api/public/targets/{target_id}", operation_id = "get_target", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The target", body = TargetView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
) -> Result<Json<TargetView>, Refusal> {
    let target = find_target(&app, who.user.id, target_id).await?;
    Ok(Json(TargetView::from(&target)))
}
