//! `hoopoe api-key create`

use domain::account::Scope;
use serde_json::json;

use super::{CommandError, System};
use crate::cli::Place;
use crate::show;

/// Makes a key of the platform and shows it, once.
pub(crate) async fn create(
    place: &Place,
    name: &str,
    scopes: Vec<Scope>,
) -> Result<(), CommandError> {
    let system = System::open(place).await?;
    let made = app::api_key::create(&system.app, name, scopes, None).await?;
    let record = &made.record;
    if place.json {
        let scopes: Vec<&str> = record.scopes.iter().map(|scope| scope.as_str()).collect();
        show::line(
            json!({ "id": record.id, "name": record.name, "scopes": scopes, "key": made.key })
                .to_string(),
        );
    } else {
        show::line(format!("{}\n(kept as a hash: it is not shown again)", made.key));
    }
    Ok(())
}
