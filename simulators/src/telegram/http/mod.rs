//! The simulator over HTTP: the Bot API, the control API, and the page.

mod bot_api;
mod control;
mod page;

use axum::Router;

use super::Telegram;

/// Everything: `/bot<token>/<method>`, `/simulator` and what is below it.
pub fn router(telegram: Telegram) -> Router {
    bot_api_router(telegram.clone()).merge(page_router(telegram))
}

/// The Bot API alone: `/bot<token>/<method>`.
pub fn bot_api_router(telegram: Telegram) -> Router {
    bot_api::router(telegram)
}

/// The page at `/simulator`, deep links at `/simulator/t.me/<bot>`, and the
/// control API at `/simulator/api`.
pub fn page_router(telegram: Telegram) -> Router {
    page::router().merge(control::router(telegram))
}
