//! Prints which function answers what, one route a line: `ingest POST /api/internal/offers`.
//!
//! `.ci/template` compares it with the routes of `template.yaml`.

use std::error::Error;
use std::io::{self, Write};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let functions = [
        ("api", api::openapi().to_json()?),
        ("courier-webhook", courier_webhook::openapi().to_json()?),
        ("ingest", ingest::openapi().to_json()?),
        ("prodamus-webhook", prodamus_webhook::openapi().to_json()?),
        ("stripe-webhook", stripe_webhook::openapi().to_json()?),
        ("telegram-webhook", telegram_webhook::openapi().to_json()?),
    ];
    let mut out = io::stdout().lock();
    for (function, description) in functions {
        let description: Value = serde_json::from_str(&description)?;
        let paths = description["paths"].as_object().into_iter().flatten();
        for (path, methods) in paths {
            for method in methods.as_object().into_iter().flat_map(|methods| methods.keys()) {
                writeln!(out, "{function} {} {path}", method.to_uppercase())?;
            }
        }
    }
    Ok(())
}
