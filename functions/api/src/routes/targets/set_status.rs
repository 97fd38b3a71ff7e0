//! `POST /api/public/targets/{target_id}/disable` and `/enable`

use app::App;
use app::target::set_status;
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use domain::watch::TargetStatus;
use web::Refusal;

use super::TargetView;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Disable a target
///
/// Its pages leave the scrapers' list at once, unless others watch them. Twice is once.
#[utoipa::path(post, path = "/api/public/targets/{target_id}/disable", operation_id = "disable_target", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The target as it is now", body = TargetView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn disable(
    State(app): State<App>,
    who: LoggedIn,
    InPath(target_id): InPath<TargetId>,
) -> Result<Json<TargetView>, Refusal> {
    turn(&app, &who, target_id, TargetStatus::Disabled).await
}

/// Enable a target
///
/// Twice is once.
#[utoipa::path(post, path = "/api/public/targets/{target_id}/enable", operation_id = "enable_target", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The target as it is now", body = TargetView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn enable(
    State(app): State<App>,
    who: LoggedIn,
    InPath(target_id): InPath<TargetId>,
) -> Result<Json<TargetView>, Refusal> {
    turn(&app, &who, target_id, TargetStatus::Active).await
}

async fn turn(
    app: &App,
    LoggedIn(who): &LoggedIn,
    target_id: TargetId,
    status: TargetStatus,
) -> Result<Json<TargetView>, Refusal> {
    let target = set_status(app, who.user.id, target_id, status).await?;
    Ok(Json(TargetView::from(&target)))
}
