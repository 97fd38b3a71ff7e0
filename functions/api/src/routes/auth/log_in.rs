//! `POST /api/public/auth/login`

use std::time::Duration;

use app::account::{self, LogIn};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::fold;
use domain::field_error::FieldError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::limit::Limit;
use web::{CallerIp, Refusal, StrictJson};

use super::{UserView, began};
use crate::browser::Browser;
use crate::problems::{BodyProblems, SessionProblems, TooMany};
use crate::session::SameSite;

const WINDOW: Duration = Duration::from_mins(15);

/// Who someone says they are.
#[derive(Deserialize, ToSchema)]
#[schema(as = LogIn)]
pub(crate) struct LogInRequest {
    /// The username, or the e-mail address.
    username: Option<String>,
    /// The e-mail address, instead of `username`.
    email: Option<String>,
    /// The password.
    #[schema(required, nullable = false, format = Password)]
    password: Option<String>,
}

impl LogInRequest {
    fn check(self, device: Option<String>, network: Option<String>) -> Result<LogIn, AppError> {
        let mut errors = Vec::new();
        let name = self.username.or(self.email).filter(|name| !name.trim().is_empty());
        if name.is_none() {
            errors.push(FieldError::new("username", "is required, or an e-mail address"));
        }
        if self.password.is_none() {
            errors.push(FieldError::new("password", "is required"));
        }
        match (name, self.password) {
            (Some(name), Some(password)) => {
                Ok(LogIn { name, password, device, network, held: false })
            }
            _ => Err(AppError::Invalid(errors)),
        }
    }
}

/// Log in
///
/// Neither text nor time tells an unknown user from a wrong password.
#[utoipa::path(post, path = "/api/public/auth/login", tag = "accounts", security(()),
    request_body = LogInRequest,
    responses(
        (status = 200, description = "The user, logged in", body = UserView,
            headers(("Set-Cookie" = String, description = "The session"))),
        BodyProblems, TooMany, SessionProblems,
    ))]
pub(crate) async fn log_in(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    Browser { device, .. }: Browser,
    StrictJson(body): StrictJson<LogInRequest>,
) -> Result<Response, Refusal> {
    let log_in = body.check(device, caller.network())?;
    let held = count(&app, caller, &log_in.name).await?;
    match account::log_in(&app, LogIn { held: held.is_some(), ..log_in }).await {
        Ok(session) => Ok(began(&app, StatusCode::OK, session)),
        Err(AppError::Unauthenticated) => Err(held.map_or_else(wrong, Refusal::from)),
        Err(error) => Err(error.into()),
    }
}

fn wrong() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "WRONG_CREDENTIALS",
        "there is no user with this name and password",
    )
}

/// Counts a login: of the address that it comes from, of the account from this address, and of the account from
/// all addresses together. The last is given back where it is one too many: it holds up only networks that the
/// user is not known in, and whether they are is told by nothing but a session.
async fn count(app: &App, caller: CallerIp, name: &str) -> Result<Option<AppError>, AppError> {
    let limits = app.site.attempts;
    let limit = |name, attempts| Limit { name, attempts, window: WINDOW };
    let (address, name) = (caller.scope(), fold(name));
    limit("login-address", limits.logins_per_address).attempt(app, &address).await?;
    let from_here = limit("login-account-address", limits.logins_per_account);
    from_here.attempt(app, &format!("{address}#{name}")).await?;
    let in_all = limit("login-account", limits.logins_per_account_in_all);
    match in_all.attempt(app, &name).await {
        Ok(()) => Ok(None),
        Err(error @ AppError::TooMany { .. }) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
