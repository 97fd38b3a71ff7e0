//! Telegram's webhook: updates come in, are handled or kept, and are answered in time.

mod receive;
mod webhook;

use app::App;
use app::aws::Function;
use axum::Router;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How the function starts. It checks the webhook's secret.
pub const FUNCTION: Function =
    Function { name: "telegram-webhook", knows_bots: true, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> OpenApiRouter<App> {
    let secret = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        webhook::SECRET,
        "The secret that the webhook was registered with",
    )));
    let components = ComponentsBuilder::new().security_scheme("telegram_secret", secret).build();
    let document = OpenApiBuilder::new().components(Some(components)).build();
    OpenApiRouter::with_openapi(document)
        .routes(routes!(receive::receive))
        .routes(routes!(receive::receive_default))
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
