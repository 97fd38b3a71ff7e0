//! Colleagues are invited by e-mail.

use domain::account::{
    COMPANY_INVITATIONS, INVITATION_LIFE, Invitation, Role, User, check_email,
    decide_invite_colleague, has_room_to_invite,
};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{CompanyId, InvitationId};
use table::keys::{self, Key};
use table::{CommitError, Page};

use super::find_company;
use crate::answer::{self, Keep};
use crate::listing::list;
use crate::mail::must_be_possible;
use crate::{App, AppError};

/// Tells what stands against an invitation before anything is counted for its mail; else the address, checked.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::Quota`]; [`AppError::Conflict`] when this deployment sends no mail.
pub async fn may_invite(app: &App, company_id: CompanyId, email: &str) -> Result<String, AppError> {
    must_be_possible(app)?;
    let email = check_email(email)
        .map_err(|message| AppError::Invalid(vec![FieldError::new("email", message)]))?;
    if has_room_to_invite(&open(app, company_id).await?, &email) { Ok(email) } else { Err(full()) }
}

/// Who is to be invited.
#[derive(Debug)]
pub struct InviteColleague {
    /// Where the mail goes, as [`may_invite`] has checked it.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Keeps the answer for an `Idempotency-Key`.
    pub keep: Option<Keep<Invitation>>,
}

/// Invites whoever reads the address; one who is invited already gets another mail.
///
/// # Errors
/// [`AppError::Quota`]; [`AppError::Unauthenticated`] when the company is gone; [`AppError::Repeated`] for an
/// `Idempotency-Key` that was used.
pub async fn invite_colleague(
    app: &App,
    admin: &User,
    said: InviteColleague,
) -> Result<Invitation, AppError> {
    let InviteColleague { email, role, keep } = said;
    let (company_id, begun) = (admin.company_id, app.env.now());
    let id: InvitationId = app.env.id();
    let along = |invitation: &Invitation| answer::writes(keep.as_ref(), invitation, begun);
    let decide = || async {
        // The company is read before what is open: whoever invites meanwhile changes it.
        let company = find_company(app, company_id).await?;
        let open = open(app, company_id).await?;
        let now = app.env.now();
        let invitation = Invitation {
            id,
            company_id,
            email: email.clone(),
            role,
            invited_by: admin.id,
            created_at: now,
            expires_at: now + INVITATION_LIFE,
        };
        let ids = (app.env.id(), app.env.id());
        decide_invite_colleague(ids, now, (&company, open), invitation).ok_or_else(full)
    };
    // Each changes the company, and a whole team is invited at once.
    app.decide_patiently(along, decide).await
}

async fn open(app: &App, company_id: CompanyId) -> Result<Vec<Invitation>, AppError> {
    Ok(app.table.query_all(&keys::company(company_id).pk, keys::INVITATIONS).await?)
}

fn full() -> AppError {
    let message = format!("a company has at most {COMPANY_INVITATIONS} open invitations");
    AppError::Quota { message }
}

/// An invitation as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// Whether whoever sent it is no admin any more, so that it invites nobody.
    pub void: bool,
}

/// One page of a company's open invitations, oldest first; `after` is the `next` of the page before.
pub async fn list_invitations(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<ListedInvitation>, AppError> {
    let pk = keys::company(company_id).pk;
    let page = list::<Invitation>(app, &pk, keys::INVITATIONS, limit, after).await?;
    let senders: Vec<Key> = page.items.iter().map(|it| keys::user(it.invited_by)).collect();
    // One admin sends many.
    let found = app.table.get_all(&senders).await?;
    let mut items = Vec::with_capacity(senders.len());
    for (sender, invitation) in senders.iter().zip(page.items) {
        let void = !invitation.stands(found.peek::<User>(sender)?.as_ref());
        items.push(ListedInvitation { invitation, void });
    }
    Ok(Page { items, next: page.next })
}

/// Takes an invitation back: the links that were mailed do not work any more.
///
/// # Errors
/// [`AppError::NotFound`], also the second time and when it was accepted.
pub async fn revoke_invitation(
    app: &App,
    company_id: CompanyId,
    id: InvitationId,
) -> Result<(), AppError> {
    let not_found = || AppError::NotFound("invitation");
    let invitation = app.table.get::<Invitation>(&keys::invitation(company_id, id)).await?;
    let invitation = invitation.ok_or_else(not_found)?;
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    match app.commit(decision.write(Write::Remove(invitation.into()))).await {
        Err(CommitError::Changed(_)) => Err(not_found()),
        other => Ok(other?),
    }
}
