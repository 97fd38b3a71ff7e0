//! Errors in Stripe's form.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Refusal {
    fn new(
        status: u16,
        kind: &str,
        code: Option<&str>,
        param: Option<&str>,
        message: &str,
    ) -> Self {
        let mut error = json!({ "type": kind, "message": message });
        if let Some(code) = code {
            error["code"] = code.into();
        }
        if let Some(param) = param {
            error["param"] = param.into();
        }
        Self { status, body: json!({ "error": error }) }
    }

    pub(super) fn parameter(code: &str, param: &str) -> Self {
        let message = format!("The parameter {param} cannot be used: {code}");
        Self::new(400, "invalid_request_error", Some(code), Some(param), &message)
    }

    /// 404 for what an address names, 400 for what a parameter names.
    pub(super) fn missing(status: u16, what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self::new(status, "invalid_request_error", Some("resource_missing"), None, &message)
    }

    pub(super) fn not_open() -> Self {
        let message = "Only Checkout Sessions with a status of open can be expired.";
        Self::new(400, "invalid_request_error", None, None, message)
    }

    pub(super) fn key() -> Self {
        Self::new(401, "invalid_request_error", None, None, "Invalid API Key provided")
    }

    pub(super) fn idempotency() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        Self::new(400, "idempotency_error", None, None, message)
    }

    pub(super) fn fault(status: u16) -> Self {
        let code = (status == 429).then_some("rate_limit");
        Self::new(status, "api_error", code, None, "A fault that was asked for")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self.body)).into_response()
    }
}
