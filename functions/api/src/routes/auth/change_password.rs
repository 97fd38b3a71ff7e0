//! `POST /api/public/auth/password`

use std::time::Duration;

use app::account::{self, ChangePassword};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use domain::field_error::FieldError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::limit::Limit;
use web::{Refusal, StrictJson};

use crate::problems::{BodyProblems, SessionProblems, TooMany};
use crate::session::LoggedIn;

/// The password one has, and the one to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordChange)]
pub(crate) struct ChangePasswordRequest {
    /// The password so far.
    #[schema(required, nullable = false, format = Password)]
    current_password: Option<String>,
    /// 8 to 256 characters.
    #[schema(required, nullable = false, format = Password, min_length = 8, max_length = 256)]
    new_password: Option<String>,
}

impl ChangePasswordRequest {
    fn check(self) -> Result<ChangePassword, AppError> {
        let fields =
            [("current_password", &self.current_password), ("new_password", &self.new_password)];
        let missing = fields.into_iter().filter(|(_, value)| value.is_none());
        let errors: Vec<_> =
            missing.map(|(name, _)| FieldError::new(name, "is required")).collect();
        match (self.current_password, self.new_password) {
            (Some(current), Some(new)) => Ok(ChangePassword { current, new }),
            _ => Err(AppError::Invalid(errors)),
        }
    }
}

/// Change my password
///
/// Ends every other session of the user.
#[utoipa::path(post, path = "/api/public/auth/password", operation_id = "change_password", tag = "accounts",
    security(("session" = [])), request_body = ChangePasswordRequest,
    responses(
        (status = 204, description = "The new password counts; other sessions have ended"),
        BodyProblems, TooMany, SessionProblems,
    ))]
pub(crate) async fn change_password(
    State(app): State<App>,
    who: LoggedIn,
    StrictJson(body): StrictJson<ChangePasswordRequest>,
) -> Result<StatusCode, Refusal> {
    let change = body.check()?;
    per_account(&app).count(&app, &who.name()).await?;
    let LoggedIn(who) = who;
    account::change_password(&app, &who.user, &who.session, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A guess at the current password is a guess like that of a login.
pub(super) fn per_account(app: &App) -> Limit {
    Limit {
        name: "password-account",
        attempts: app.site.attempts.logins_per_account,
        window: Duration::from_mins(15),
    }
}
