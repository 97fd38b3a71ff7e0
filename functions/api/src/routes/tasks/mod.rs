//! Scheduled tasks: what a company has done on a schedule.

mod available;
mod change;
mod create;
mod get;
mod list;
mod remove;
mod run;
mod runs;
mod toggle;
mod view;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::account::{Role, User};
use domain::slug::Slug;
use web::Refusal;
use web::{Routes, routes};

use crate::session::LoggedIn;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(available::available))
        .routes(routes!(create::create, list::list))
        .routes(routes!(get::get, change::change, remove::remove))
        .routes(routes!(run::run))
        .routes(routes!(toggle::toggle))
        .routes(routes!(runs::runs))
}

/// The user, who must be an admin of their company.
fn admin(who: &LoggedIn) -> Result<&User, Refusal> {
    let user = &who.0.user;
    match user.role {
        Role::Admin => Ok(user),
        Role::Member => Err(Refusal::admin_needed()),
    }
}

/// The task's slug in the path. What is no slug is no task of ours: 404, like an unknown one.
struct TaskInPath(Slug);

impl<S: Send + Sync> FromRequestParts<S> for TaskInPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let unknown = || Refusal::not_found("task");
        let parameters =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        let text = parameters.iter().find(|(name, _)| *name == "slug").map(|(_, text)| text);
        let slug = text.and_then(|text| Slug::parse(text).ok());
        slug.map(Self).ok_or_else(unknown)
    }
}
