//! `POST /api/public/auth/accept-invitation`

use std::time::Duration;

use app::account::{self, AcceptInvitation, Began};
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
use crate::problems::{BodyProblems, Conflict, SessionProblems, TooMany};
use crate::session::SameSite;

/// Who accepts an invitation.
#[derive(Deserialize, ToSchema)]
#[schema(as = AcceptedInvitation)]
pub(crate) struct AcceptRequest {
    /// As the mail's link has it.
    #[schema(required, nullable = false)]
    token: Option<String>,
    /// As for a sign-up; the account's, if there is one with the address.
    #[schema(required, nullable = false, min_length = 3, max_length = 50)]
    username: Option<String>,
    /// 8 to 256 characters; the account's, if there is one with the address.
    #[schema(required, nullable = false, format = Password, min_length = 8, max_length = 256)]
    password: Option<String>,
    /// IANA name; `UTC` when absent.
    timezone: Option<String>,
}

/// Accept an invitation to a company
///
/// Makes a user of the company with the address that was invited, and a session. The address is an active
/// channel from the start. A new user is written to in the language that `Accept-Language` asks for, as after a
/// sign-up. Whoever has an account with the address gives its username and password, and
/// moves into the company with all that is theirs.
#[utoipa::path(post, path = "/api/public/auth/accept-invitation", operation_id = "accept_invitation",
    tag = "accounts", security(()), request_body = AcceptRequest,
    responses(
        (status = 201, description = "The user, logged in", body = UserView,
            headers(("Set-Cookie" = String, description = "The session"))),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn accept(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    Browser { device, language }: Browser,
    StrictJson(body): StrictJson<AcceptRequest>,
) -> Result<Response, Refusal> {
    let AcceptRequest { token, username, password, timezone } = body;
    let network = caller.network();
    let said = AcceptInvitation { token, username, password, timezone, language, device, network };
    Ok(began(&app, StatusCode::CREATED, join(&app, caller, said).await?))
}

/// Accepts it, for the API and for the page.
pub(crate) async fn join(
    app: &App,
    caller: CallerIp,
    said: AcceptInvitation,
) -> Result<Began, AppError> {
    let limit = Limit {
        name: "sign-up-address",
        attempts: app.site.attempts.sign_ups_per_address,
        window: Duration::from_hours(1),
    };
    limit.attempt(app, &caller.scope()).await?;
    account::accept_invitation(app, said).await
}
