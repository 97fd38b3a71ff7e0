//! `GET /api/public/company/api-keys`, `DELETE /api/public/company/api-keys/{key_id}`

use app::App;
use app::api_key::{list_company_keys, revoke_company_key};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::{CompanyApiKey, Scope};
use domain::ids::ApiKeyId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Faulty, NotFound, SessionProblems};
use crate::session::Admin;

/// The names of the [`Scope`]s of companies' keys, for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Scope)]
pub(super) enum ScopeName {
    Events,
    Alerts,
    Admin,
}

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    /// Its id.
    id: Uuid,
    /// What it is for.
    name: String,
    /// What it may do; `admin` stands for everything of the company.
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<Scope>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&CompanyApiKey> for ApiKeyView {
    fn from(key: &CompanyApiKey) -> Self {
        Self {
            id: key.id.0,
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            created_at: key.created_at.rfc3339(),
        }
    }
}

/// List the API keys of my company
///
/// For admins. Oldest first. The keys themselves are not shown.
#[utoipa::path(get, path = "/api/public/company/api-keys", operation_id = "list_api_keys", tag = "company",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of keys", body = Listed<ApiKeyView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    admin: Admin,
    paging: Paging,
) -> Result<Json<Listed<ApiKeyView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_company_keys(&app, admin.company_id(), paging.limit, after).await?;
    let items = page.items.iter().map(ApiKeyView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

/// Revoke an API key
///
/// For admins. It stops working within moments.
#[utoipa::path(delete, path = "/api/public/company/api-keys/{key_id}", operation_id = "revoke_api_key",
    tag = "company", security(("session" = [])), params(("key_id" = Uuid, Path)),
    responses((status = 204, description = "It is revoked"), NotFound, SessionProblems))]
pub(crate) async fn revoke(
    State(app): State<App>,
    admin: Admin,
    InPath(key_id): InPath<ApiKeyId>,
) -> Result<StatusCode, Refusal> {
    revoke_company_key(&app, admin.company_id(), key_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
