//! An admin erases a guest of their company.

use domain::account::FormerGuest;
use domain::engine::Write;
use domain::ids::{CompanyId, UserId};
use table::keys;

use super::delete_account::{decide_gone, find_account};
use crate::{App, AppError};

/// Erases someone who was onboarded through a chat: they have no password, so nobody else can ask for it. Who was
/// taken out of the company before is erased by it all the same, as nobody else belongs to the one they have.
/// What becomes of what is theirs is as for whoever deletes their account.
///
/// # Errors
/// [`AppError::NotFound`], also for members of other companies and for members with a password, whose account
/// is theirs alone to delete; [`AppError::Conflict`] for a guest who was made the last admin.
pub async fn erase_guest(
    app: &App,
    company_id: CompanyId,
    user_id: UserId,
) -> Result<(), AppError> {
    app.decide(async || {
        let account = find_account(app, user_id).await.map_err(|error| match error {
            AppError::Unauthenticated => unknown(),
            other => other,
        })?;
        if !account.user.is_guest() {
            return Err(unknown());
        }
        let former = if account.user.company_id == company_id {
            None
        } else {
            let place = keys::former_guest(company_id, user_id);
            let former = app.table.get::<FormerGuest>(&place).await?;
            Some(former.filter(|_| !account.shared).ok_or_else(unknown)?)
        };
        let mut decision = decide_gone(app, &account).await?;
        decision.writes.extend(former.map(|it| Write::Remove(it.into())));
        Ok(decision)
    })
    .await
}

fn unknown() -> AppError {
    AppError::NotFound("guest")
}
