//! `PATCH /api/public/company`

use app::App;
use app::company::{find_company, rename_company};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::CompanyView;
use crate::problems::{BodyProblems, SessionProblems};
use crate::session::Admin;

/// What is to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = CompanyChange)]
pub(crate) struct ChangeRequest {
    /// At most 100 characters.
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// Change my company
///
/// For admins.
#[utoipa::path(patch, path = "/api/public/company", operation_id = "change_company", tag = "company",
    security(("session" = [])), request_body = ChangeRequest,
    responses(
        (status = 200, description = "The company as it is now", body = CompanyView),
        BodyProblems, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    admin: Admin,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<CompanyView>, Refusal> {
    let company = match body.name {
        Some(name) => rename_company(&app, admin.company_id(), &name).await?,
        None => find_company(&app, admin.company_id()).await?,
    };
    Ok(Json(company.into()))
}
