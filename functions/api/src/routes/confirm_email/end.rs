//! `GET /confirm-email/done` and `GET /confirm-email/failed`

use axum::response::Response;

use crate::pages::page;

/// The page after a confirmation
///
/// Says that the address receives from now on.
#[utoipa::path(get, path = "/confirm-email/done", operation_id = "show_email_confirmed", tag = "pages",
    security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn done() -> Response {
    page("Your address is confirmed", "Messages will be sent there. You can close this page.", "")
}

/// The page after a token that does not work
///
/// Says so, and nothing of why.
#[utoipa::path(get, path = "/confirm-email/failed", operation_id = "show_email_not_confirmed", tag = "pages",
    security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn failed() -> Response {
    let text = "Links work once and only for a short time. Ask for a new mail where you added your address.";
    page("This link does not work (any more)", text, "")
}
