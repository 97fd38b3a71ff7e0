//! `DELETE /api/public/auth/me`

use app::account::delete_account;
use app::{App, AppError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::change_password::per_account;
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::session::{LoggedIn, clear_cookie};

/// What proves that it is them, and not someone at their open browser.
#[derive(Deserialize, ToSchema)]
#[schema(as = AccountDeletion)]
pub(crate) struct DeleteMeRequest {
    /// The user's password.
    #[schema(required, nullable = false, format = Password)]
    password: Option<String>,
}

/// Delete my account
///
/// For good. Nobody can log in from then on, and the names are free; targets, channels, sessions and the
/// rest are taken away within minutes. A company goes with its last member. The last admin of a company
/// that others belong to cannot go: 409 with `LAST_ADMIN`. Whoever pays ends that first: 409 with
/// `SUBSCRIPTION_GOES_ON`.
#[utoipa::path(delete, path = "/api/public/auth/me", operation_id = "delete_me", tag = "accounts",
    security(("session" = [])), request_body = DeleteMeRequest,
    responses(
        (status = 204, description = "The account is gone"),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn delete_me(
    State(app): State<App>,
    who: LoggedIn,
    StrictJson(body): StrictJson<DeleteMeRequest>,
) -> Result<Response, Refusal> {
    let missing = || AppError::Invalid(vec![FieldError::new("password", "is required")]);
    let password = body.password.ok_or_else(missing)?;
    per_account(&app).count(&app, &who.name()).await?;
    delete_account(&app, &who.0.user, &password).await?;
    let cleared = [(header::SET_COOKIE, clear_cookie(&app))];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}
