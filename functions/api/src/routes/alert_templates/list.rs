//! `GET /api/telegram/alert-templates`

use app::App;
use app::alert::list_templates;
use axum::Json;
use axum::extract::State;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use super::TemplateView;
use crate::problems::{Faulty, SessionProblems};
use crate::session::Admin;

/// List templates of alerts
///
/// By key.
#[utoipa::path(get, path = "/api/telegram/alert-templates", operation_id = "list_alert_templates", tag = "alerts",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of templates", body = Listed<TemplateView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    who: Admin,
    paging: Paging,
) -> Result<Json<Listed<TemplateView>>, Refusal> {
    let (company_id, after) = (who.company_id(), paging.after.as_deref());
    let page = list_templates(&app, company_id, paging.limit, after).await?;
    let items = page.items.iter().map(TemplateView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}
