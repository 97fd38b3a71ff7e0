//! The pages that a confirmation mail leads to.

mod confirm;
mod end;
mod show;

use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(show::show, confirm::confirm))
        .routes(routes!(end::done))
        .routes(routes!(end::failed))
}
