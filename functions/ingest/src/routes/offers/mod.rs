//! Offers.

mod create;
mod create_batch;
mod find;
mod view;

use app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find::find, create::create))
        .routes(routes!(create_batch::create_batch))
}
