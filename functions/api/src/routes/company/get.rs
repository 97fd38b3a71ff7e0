//! `GET /api/public/company`

use app::App;
use app::company::find_company;
use axum::Json;
use axum::extract::State;
use web::Refusal;

use super::CompanyView;
use crate::problems::SessionProblems;
use crate::session::LoggedIn;

/// My company
#[utoipa::path(get, path = "/api/public/company", operation_id = "get_company", tag = "company",
    security(("session" = [])),
    responses((status = 200, description = "The company", body = CompanyView), SessionProblems))]
pub(crate) async fn get(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
) -> Result<Json<CompanyView>, Refusal> {
    Ok(Json(find_company(&app, who.user.company_id).await?.into()))
}
