//! The table as it is on this machine: the embedded engine on a file, or in memory.

use std::path::Path;

use aws_sdk_dynamodb::config::{Credentials, Region};
use embedded::Embedded;
use runtime::Env;
use table::Table;

use crate::dev::StartError;

/// The table's name; the file has no other.
const TABLE: &str = "hoopoe";

/// The engine on a file, or in memory.
pub(crate) fn database(file: Option<&Path>) -> Result<Embedded, StartError> {
    let Some(file) = file else {
        return Embedded::memory().map_err(|error| StartError::Table(error.to_string()));
    };
    let failed = |error: String| StartError::Table(format!("{}: {error}", file.display()));
    let opened = Embedded::file(file).map_err(|error| failed(error.to_string()))?;
    opened.on_own_thread().map_err(|error| failed(error.to_string()))
}

/// The table on an engine; made when it is absent.
pub(crate) async fn table(database: &Embedded, env: Env) -> Result<Table, StartError> {
    // The SDK signs its requests; nobody checks.
    let config = table::Config::new()
        .http_client(database.clone())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"));
    let table = Table::new(config, TABLE, env);
    table.create_if_absent().await.map_err(|error| StartError::Table(error.to_string()))?;
    Ok(table)
}
