//! The pages that a confirmation mail leads to.

mod confirm;
mod end;
mod show;

use app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show::show, confirm::confirm))
        .routes(routes!(end::done))
        .routes(routes!(end::failed))
}
