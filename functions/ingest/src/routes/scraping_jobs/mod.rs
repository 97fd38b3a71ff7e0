//! Pages to scrape.

mod list;
mod release;
mod report;

use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list))
        .routes(routes!(release::release))
        .routes(routes!(report::report))
}
