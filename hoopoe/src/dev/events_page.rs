//! The bus of `dev`: a page that lists the latest events, and the same as JSON.
//! One document with its style and script inside, nothing fetched from anywhere.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use domain::event::{Event, SOURCE};
use events::MemoryBus;
use http::header;
use serde::Deserialize;
use serde_json::{Value, json};

const HTML: &str = include_str!("../../page/events.html");
const STYLE: &str = include_str!("../../page/events.css");
const SCRIPT: &str = include_str!("../../page/events.js");

/// `/events`, and `/events.json?after=N` for what came after the event of that number.
pub(super) fn router(bus: MemoryBus) -> Router {
    Router::new().route("/events", get(page)).route("/events.json", get(list)).with_state(bus)
}

async fn page() -> impl IntoResponse {
    let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    ([(header::CACHE_CONTROL, "no-store")], Html(page))
}

#[derive(Debug, Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn list(State(bus): State<MemoryBus>, Query(After { after }): Query<After>) -> Json<Value> {
    let events = bus.events().into_iter().filter(|(number, _)| *number > after);
    let events: Vec<Value> = events.map(|(number, event)| entry(number, &event)).collect();
    Json(json!({ "published": bus.published(), "events": events }))
}

/// An event as a rule's target receives it, with its number here.
fn entry(number: u64, event: &Event) -> Value {
    let detail: Value = serde_json::from_str(&event.detail()).unwrap_or_default();
    json!({
        "number": number,
        "source": SOURCE,
        "detail-type": event.kind().detail_type(),
        "time": event.at.rfc3339(),
        "detail": detail,
    })
}
