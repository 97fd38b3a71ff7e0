//! Prodamus's webhook: words about payments come in, their signature is checked, and each is taken
//! once.

mod receive;

use app::App;
use app::aws::Function;
use axum::Router;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use web::{Routes, routes};

/// How the function starts. What a form signs with is sealed with its bot.
pub const FUNCTION: Function =
    Function { name: "prodamus-webhook", knows_bots: false, delivers: false };

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
        receive::SIGN,
        "Prodamus's signature of what the body says",
    )));
    let components = ComponentsBuilder::new().security_scheme("prodamus_signature", signature);
    OpenApiBuilder::new().components(Some(components.build())).build()
}
