//! `GET /api/telegram/alert-templates/{key}`

use app::App;
use app::alert::find_template;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::{TemplateKey, TemplateView};
use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::Admin;

/// Get a template of alerts
#[utoipa::path(get, path = "/api/telegram/alert-templates/{key}", operation_id = "get_alert_template", tag = "alerts",
    security(("session" = [])), params(("key" = String, Path)),
    responses(
        (status = 200, description = "The template", body = TemplateView),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn get(
    State(app): State<App>,
    who: Admin,
    InPath(TemplateKey(key)): InPath<TemplateKey>,
) -> Result<Json<TemplateView>, Refusal> {
    let template = find_template(&app, who.company_id(), &key).await?;
    Ok(Json(TemplateView::from(&template)))
}
