//! The mail that invites a colleague.

use domain::account::{Company, Invitation, InvitationToken, SecretHash, User};
use domain::contact::Language;
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
    let language = inviter.as_ref().map_or(Language::En, User::language);
    let inviter = inviter.as_ref().map(|user| user.username.as_str());
    let letter = invite_colleague(language, &company.name, inviter, &url);
    Ok(Prepared::Ready { to: invitation.email, letter })
}
