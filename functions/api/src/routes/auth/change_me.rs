//! `PATCH /api/public/auth/me`

use app::App;
use app::account::{ProfileChange, change_profile};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use super::UserView;
use crate::problems::{BodyProblems, SessionProblems};
use crate::session::LoggedIn;

/// What is to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProfileChange)]
pub(crate) struct ChangeMeRequest {
    /// IANA name, such as `Europe/Berlin`.
    #[schema(nullable = false)]
    timezone: Option<String>,
    /// The language of mails about the account: `en` or `ru`. Offers are told in English.
    #[schema(nullable = false, pattern = "^(en|ru)$")]
    locale: Option<String>,
}

/// Change my profile
#[utoipa::path(patch, path = "/api/public/auth/me", operation_id = "change_me", tag = "accounts",
    security(("session" = [])), request_body = ChangeMeRequest,
    responses(
        (status = 200, description = "The user as they are now", body = UserView),
        BodyProblems, SessionProblems,
    ))]
pub(crate) async fn change_me(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    StrictJson(body): StrictJson<ChangeMeRequest>,
) -> Result<Json<UserView>, Refusal> {
    let ChangeMeRequest { timezone, locale } = body;
    let user = change_profile(&app, who.user.id, &ProfileChange { timezone, locale }).await?;
    Ok(Json(user.into()))
}
