//! The ingest function's own routes over an embedded table, with nobody who delivers.
//!
//! The API key is `bench`. `GET /usage` tells what the table has cost so far.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use app::App;
use axum::extract::State;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bench::seed::{self, Failed};
use clap::Parser;
use domain::account::{ApiKey, Scope, SecretHash};
use domain::engine::{Decision, Write};
use serde_json::{Value, json};

/// Serves the ingest function.
#[derive(Parser)]
struct Arguments {
    /// Port at 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The table's file.
    #[arg(long)]
    file: PathBuf,
}

async fn usage(State(app): State<App>) -> Json<Value> {
    let usage = app.table.meter().read();
    Json(json!({
        "write_units": usage.write, "read_units": usage.read, "calls": usage.total_calls(),
    }))
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments = Arguments::parse();
    let app = seed::open(&arguments.file).await?;
    let key = ApiKey {
        hash: SecretHash::of("bench"),
        id: app.env.id(),
        company_id: None,
        name: "bench".to_owned(),
        scopes: vec![Scope::Scraper],
        created_at: app.env.now(),
    };
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    let decision = decision.write(Write::Put(key.into()));
    app.table.commit(&decision).await.map_err(|error| error.to_string())?;
    let router = Router::new().route("/usage", get(usage)).with_state(app.clone());
    let address = (Ipv4Addr::LOCALHOST, arguments.port);
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|it| it.to_string())?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router.merge(Router::new().fallback_service(ingest::router(app))))
        .await
        .map_err(|error| error.to_string())
}
