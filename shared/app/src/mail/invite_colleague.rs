//! The mail that invites a colleague.

use domain::account::{Company, Invitation, InvitationToken, Role, SecretHash, User};
use domain::engine::{Decision, Write};
use domain::ids::{CompanyId, InvitationId};
use domain::mail::invite_colleague;
use table::{TableError, keys};

use super::{Prepared, retried};
use crate::App;

/// Makes the token and the words.
pub(super) async fn prepare(
    app: &App,
    company_id: CompanyId,
    id: InvitationId,
) -> Result<Prepared, TableError> {
    let key = keys::invitation(company_id, id);
    let Some(invitation) = app.table.get::<Invitation>(&key).await? else {
        return Ok(Prepared::Skip("the invitation is gone"));
    };
    let Some(company) = app.table.get::<Company>(&keys::company(company_id)).await? else {
        return Ok(Prepared::Skip("the company is gone"));
    };
    let inviter = app.table.get::<User>(&keys::user(invitation.invited_by)).await?;
    let may_invite = |it: &User| it.company_id == company_id && it.role == Role::Admin;
    let Some(inviter) = inviter.filter(may_invite) else {
        return Ok(Prepared::Skip("whoever sent the invitation is no admin any more"));
    };
    let (token, now) = (app.env.secret(), app.env.now());
    let record = InvitationToken {
        hash: SecretHash::of(&token),
        company_id,
        invitation_id: id,
        expires_at: invitation.expires_at,
    };
    let decision = Decision::new(app.env.id(), now, ()).write(Write::Create(record.into()));
    app.commit(decision).await.map_err(retried)?;
    let url = format!("{}/accept-invitation?token={token}", app.site.url);
    // Nobody knows the reader's language; whoever invites them is likely to share it.
    let letter = invite_colleague(inviter.language(), &company.name, &inviter.username, &url);
    Ok(Prepared::Ready { to: invitation.email, letter })
}
