//! One listener for every function, the simulator's pages, and what only `dev` has.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::App;
use app::engine::tick::hand_over_all;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::engine::Lane;
use http::{Method, StatusCode};
use queue::MemoryQueue;
use serde_json::{Value, json};
use simulators::telegram::Telegram;
use tokio::net::TcpListener;
use utoipa::openapi::OpenApi;
use web::Routes;

use super::split::Functions;
use super::stop::Stop;

/// Where the default bot's updates go.
pub(super) const WEBHOOK: &str = "/api/webhooks/telegram";

/// What every route of every function says of itself.
pub fn openapi() -> OpenApi {
    // The API's own describes health as well.
    let mut document = api::openapi();
    document.merge(ingest::openapi());
    document.merge(telegram_webhook::openapi());
    document.merge(courier_webhook::openapi());
    document.merge(stripe_webhook::openapi());
    document.merge(prodamus_webhook::openapi());
    document
}

/// Routes, and the app of the function that answers them.
type Part = (fn() -> Routes, fn(&Functions) -> &App);

/// All that the site serves.
const PARTS: [Part; 7] = [
    (api::routes, |of| &of.api),
    (docs, |of| &of.api),
    (ingest::routes, |of| &of.ingest),
    (telegram_webhook::routes, |of| &of.telegram_webhook),
    (courier_webhook::routes, |of| &of.courier_webhook),
    (stripe_webhook::routes, |of| &of.stripe_webhook),
    (prodamus_webhook::routes, |of| &of.prodamus_webhook),
];

fn docs() -> Routes {
    api::docs(openapi)
}

/// The method and path of every route of every function, also of those that [`openapi`] does not tell of.
pub fn served() -> Vec<(Method, String)> {
    PARTS.iter().flat_map(|(routes, _)| routes().served()).collect()
}

/// The functions' routers as one, as the outside sees them.
pub(super) fn site(functions: &Functions) -> Router {
    let mut site: Router<App> = Router::new();
    for (routes, app) in PARTS {
        let part: Router<App> = routes().into_router().with_state(app(functions).clone());
        site = site.merge(part);
    }
    web::serve::finish(site, functions.api.clone())
}

/// The whole listener: the site, the simulator if it is inside, and [`Dev`].
pub(super) fn router(site: Router, dev: Dev, aws: Router, simulator: Option<&Telegram>) -> Router {
    let dev = Router::new()
        .route("/dev/usage", get(usage))
        .route("/dev/hand-over", post(hand_over))
        .with_state(dev);
    let inside = simulator.map(|it| simulators::telegram::router(it.clone())).unwrap_or_default();
    dev.merge(aws).merge(inside).merge(site)
}

/// Answers requests until it is time to end, and then those that have begun.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: Stop) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stop.wait().await })
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the listener ended");
    }
}

/// What scripts ask a running `dev`.
#[derive(Clone, Debug)]
pub(super) struct Dev {
    pub(super) app: App,
    pub(super) queue: MemoryQueue,
    pub(super) busy: Arc<AtomicUsize>,
}

/// What the table cost since the process began, and what is on the queue.
async fn usage(State(dev): State<Dev>) -> Json<Value> {
    let usage = dev.app.table.meter().read();
    let heartbeat = app::heartbeat::read(&dev.app).await.ok().flatten();
    Json(json!({
        "heartbeat": heartbeat.map(|it| json!({
            "runs": it.runs,
            "behind": it.behind,
            "late_ms": u64::try_from(it.lateness().as_millis()).unwrap_or(u64::MAX),
        })),
        "read_units": usage.read,
        "write_units": usage.write,
        "calls": usage.calls,
        "queue": { "people": dev.queue.len(Lane::People), "bulk": dev.queue.len(Lane::Bulk) },
        "busy": dev.busy.load(Ordering::SeqCst),
    }))
}

/// Hands over every timer that is due soon: another process has written some.
async fn hand_over(State(dev): State<Dev>) -> (StatusCode, Json<Value>) {
    match hand_over_all(&dev.app).await {
        Ok(timers) => (StatusCode::OK, Json(json!({ "timers": timers }))),
        Err(error) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error.to_string() })))
        }
    }
}
