//! The company of whoever is logged in: its name, its members, its API keys.

mod api_keys;
mod change;
mod create_api_key;
mod get;
mod guests;
mod invitations;
mod members;

use domain::account::Company;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(get::get, change::change))
        .routes(routes!(members::list))
        .routes(routes!(members::change, members::remove))
        .routes(routes!(guests::list))
        .routes(routes!(guests::erase))
        .routes(routes!(invitations::create, invitations::list))
        .routes(routes!(invitations::revoke))
        .routes(routes!(create_api_key::create, api_keys::list))
        .routes(routes!(api_keys::revoke))
}

/// A company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Company)]
struct CompanyView {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Company> for CompanyView {
    fn from(company: Company) -> Self {
        Self { id: company.id.0, name: company.name, created_at: company.created_at.rfc3339() }
    }
}
