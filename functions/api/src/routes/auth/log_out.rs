//! `POST /api/public/auth/logout`

use app::account::{authenticate, log_out as end};
use app::{App, AppError};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use web::Refusal;

use crate::problems::SessionProblems;
use crate::session::{SameSite, clear_cookie, session_cookie};

/// Log out
///
/// Ends the session, if there is one.
#[utoipa::path(post, path = "/api/public/auth/logout", tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 204, description = "Nobody is logged in any more"),
        SessionProblems,
    ))]
pub(crate) async fn log_out(
    State(app): State<App>,
    _: SameSite,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(cookie) = session_cookie(&headers) {
        match authenticate(&app, cookie).await {
            Ok(who) => end(&app, who.session).await?,
            Err(AppError::Unauthenticated) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let cleared = [(header::SET_COOKIE, clear_cookie(&app))];
    Ok((StatusCode::NO_CONTENT, cleared).into_response())
}
