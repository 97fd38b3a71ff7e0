//! `GET` and `POST /reset-password`

use app::App;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use utoipa::ToSchema;
use web::{CallerIp, Form};

use super::{faulty, token};
use crate::pages::{form, page};
use crate::routes::auth::reset_password::set as set_password;
use crate::session::SameSite;
use web::Refusal;

const TITLE: &str = "Set a new password";

/// The page with the form that sets a new password
#[utoipa::path(get, path = "/reset-password", operation_id = "show_password_reset", tag = "pages",
    security(()), params(("token" = Option<String>, Query, description = "As the mail's link has it")),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn show(RawQuery(query): RawQuery) -> Response {
    page(TITLE, "8 to 256 characters.", &fields(&token(query)))
}

fn fields(token: &str) -> String {
    let inputs = [("new_password", "password", "New password")];
    form("/reset-password", ("token", token), &inputs, TITLE)
}

/// The form.
#[derive(ToSchema)]
#[schema(as = PasswordResetForm)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct ResetForm {
    /// The mail's token. Works once, for one hour.
    token: String,
    /// 8 to 256 characters.
    new_password: String,
}

/// Set a new password by the page's form
#[utoipa::path(post, path = "/reset-password", operation_id = "submit_password_reset", tag = "pages",
    security(()),
    request_body(content = ResetForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        (status = 422, description = "The page again, saying what is faulty; without a token, no page",
            content((String = "text/html"), (runtime::problem::Problem = "application/problem+json"))),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The table does not answer; nothing was changed",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    body: Form,
) -> Result<Response, Refusal> {
    let token = body.get("token").filter(|it| !it.is_empty());
    let token = token.ok_or_else(|| Refusal::field("token", "is required"))?;
    let new = body.get("new_password").unwrap_or_default();
    Ok(match set_password(&app, caller, &token, &new).await {
        Ok(()) => page("Your new password counts", "Log in with it. You can close this page.", ""),
        Err(error) => faulty(error, TITLE, &fields(&token)),
    })
}
