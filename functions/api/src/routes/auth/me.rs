//! `GET /api/public/auth/me`

use axum::Json;

use super::UserView;
use crate::problems::SessionProblems;
use crate::session::LoggedIn;

/// Who am I
#[utoipa::path(get, path = "/api/public/auth/me", operation_id = "who_am_i", tag = "accounts",
    security(("session" = [])),
    responses((status = 200, description = "Whoever is logged in", body = UserView), SessionProblems))]
pub(crate) async fn me(LoggedIn(who): LoggedIn) -> Json<UserView> {
    Json(who.user.into())
}
