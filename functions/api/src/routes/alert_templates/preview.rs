//! `POST /api/telegram/alert-templates/{key}/preview`

use app::App;
use app::alert::{AlertMessage, preview_template};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::{SectionBody, TemplateKey};
use crate::path::InPath;
use crate::problems::{BodyProblems, NotFound, SessionProblems};
use crate::session::Admin;

/// What the template's variables stand for.
#[derive(Deserialize, ToSchema)]
#[schema(as = AlertContext)]
pub(crate) struct PreviewRequest {
    /// By name.
    #[serde(default)]
    #[schema(required = false, value_type = Object)]
    context: Map<String, Value>,
}

/// What an alert would say.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertPreview)]
pub(crate) struct PreviewView {
    /// In a line.
    title: String,
    /// In paragraphs.
    body: String,
    /// Parts with a heading each.
    sections: Vec<SectionBody>,
}

/// Preview a template of alerts
///
/// Nothing is sent. 422 with each variable that the context lacks.
#[utoipa::path(post, path = "/api/telegram/alert-templates/{key}/preview", operation_id = "preview_alert_template", tag = "alerts",
    security(("session" = [])), params(("key" = String, Path)), request_body = PreviewRequest,
    responses(
        (status = 200, description = "What it would say", body = PreviewView),
        BodyProblems, NotFound, SessionProblems,
    ))]
pub(crate) async fn preview(
    State(app): State<App>,
    who: Admin,
    InPath(TemplateKey(key)): InPath<TemplateKey>,
    StrictJson(PreviewRequest { context }): StrictJson<PreviewRequest>,
) -> Result<Json<PreviewView>, Refusal> {
    let message = preview_template(&app, who.company_id(), &key, &context).await?;
    let AlertMessage { title, body, sections } = message;
    let sections = sections.into_iter().map(SectionBody::from).collect();
    Ok(Json(PreviewView { title, body, sections }))
}
