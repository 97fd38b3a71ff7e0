//! `GET` and `POST /accept-invitation`

use app::App;
use app::account::AcceptInvitation;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::Response;
use utoipa::ToSchema;
use web::{CallerIp, Form, Refusal};

use super::{faulty, token};
use crate::browser::Browser;
use crate::pages::{form, page};
use crate::routes::auth::accept_invitation::join;
use crate::session::{SameSite, set_cookie};

const TITLE: &str = "Accept the invitation";

/// The page with the form that accepts an invitation
#[utoipa::path(get, path = "/accept-invitation", operation_id = "show_invitation", tag = "pages",
    security(()), params(("token" = Option<String>, Query, description = "As the mail's link has it")),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn show(RawQuery(query): RawQuery) -> Response {
    page(
        TITLE,
        "Choose a username and a password of at least 8 characters. Or, if you have an account with \
         this e-mail address, give its username and password: it moves into the company.",
        &fields(&token(query)),
    )
}

fn fields(token: &str) -> String {
    let inputs = [("username", "text", "Username"), ("password", "password", "Password")];
    form("/accept-invitation", ("token", token), &inputs, TITLE)
}

/// The form.
#[derive(ToSchema)]
#[schema(as = InvitationForm)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) struct InvitationForm {
    /// The mail's token. Works once, for seven days.
    token: String,
    /// As for a sign-up.
    username: String,
    /// 8 to 256 characters.
    password: String,
}

/// Accept an invitation by the page's form
#[utoipa::path(post, path = "/accept-invitation", operation_id = "submit_invitation", tag = "pages",
    security(()),
    request_body(content = InvitationForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        (status = 422, description = "The page again, saying what is faulty; without a token, no page",
            content((String = "text/html"), (runtime::problem::Problem = "application/problem+json"))),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The table does not answer; nothing was changed",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn accept(
    State(app): State<App>,
    _: SameSite,
    caller: CallerIp,
    Browser { device, language }: Browser,
    body: Form,
) -> Result<Response, Refusal> {
    let token = body.get("token").filter(|it| !it.is_empty());
    let token = token.ok_or_else(|| Refusal::field("token", "is required"))?;
    let said = AcceptInvitation {
        token: Some(token.clone()),
        username: body.get("username"),
        password: body.get("password"),
        timezone: None,
        language,
        device,
        network: caller.network(),
    };
    Ok(match join(&app, caller, said).await {
        Ok(began) => {
            let mut response =
                page("Welcome", "You belong to the company now. You can close this page.", "");
            let cookie = set_cookie(&app, &began.cookie);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => faulty(error, TITLE, &fields(&token)),
    })
}
