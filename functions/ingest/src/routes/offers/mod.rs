//! Offers.

mod create;
mod create_batch;
mod find;
mod view;

use web::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(find::find, create::create))
        .routes(routes!(create_batch::create_batch))
}
