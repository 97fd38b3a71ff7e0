//! Who may ask: scrapers.

use app::App;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::account::{ApiKey, Scope};
use web::{Authorized, Refusal};

/// A key of the platform with the scope `scraper`.
pub(crate) struct Scraper(ApiKey);

impl Scraper {
    /// Who asks, for idempotency keys.
    pub(crate) fn who(&self) -> String {
        self.0.id.to_string()
    }
}

impl FromRequestParts<App> for Scraper {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let authorized = Authorized::from_request_parts(parts, app).await?;
        authorized.require(Scope::Scraper)?;
        // Pages belong to no company, and a company's key must not show those of the others.
        if authorized.0.company_id.is_some() {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "PLATFORM_KEY_NEEDED",
                "pages are shared by all companies: this needs an API key of the platform",
            ));
        }
        Ok(Self(authorized.0))
    }
}
