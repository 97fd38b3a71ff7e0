//! `DELETE /api/telegram/alert-templates/{key}`

use app::App;
use app::alert::remove_template;
use axum::extract::State;
use axum::http::StatusCode;
use web::Refusal;

use super::TemplateKey;
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::Admin;

/// Remove a template of alerts
#[utoipa::path(delete, path = "/api/telegram/alert-templates/{key}", operation_id = "remove_alert_template", tag = "alerts",
    security(("session" = [])), params(("key" = String, Path)),
    responses((status = 204, description = "It is gone"), NotFound, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    who: Admin,
    InPath(TemplateKey(key)): InPath<TemplateKey>,
) -> Result<StatusCode, Refusal> {
    remove_template(&app, who.company_id(), &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
