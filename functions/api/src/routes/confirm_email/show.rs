//! `GET /confirm-email`

use axum::extract::RawQuery;
use axum::response::Response;
use url::form_urlencoded;

use crate::pages::{button, page};

/// The page with the button
///
/// What a mail's link opens. It changes nothing and tells nothing of the token: programs that follow the
/// links of mails before people do spend none.
#[utoipa::path(get, path = "/confirm-email", operation_id = "show_email_confirmation", tag = "pages",
    security(()), params(("token" = Option<String>, Query, description = "As the mail's link has it")),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn show(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let token = pairs.find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    page(
        "Confirm your e-mail address",
        "Press the button, and messages will be sent to your address.",
        &button("/confirm-email", "token", &token.unwrap_or_default(), "Confirm this address"),
    )
}
