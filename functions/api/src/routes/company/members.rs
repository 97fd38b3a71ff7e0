//! `GET /api/public/company/members`, `PATCH` and `DELETE /api/public/company/members/{user_id}`

use app::company::{self, CompanyMember};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::Role;
use domain::field_error::FieldError;
use domain::ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal, StrictJson};

use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, Faulty, NotFound, SessionProblems};
use crate::routes::auth::RoleName;
use crate::session::{Admin, LoggedIn};

/// Someone who belongs to the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberView {
    /// The user.
    id: Uuid,
    /// As the person wrote it.
    username: String,
    /// As the person wrote it; `null` for people onboarded through a chat.
    email: Option<String>,
    /// What the user may do in the company.
    #[schema(value_type = RoleName)]
    role: Role,
    /// Whether they were onboarded through a chat, and so have no password.
    guest: bool,
    /// Since when they belong to the company; RFC 3339, UTC.
    #[schema(format = DateTime)]
    joined_at: String,
}

impl From<CompanyMember> for MemberView {
    fn from(CompanyMember { user, member }: CompanyMember) -> Self {
        Self {
            id: user.id.0,
            guest: user.is_guest(),
            username: user.username,
            email: user.email,
            role: user.role,
            joined_at: member.joined_at.rfc3339(),
        }
    }
}

/// List the members of my company
///
/// For admins. In the order in which they signed up.
#[utoipa::path(get, path = "/api/public/company/members", operation_id = "list_members", tag = "company",
    security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of members", body = Listed<MemberView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    admin: Admin,
    paging: Paging,
) -> Result<Json<Listed<MemberView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = company::list_members(&app, admin.company_id(), paging.limit, after).await?;
    let items = page.items.into_iter().map(MemberView::from).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

/// What a member is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = MemberChange)]
pub(crate) struct ChangeRequest {
    /// `admin` or `member`.
    #[schema(required, nullable = false, value_type = RoleName)]
    role: Option<String>,
}

impl ChangeRequest {
    fn check(&self) -> Result<Role, AppError> {
        let faulty = |message| AppError::Invalid(vec![FieldError::new("role", message)]);
        match self.role.as_deref() {
            Some("admin") => Ok(Role::Admin),
            Some("member") => Ok(Role::Member),
            Some(_) => Err(faulty("must be admin or member")),
            None => Err(faulty("is required")),
        }
    }
}

/// Change a member's role
///
/// For admins. The last admin cannot become a member: 409 with `LAST_ADMIN`.
#[utoipa::path(patch, path = "/api/public/company/members/{user_id}", operation_id = "change_member",
    tag = "company", security(("session" = [])), params(("user_id" = Uuid, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "The member as they are now", body = MemberView),
        BodyProblems, NotFound, Conflict, SessionProblems,
    ))]
pub(crate) async fn change(
    State(app): State<App>,
    admin: Admin,
    InPath(user_id): InPath<UserId>,
    StrictJson(body): StrictJson<ChangeRequest>,
) -> Result<Json<MemberView>, Refusal> {
    let role = body.check()?;
    Ok(Json(company::change_role(&app, admin.company_id(), user_id, role).await?.into()))
}

/// Remove a member
///
/// For admins, and for members who leave. Whoever is out has a company of their own from then on, with
/// all that is theirs; a guest, too, who is better erased, and still can be. The last admin cannot leave: 409 with `LAST_ADMIN`.
#[utoipa::path(delete, path = "/api/public/company/members/{user_id}", operation_id = "remove_member",
    tag = "company", security(("session" = [])), params(("user_id" = Uuid, Path)),
    responses((status = 204, description = "They are out"), NotFound, Conflict, SessionProblems))]
pub(crate) async fn remove(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(user_id): InPath<UserId>,
) -> Result<StatusCode, Refusal> {
    if who.user.role != Role::Admin && who.user.id != user_id {
        return Err(Refusal::admin_needed());
    }
    company::remove_member(&app, who.user.company_id, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
