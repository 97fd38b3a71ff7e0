//! Alerts: what services tell a company's links.

mod body;
mod create;

use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create::create))
}
