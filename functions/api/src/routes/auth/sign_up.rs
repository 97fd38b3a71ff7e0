//! `POST /api/public/auth/signup`

use std::time::Duration;

use app::account::{self, SignUpInput};
use app::{App, AppError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use web::limit::Limit;
use web::{CallerIp, Refusal, StrictJson};

use super::{UserView, began};
use crate::browser::Browser;
use crate::limits::count_confirmation_to;
use crate::problems::{BodyProblems, SessionProblems, TooMany};
use crate::session::SameSite;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignUp)]
pub(crate) struct SignUpRequest {
    /// Letters A to Z, digits, `_`, `.` and `-`; unique regardless of case.
    #[schema(
        required,
        nullable = false,
        min_length = 3,
        max_length = 50,
        pattern = "^[A-Za-z0-9_.-]+$"
    )]
    username: Option<String>,
    /// Unique regardless of case.
    #[schema(required, nullable = false, format = Email, max_length = 254)]
    email: Option<String>,
    /// 8 to 256 characters.
    #[schema(required, nullable = false, format = Password, min_length = 8, max_length = 256)]
    password: Option<String>,
    /// IANA name, such as `Europe/Berlin`; `UTC` when absent.
    timezone: Option<String>,
}

/// Sign up
///
/// Makes a company, its first user, who is its admin, and a session. A repeated request is told by
/// its names, so it takes no `Idempotency-Key`: the cookie is shown once. Mails about the account are in the
/// language that `Accept-Language` asks for, if it is `en` or `ru`, until the user chooses another; else in English.
#[utoipa::path(post, path = "/api/public/auth/signup", tag = "accounts", security(()),
    request_body = SignUpRequest,
    responses(
        (status = 201, description = "The user, logged in", body = UserView,
            headers(("Set-Cookie" = String, description = "The session"))),
        (status = 409, description = "The username or e-mail address is taken: `errors` says which",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        BodyProblems, TooMany, SessionProblems,
    ))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    Browser { device, language }: Browser,
    StrictJson(body): StrictJson<SignUpRequest>,
) -> Result<Response, Refusal> {
    let SignUpRequest { username, email, password, timezone } = body;
    let input = SignUpInput { username, email, password, timezone, language };
    // What is faulty is told before it counts.
    let (wanted, _) = input.check().map_err(AppError::Invalid)?;
    per_address(&app).count(&app, &caller.scope()).await?;
    // Nothing is mailed for a name that someone has, and so nothing is counted of what may be mailed.
    account::must_be_free(&app, &wanted).await?;
    // Beyond them the address is left alone: its channel stays pending, and is asked for later.
    let confirm = match count_confirmation_to(&app, &wanted.email).await {
        Err(AppError::TooMany { .. }) => false,
        counted => counted.map(|()| true)?,
    };
    let network = caller.network();
    let begins = (device.as_deref(), network.as_deref());
    let session = account::sign_up(&app, &input, confirm, begins).await?;
    Ok(began(&app, StatusCode::CREATED, session))
}

fn per_address(app: &App) -> Limit {
    Limit {
        name: "sign-up-address",
        attempts: app.site.attempts.sign_ups_per_address,
        window: Duration::from_hours(1),
    }
}
