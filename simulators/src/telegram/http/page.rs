//! The page: chats that a person can open, type into, and block the bot from.
//! One document with its style and script inside, nothing fetched from anywhere.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

const HTML: &str = include_str!("../../../page/index.html");
const STYLE: &str = include_str!("../../../page/style.css");
const SCRIPT: &str = include_str!("../../../page/script.js");

pub(super) fn router() -> Router {
    Router::new().route("/simulator", get(page)).route("/simulator/t.me/{bot}", get(page))
}

async fn page() -> impl IntoResponse {
    let page = HTML.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
    ([(header::CACHE_CONTROL, "no-store")], Html(page))
}
