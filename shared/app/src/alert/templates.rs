//! Templates of alerts: validated when they are saved.

use domain::alert::{AlertMessage, AlertTemplate, TEMPLATES_PER_COMPANY, TemplateInput};
use domain::engine::{Decision, Write};
use domain::ids::CompanyId;
use domain::slug::Slug;
use serde_json::{Map, Value};
use table::{Page, keys};

use super::send_alert::rendered;
use crate::listing::list;
use crate::{App, AppError};

/// One page of a company's templates, by key.
pub async fn list_templates(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<AlertTemplate>, AppError> {
    list(app, &keys::company(company_id).pk, keys::COMPANY_TEMPLATES, limit, after).await
}

/// A company's template.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find_template(
    app: &App,
    company_id: CompanyId,
    key: &Slug,
) -> Result<AlertTemplate, AppError> {
    let found = app.table.get(&keys::alert_template(company_id, key)).await?;
    found.ok_or(AppError::NotFound("template"))
}

/// Makes a template, or puts another in its place. Answers it, and whether it is new.
///
/// # Errors
/// [`AppError::Invalid`] with line and reason of each faulty text; [`AppError::Quota`].
pub async fn save_template(
    app: &App,
    company_id: CompanyId,
    key: Slug,
    input: TemplateInput,
) -> Result<(AlertTemplate, bool), AppError> {
    input.check().map_err(AppError::Invalid)?;
    app.decide(|| async {
        let before: Option<AlertTemplate> =
            app.table.get(&keys::alert_template(company_id, &key)).await?;
        if before.is_none() {
            must_have_room(app, company_id).await?;
        }
        let now = app.env.now();
        let TemplateInput { title, body, sections } = input.clone();
        let template = AlertTemplate {
            company_id,
            key: key.clone(),
            title,
            body,
            sections,
            created_at: before.as_ref().map_or(now, |it| it.created_at),
            changed_at: now,
            version: before.as_ref().map_or(0, |it| it.version),
        };
        let is_new = before.is_none();
        let write = match before {
            None => Write::Create(template.clone().into()),
            Some(_) => Write::Replace(template.clone().into()),
        };
        Ok::<_, AppError>(Decision::new(app.env.id(), now, (template, is_new)).write(write))
    })
    .await
}

async fn must_have_room(app: &App, company_id: CompanyId) -> Result<(), AppError> {
    let pk = keys::company(company_id).pk;
    let all: Vec<AlertTemplate> = app.table.query_all(&pk, keys::COMPANY_TEMPLATES).await?;
    if all.len() < TEMPLATES_PER_COMPANY {
        return Ok(());
    }
    let message = format!("a company has at most {TEMPLATES_PER_COMPANY} templates");
    Err(AppError::Quota { message })
}

/// Removes a template. Alerts that were made of it stay as they are.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_template(app: &App, company_id: CompanyId, key: &Slug) -> Result<(), AppError> {
    app.decide(|| async {
        let template = find_template(app, company_id, key).await?;
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        Ok::<_, AppError>(decision.write(Write::Remove(template.into())))
    })
    .await
}

/// What a template makes of a context; nothing is sent.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] with what the context lacks.
pub async fn preview_template(
    app: &App,
    company_id: CompanyId,
    key: &Slug,
    context: &Map<String, Value>,
) -> Result<AlertMessage, AppError> {
    let template = find_template(app, company_id, key).await?;
    rendered(&TemplateInput::from(&template), context)
}
