//! The JSON API for services: pages to scrape, and the offers found on them.
//!
//! Every route needs an API key of the platform with the scope `scraper`: pages are shared by
//! all companies.

mod routes;
mod scraper;

use app::App;
use app::aws::Function;
use axum::Router;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use web::Routes;

/// How the function starts. It only records offers.
pub const FUNCTION: Function = Function { name: "ingest", knows_bots: false, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> Routes {
    Routes::new()
        .merge(routes::scraping_jobs::routes())
        .merge(routes::offers::routes())
        .merge(routes::alerts::routes())
}

/// The router as the function serves it.
pub fn router(app: App) -> Router {
    web::serve::finish(routes().merge(web::health::routes()).into_router(), app)
}

/// The description of the routes.
pub fn openapi() -> OpenApi {
    routes().describe(description())
}

fn description() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: `Authorization: Bearer <key>`"))
        .build();
    let components =
        ComponentsBuilder::new().security_scheme("api_key", SecurityScheme::Http(bearer)).build();
    OpenApiBuilder::new().components(Some(components)).build()
}
