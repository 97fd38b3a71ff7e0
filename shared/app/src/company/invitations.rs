//! Colleagues are invited by e-mail.

use domain::account::{
    COMPANY_INVITATIONS, INVITATION_LIFE, Invitation, Role, User, check_email,
    decide_invite_colleague, fold,
};
use domain::engine::{Decision, Write};
use domain::field_error::FieldError;
use domain::ids::{CompanyId, InvitationId};
use table::keys::{self, Key};
use table::{CommitError, Page};

use super::find_company;
use crate::listing::list;
use crate::mail::must_be_possible;
use crate::{App, AppError};

/// Whom a company may invite.
pub struct Inviting {
    /// Whoever reads this address.
    pub email: String,
    /// The open invitation that they have already: its links are void with the next.
    before: Option<Invitation>,
}

/// Tells what stands against an invitation before anything is counted for its mail.
///
/// # Errors
/// [`AppError::Invalid`]; [`AppError::Quota`]; [`AppError::Conflict`] when this deployment sends no mail.
pub async fn may_invite(
    app: &App,
    company_id: CompanyId,
    email: &str,
) -> Result<Inviting, AppError> {
    must_be_possible(app)?;
    let email = check_email(email)
        .map_err(|message| AppError::Invalid(vec![FieldError::new("email", message)]))?;
    let pk = keys::company(company_id).pk;
    let open: Vec<Invitation> = app.table.query_all(&pk, keys::INVITATIONS).await?;
    let before = open.iter().find(|it| fold(&it.email) == fold(&email)).cloned();
    if before.is_none() && open.len() >= COMPANY_INVITATIONS {
        let message = format!("a company has at most {COMPANY_INVITATIONS} open invitations");
        return Err(AppError::Quota { message });
    }
    Ok(Inviting { email, before })
}

/// Invites whoever reads the address; one who is invited already gets another mail.
///
/// # Errors
/// [`AppError::Unauthenticated`] when the company is gone.
pub async fn invite_colleague(
    app: &App,
    admin: &User,
    Inviting { email, before }: Inviting,
    role: Role,
) -> Result<Invitation, AppError> {
    let company_id = admin.company_id;
    let id: InvitationId = app.env.id();
    app.decide(|| async {
        let company = find_company(app, company_id).await?;
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
        let mut decision = decide_invite_colleague(ids, now, &company, invitation);
        // The one before is replaced: its links are void.
        let key = before.as_ref().map(|before| keys::invitation(company_id, before.id));
        let there = match key {
            Some(key) => app.table.get::<Invitation>(&key).await?,
            None => None,
        };
        decision.writes.extend(there.map(|it| Write::Remove(it.into())));
        Ok::<_, AppError>(decision)
    })
    .await
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
