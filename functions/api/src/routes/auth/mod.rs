//! Accounts: sign-up, login, logout, who one is, passwords and sessions.

pub(crate) mod accept_invitation;
mod change_me;
mod change_password;
mod delete_me;
mod log_in;
mod log_out;
mod me;
pub(crate) mod reset_password;
mod sessions;
mod sign_up;

use app::App;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::{Role, Tier, User};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Routes, routes};

use crate::session::set_cookie;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(log_in::log_in))
        .routes(routes!(log_out::log_out))
        .routes(routes!(me::me, change_me::change_me, delete_me::delete_me))
        .routes(routes!(change_password::change_password))
        .routes(routes!(reset_password::request))
        .routes(routes!(reset_password::reset))
        .routes(routes!(accept_invitation::accept))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
}

/// The names of [`Role`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    Admin,
    Member,
}

/// The names of [`Tier`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Tier)]
enum TierName {
    Free,
    Pro,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Its id.
    id: Uuid,
    /// Whose user it is.
    company_id: Uuid,
    /// As the person wrote it.
    username: String,
    /// As the person wrote it.
    email: Option<String>,
    /// What the user may do in the company.
    #[schema(value_type = RoleName)]
    role: Role,
    /// What the user has paid for.
    #[schema(value_type = TierName)]
    tier: Tier,
    /// IANA name.
    timezone: String,
    /// The language of mails about the account.
    locale: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            company_id: user.company_id.0,
            username: user.username,
            email: user.email,
            role: user.role,
            tier: user.tier,
            timezone: user.timezone,
            locale: user.locale,
            created_at: user.created_at.rfc3339(),
        }
    }
}

/// The answer that begins a session.
pub(crate) fn began(app: &App, status: StatusCode, began: app::account::Began) -> Response {
    let cookie = set_cookie(app, &began.cookie);
    (status, [(header::SET_COOKIE, cookie)], Json(UserView::from(began.user))).into_response()
}
