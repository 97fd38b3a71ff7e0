//! Telegram's webhook: updates come in, are handled or kept, and are answered in time.

mod receive;
mod webhook;

use app::App;
use app::aws::Function;
use axum::Router;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use web::{Routes, routes};

/// How the function starts. It checks the webhook's secret.
pub const FUNCTION: Function =
    Function { name: "telegram-webhook", knows_bots: true, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(receive::receive)).routes(routes!(receive::receive_default))
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
    let secret = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        webhook::SECRET,
        "The secret that the webhook was registered with",
    )));
    let components = ComponentsBuilder::new().security_scheme("telegram_secret", secret).build();
    OpenApiBuilder::new().components(Some(components)).build()
}
