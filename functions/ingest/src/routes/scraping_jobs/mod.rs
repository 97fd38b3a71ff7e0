//! Pages to scrape.

mod list;
mod release;

use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list::list)).routes(routes!(release::release))
}
