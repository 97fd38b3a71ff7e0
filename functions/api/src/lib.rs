//! The JSON API for people: accounts, companies, targets, channels.
//!
//! Architecture invariant: a handler parses, calls one use case, and answers; who is asked for is
//! always the session's user, so nobody reaches what is someone else's.

mod browser;
mod limits;
mod pages;
mod path;
mod problems;
mod routes;
mod session;

use app::App;
use app::aws::Function;
use axum::{Router, middleware};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use web::Routes;

pub use routes::docs::docs;

/// How the function starts. It tests channels and makes deep links.
pub const FUNCTION: Function = Function { name: "api", knows_bots: true, delivers: false };

/// All routes, to be merged with those of other functions behind one listener.
pub fn routes() -> Routes {
    Routes::new()
        .merge(routes::auth::routes())
        .merge(routes::company::routes())
        .merge(routes::subscriptions::routes())
        .merge(routes::targets::routes())
        .merge(routes::tasks::routes())
        .merge(routes::channels::routes())
        .merge(routes::confirm_email::routes())
        .merge(routes::bots::routes())
        .merge(routes::scenarios::routes())
        .merge(routes::contacts::routes())
        .merge(routes::telegram_links::routes())
        .merge(routes::alert_templates::routes())
        .merge(routes::telegram_metrics::routes())
        .merge(routes::mailed::routes())
        .merge(routes::invites::routes())
        .merge(web::health::routes())
        .around(|routes| routes.layer(middleware::from_fn(session::renew_cookie)))
}

/// The router as the function serves it.
pub fn router(app: App) -> Router {
    web::serve::finish(routes().merge(docs(openapi)).into_router(), app)
}

/// The description of the routes.
pub fn openapi() -> OpenApi {
    let mut document = routes().describe(description());
    web::describe::close_bodies(&mut document);
    document
}

fn description() -> OpenApi {
    let cookie = ApiKeyValue::with_description(
        session::COOKIE,
        "The session of a login. Unsafe requests of a browser must come from the site itself.",
    );
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Hoopoe")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("Watch pages, and hear of new offers on your own channels."))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new().security_scheme(session::SCHEME, session).build(),
        ))
        .build()
}
