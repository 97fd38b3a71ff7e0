//! `POST /confirm-email`

use app::App;
use app::channel::{Confirmed, confirm_email};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use runtime::problem::Problem;
use utoipa::ToSchema;
use web::{Form, Refusal};

/// What the page's button sends.
#[derive(ToSchema)]
#[schema(as = EmailConfirmation)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct ConfirmRequest {
    /// The mail's token. Works once, for 24 hours.
    token: String,
}

/// Confirm an address
///
/// Spends the token and leads on to a page that says whether the address receives from now on. Tokens
/// that are used, expired or unknown are one and the same to it.
#[utoipa::path(post, path = "/confirm-email", operation_id = "confirm_email", tag = "pages", security(()),
    request_body(content = ConfirmRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "What became of it",
            headers(("Location" = String, description = "`/confirm-email/done` or `/confirm-email/failed`"))),
        (status = 413, description = "The form is too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 415, description = "It is no form", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "There is no token", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The table does not answer; nothing was changed", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn confirm(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let token = form.get("token").filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| Refusal::field("token", "is required"))?;
    let page = match confirm_email(&app, &token).await? {
        Confirmed::Connected(_) | Confirmed::AlreadyConnected(_) => "/confirm-email/done",
        Confirmed::Unusable | Confirmed::More => "/confirm-email/failed",
    };
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response())
}
