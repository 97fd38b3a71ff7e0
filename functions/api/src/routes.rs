//! The routes, one file per endpoint.

pub(crate) mod alert_templates;
pub(crate) mod auth;
pub(crate) mod bots;
pub(crate) mod channels;
pub(crate) mod company;
pub(crate) mod confirm_email;
pub(crate) mod contacts;
pub(crate) mod docs;
pub(crate) mod history;
pub(crate) mod invites;
pub(crate) mod mailed;
pub(crate) mod register;
pub(crate) mod scenarios;
pub(crate) mod subscriptions;
pub(crate) mod targets;
pub(crate) mod tasks;
pub(crate) mod telegram_links;
pub(crate) mod telegram_metrics;

use serde::Deserialize;
use utoipa::IntoParams;

/// A body that says nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct Nothing {}

/// Where a long answer goes on, as the document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct CursorQuery {
    /// Where the answer before has ended.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// The header of requests that may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct IdempotencyKey {
    /// The same key and body gets the same answer for 24 hours; another body gets 409.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}
