//! Courier's webhook: what became of mails comes in, and is written or kept.

mod receive;

use app::App;
use app::aws::Function;
use axum::Router;
use channels::courier::signature;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use web::{Routes, routes};

/// How the function starts. It checks the webhook's signature.
pub const FUNCTION: Function =
    Function { name: "courier-webhook", knows_bots: true, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(receive::receive))
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
    let signature = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        signature::HEADER,
        "Courier's signature of the body",
    )));
    let components = ComponentsBuilder::new().security_scheme("courier_signature", signature);
    OpenApiBuilder::new().components(Some(components.build())).build()
}
