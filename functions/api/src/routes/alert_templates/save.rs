//! `PUT /api/telegram/alert-templates/{key}`

use app::App;
use app::alert::{TemplateInput, save_template};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::{SectionBody, TemplateKey, TemplateView};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::Admin;

/// What a template says.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewAlertTemplate)]
pub(crate) struct SaveRequest {
    /// The title's template.
    #[serde(default)]
    title: String,
    /// The body's template.
    #[serde(default)]
    #[schema(required = false)]
    body: String,
    /// The sections' templates, at most 20.
    #[serde(default)]
    #[schema(required = false, max_items = 20)]
    sections: Vec<SectionBody>,
}

/// Save a template of alerts
///
/// Makes it, or puts it in the place of the one before. Texts are in `MiniJinja`'s language, with plain
/// `{name}` for `{{ name }}`; what is faulty is refused with its line.
#[utoipa::path(put, path = "/api/telegram/alert-templates/{key}", operation_id = "save_alert_template", tag = "alerts",
    security(("session" = [])), params(("key" = String, Path, description = "1 to 48 of `a-z`, `0-9`, `_` and `-`")),
    request_body = SaveRequest,
    responses(
        (status = 200, description = "The template as it is now", body = TemplateView),
        (status = 201, description = "The template, which is new", body = TemplateView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn save(
    State(app): State<App>,
    who: Admin,
    InPath(TemplateKey(key)): InPath<TemplateKey>,
    StrictJson(SaveRequest { title, body, sections }): StrictJson<SaveRequest>,
) -> Result<(StatusCode, Json<TemplateView>), Refusal> {
    let sections = sections.into_iter().map(Into::into).collect();
    let input = TemplateInput { title, body, sections };
    let (template, is_new) = save_template(&app, who.company_id(), key, input).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(TemplateView::from(&template))))
}
