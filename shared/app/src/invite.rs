//! Onboarding invites: made, listed and revoked by admins, opened by whoever has the link.

mod create;
mod redeem;

use domain::ids::{CompanyId, InviteId};
use domain::invite::{InviteError, OnboardingInvite, decide_revoke_invite};
use table::{Page, keys};

use crate::listing::list;
use crate::{App, AppError};

pub use create::{CreateInvite, ShownInvite, create_invite, renew_invite};
pub use redeem::{RedeemInvite, redeem_invite};

/// One page of a company's invites, oldest first; `after` is the `next` of the page before. Those that
/// are over are shown for thirty days.
pub async fn list_invites(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<OnboardingInvite>, AppError> {
    list(app, &keys::company(company_id).pk, keys::INVITES, limit, after).await
}

/// A company's invite.
///
/// # Errors
/// [`AppError::NotFound`], also when it is another company's.
pub async fn find_invite(
    app: &App,
    company_id: CompanyId,
    id: InviteId,
) -> Result<OnboardingInvite, AppError> {
    let invite = app.table.get(&keys::invite(company_id, id)).await?;
    invite.ok_or(AppError::NotFound("invite"))
}

/// Revokes an invite. Twice is once.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] when it was used: the person is there, and their channel
/// can be taken off the target.
pub async fn revoke_invite(app: &App, company_id: CompanyId, id: InviteId) -> Result<(), AppError> {
    app.decide(|| async {
        let invite = find_invite(app, company_id, id).await?;
        Ok(decide_revoke_invite(app.env.id(), app.env.now(), &invite)?)
    })
    .await
}

impl From<InviteError> for AppError {
    fn from(error: InviteError) -> Self {
        let code = match error {
            InviteError::Used => "INVITE_USED",
            InviteError::Over => "INVITE_OVER",
        };
        Self::Conflict { code, message: error.to_string() }
    }
}
