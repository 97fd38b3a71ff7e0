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
use utoipa_axum::router::OpenApiRouter;

/// How the function starts. It only records offers.
pub const FUNCTION: Function = Function { name: "ingest", knows_bots: false, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> OpenApiRouter<App> {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key: `Authorization: Bearer <key>`"))
        .build();
    let components =
        ComponentsBuilder::new().security_scheme("api_key", SecurityScheme::Http(bearer)).build();
    let document = OpenApiBuilder::new().components(Some(components)).build();
    OpenApiRouter::with_openapi(document)
        .merge(routes::scraping_jobs::routes())
        .merge(routes::offers::routes())
        .merge(routes::alerts::routes())
}

/// The router as the function serves it.
pub fn router(app: App) -> Router {
    let routes = routes().merge(web::health::routes());
    web::serve::finish(routes.split_for_parts().0, app)
}

/// The description of the routes.
pub fn openapi() -> OpenApi {
    routes().split_for_parts().1
}
