//! `POST /api/public/auth/password-reset` and `POST /api/public/auth/password-reset/confirm`

use std::time::Duration;

use app::account::{request_reset, reset_password};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::fold;
use domain::field_error::FieldError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::limit::Limit;
use web::{CallerIp, Refusal, StrictJson};

use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::session::SameSite;

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordResetRequest)]
pub(crate) struct RequestBody {
    /// The account's e-mail address.
    #[schema(required, nullable = false, max_length = 254)]
    email: Option<String>,
}

/// Ask for a mail that sets a new password
///
/// The answer is the same whether anybody has the address or not. The mail's link works once, for one
/// hour.
#[utoipa::path(post, path = "/api/public/auth/password-reset", operation_id = "request_password_reset",
    tag = "accounts", security(()), request_body = RequestBody,
    responses(
        (status = 202, description = "If there is such an account, a mail is on its way"),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn request(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    StrictJson(body): StrictJson<RequestBody>,
) -> Result<StatusCode, Refusal> {
    let email = body.email.filter(|email| !email.trim().is_empty());
    let email = email.ok_or_else(|| required("email"))?;
    let limits = app.site.attempts;
    per_hour("reset-address", limits.resets_per_address).count(&app, &caller.scope()).await?;
    per_hour("reset-email", limits.resets_per_email).count(&app, &fold(&email)).await?;
    request_reset(&app, &email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The mail's token, and the password to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordReset)]
pub(crate) struct ResetBody {
    /// As the mail's link has it.
    #[schema(required, nullable = false)]
    token: Option<String>,
    /// 8 to 256 characters.
    #[schema(required, nullable = false, format = Password, min_length = 8, max_length = 256)]
    new_password: Option<String>,
}

/// Set a new password with the mail's token
///
/// Ends every session of the user. A token that is used, expired or unknown: 422 naming `token`.
#[utoipa::path(post, path = "/api/public/auth/password-reset/confirm", operation_id = "reset_password",
    tag = "accounts", security(()), request_body = ResetBody,
    responses(
        (status = 204, description = "The new password counts"),
        BodyProblems, TooMany, SessionProblems,
    ))]
pub(crate) async fn reset(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    StrictJson(body): StrictJson<ResetBody>,
) -> Result<StatusCode, Refusal> {
    let token = body.token.ok_or_else(|| required("token"))?;
    let new = body.new_password.ok_or_else(|| required("new_password"))?;
    set(&app, caller, &token, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets it, for the API and for the page.
pub(crate) async fn set(
    app: &App,
    caller: CallerIp,
    token: &str,
    new: &str,
) -> Result<(), AppError> {
    let limit = per_hour("reset-token", app.site.attempts.logins_per_address);
    limit.attempt(app, &caller.scope()).await?;
    reset_password(app, token, new, caller.network().as_deref()).await
}

fn per_hour(name: &'static str, attempts: usize) -> Limit {
    Limit { name, attempts, window: Duration::from_hours(1) }
}

fn required(field: &str) -> AppError {
    AppError::Invalid(vec![FieldError::new(field, "is required")])
}
