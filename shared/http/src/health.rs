//! `GET /healthz` and `GET /readyz`.

use crate::routes;
use crate::routes::Routes;
use std::time::Duration;

use app::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use runtime::problem::Problem;

use crate::refusal::Refusal;

/// The table and the queue must answer in this time.
const AT_MOST: Duration = Duration::from_secs(2);

/// All is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
}

impl Health {
    fn ok() -> Json<Self> {
        Json(Self { status: "ok".to_owned() })
    }
}

/// Both routes.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// Liveness
///
/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, description = "The process answers", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Health::ok()
}

/// Readiness
///
/// The table and the queue answer.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses(
        (status = 200, description = "The table and the queue answer", body = Health),
        (status = 503, description = "One of them does not", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub async fn readyz(State(app): State<App>) -> Result<Json<Health>, Refusal> {
    let both = async { app.table.ping().await.is_ok() && app.queue.ping().await.is_ok() };
    match app.env.clock.within(AT_MOST, both).await {
        Some(true) => Ok(Health::ok()),
        Some(false) | None => Err(Problem::unavailable().into()),
    }
}
