//! `PATCH /api/public/targets/{target_id}`

use app::App;
use app::target::{ChangeTarget, change_target};
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use web::{Refusal, StrictJson};

use super::{ChangeRequest, RulesRequest, TargetView};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::LoggedIn;

/// Change a target
#[utoipa::path(patch, path = "/api/public/targets/{target_id}", operation_id = "change_target", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)), request_body = ChangeRequest,
    responses(
        (status = 200, description = "The target as it is now", body = TargetView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<TargetView>, Refusal> {
    let ChangeRequest { name, page_urls, filter, notify_on, digest, baseline } = body;
    let rules = RulesRequest { filter, notify_on, digest, baseline }.wish()?;
    let command = ChangeTarget { user_id: who.user.id, target_id, name, page_urls, rules };
    let target = change_target(&app, command).await?;
    Ok(Json(TargetView::from(&target)))
}
