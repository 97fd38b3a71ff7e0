//! `GET /api/public/company/guests`, `DELETE /api/public/company/guests/{user_id}`

use app::App;
use app::account::erase_guest;
use app::company::{ListedGuest, list_former_guests};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::path::InPath;
use crate::problems::{Conflict, Faulty, NotFound, SessionProblems};
use crate::session::Admin;

/// A guest who was taken out of the company and not erased.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FormerGuest)]
pub(crate) struct FormerGuestView {
    /// The user.
    id: Uuid,
    /// What they are called.
    username: String,
    /// Since when they are out; RFC 3339, UTC.
    #[schema(format = DateTime)]
    left_at: String,
}

impl From<ListedGuest> for FormerGuestView {
    fn from(ListedGuest { user, former }: ListedGuest) -> Self {
        Self { id: user.id.0, username: user.username, left_at: former.left_at.rfc3339() }
    }
}

/// List the guests who were removed from my company
///
/// For admins. In the order in which they were onboarded. They can still be erased; guests who belong to the company
/// are among its members. Who was removed before there was this list is not in it.
#[utoipa::path(get, path = "/api/public/company/guests", operation_id = "list_former_guests", tag = "company",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of former guests", body = Listed<FormerGuestView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    admin: Admin,
    paging: Paging,
) -> Result<Json<Listed<FormerGuestView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_former_guests(&app, admin.company_id(), paging.limit, after).await?;
    let items = page.items.into_iter().map(FormerGuestView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

/// Erase a guest
///
/// For admins. A guest was onboarded through a chat and has no password, so that they cannot delete their account
/// themselves. They are out of the company at once; their channels, their own targets and whatever else is theirs
/// are taken away within minutes, and nothing is sent to them from then on. So are those of a guest who was removed
/// from the company before. 404 for members with a password. A guest who was made the last admin stays: 409 with
/// `LAST_ADMIN`.
#[utoipa::path(delete, path = "/api/public/company/guests/{user_id}", operation_id = "erase_guest",
    tag = "company", security(("session" = [])), params(("user_id" = Uuid, Path)),
    responses((status = 204, description = "They are erased"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn erase(
    State(app): State<App>,
    admin: Admin,
    InPath(user_id): InPath<UserId>,
) -> Result<StatusCode, Refusal> {
    erase_guest(&app, admin.company_id(), user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
