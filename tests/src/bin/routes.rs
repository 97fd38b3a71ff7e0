//! Prints which function answers what, one route a line: `ingest POST /api/internal/offers`.
//!
//! `.ci/template` compares it with the routes of `template.yaml`.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let functions = [
        ("api", api::routes().merge(api::docs(api::openapi))),
        ("courier-webhook", courier_webhook::routes()),
        ("ingest", ingest::routes()),
        ("prodamus-webhook", prodamus_webhook::routes()),
        ("stripe-webhook", stripe_webhook::routes()),
        ("telegram-webhook", telegram_webhook::routes()),
    ];
    let mut out = io::stdout().lock();
    for (function, routes) in functions {
        for (method, path) in routes.served() {
            writeln!(out, "{function} {method} {path}")?;
        }
    }
    Ok(())
}
