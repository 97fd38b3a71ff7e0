//! `POST` and `GET /api/public/company/invitations`, `DELETE …/{invitation_id}`

use app::company::{
    InviteColleague, ListedInvitation, invite_colleague, list_invitations, may_invite,
    revoke_invitation,
};
use app::{App, AppError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::{Invitation, Role};
use domain::field_error::FieldError;
use domain::ids::InvitationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::limit::give_back;
use web::once::{Answer, once};
use web::page::PagingQuery;
use web::{CallerIp, Keyed, Listed, Paging, Refusal};

use crate::limits::count_invitation;
use crate::path::InPath;
use crate::problems::{BodyProblems, Conflict, Faulty, NotFound, SessionProblems, TooMany};
use crate::routes::IdempotencyKey;
use crate::routes::auth::RoleName;
use crate::session::Admin;

/// An open invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// Its id.
    id: Uuid,
    /// Who is invited.
    email: String,
    /// As what.
    #[schema(value_type = RoleName)]
    role: Role,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it can be accepted; RFC 3339, UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether whoever sent it is no admin any more: then its link does not work.
    void: bool,
}

impl InvitationView {
    fn new(invitation: &Invitation, void: bool) -> Self {
        Self {
            id: invitation.id.0,
            email: invitation.email.clone(),
            role: invitation.role,
            created_at: invitation.created_at.rfc3339(),
            expires_at: invitation.expires_at.rfc3339(),
            void,
        }
    }
}

/// Who is to be invited.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewInvitation)]
pub(crate) struct CreateRequest {
    /// Where the mail goes.
    #[schema(required, nullable = false, format = Email, max_length = 254)]
    email: Option<String>,
    /// `member` when absent.
    #[schema(nullable = false, value_type = Option<RoleName>)]
    role: Option<String>,
}

impl CreateRequest {
    fn check(self) -> Result<(String, Role), AppError> {
        let faulty = |field, message| AppError::Invalid(vec![FieldError::new(field, message)]);
        let email = self.email.ok_or_else(|| faulty("email", "is required"))?;
        match self.role.as_deref() {
            None | Some("member") => Ok((email, Role::Member)),
            Some("admin") => Ok((email, Role::Admin)),
            Some(_) => Err(faulty("role", "must be admin or member")),
        }
    }
}

/// Invite a colleague
///
/// For admins. The mail's link works once, for seven days. Who is invited already gets another mail; the
/// link before is void; a repeated request (same `Idempotency-Key`) sends none.
#[utoipa::path(post, path = "/api/public/company/invitations", operation_id = "invite_colleague",
    tag = "company", security(("session" = [])), params(IdempotencyKey), request_body = CreateRequest,
    responses(
        (status = 201, description = "The invitation; its mail is on its way", body = InvitationView),
        BodyProblems, Conflict, TooMany, SessionProblems,
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    admin: Admin,
    caller: CallerIp,
    Keyed { body, asked }: Keyed<CreateRequest>,
) -> Result<Response, Refusal> {
    once(&app, &admin.name(), asked.as_ref(), answer, |keep| {
        let (body, app, admin) = (body.clone(), &app, &admin);
        async move {
            let (email, role) = body.check()?;
            let email = may_invite(app, admin.company_id(), &email).await?;
            // What is refused sends no mail, and so it is not counted.
            let company = admin.company_id().to_string();
            let counted = count_invitation(app, &company, caller, &email).await?;
            let said = InviteColleague { email, role, keep };
            let invited = invite_colleague(app, &admin.0.user, said).await;
            if invited.is_err() {
                give_back(app, &counted).await?;
            }
            invited
        }
    })
    .await
}

fn answer(invitation: &Invitation) -> Answer {
    Answer::json(StatusCode::CREATED, &InvitationView::new(invitation, false))
}

/// List the open invitations of my company
///
/// For admins. Oldest first. One that has expired is listed no more; `void` says of one that nobody can accept it.
#[utoipa::path(get, path = "/api/public/company/invitations", operation_id = "list_invitations",
    tag = "company", security(("session" = [])), params(PagingQuery),
    responses(
        (status = 200, description = "A page of invitations", body = Listed<InvitationView>),
        Faulty, SessionProblems,
    ))]
pub(crate) async fn list(
    State(app): State<App>,
    admin: Admin,
    paging: Paging,
) -> Result<Json<Listed<InvitationView>>, Refusal> {
    let after = paging.after.as_deref();
    let page = list_invitations(&app, admin.company_id(), paging.limit, after).await?;
    let view = |it: &ListedInvitation| InvitationView::new(&it.invitation, it.void);
    let items = page.items.iter().map(view).collect();
    Ok(Json(Listed::new(items, page.next.as_deref())))
}

/// Take an invitation back
///
/// For admins. Its links do not work any more.
#[utoipa::path(delete, path = "/api/public/company/invitations/{invitation_id}",
    operation_id = "revoke_invitation", tag = "company", security(("session" = [])),
    params(("invitation_id" = Uuid, Path)),
    responses((status = 204, description = "It is taken back"), NotFound, SessionProblems))]
pub(crate) async fn revoke(
    State(app): State<App>,
    admin: Admin,
    InPath(id): InPath<InvitationId>,
) -> Result<StatusCode, Refusal> {
    revoke_invitation(&app, admin.company_id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
