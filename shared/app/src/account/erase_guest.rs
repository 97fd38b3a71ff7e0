//! An admin erases a guest of their company.

use domain::ids::{CompanyId, UserId};

use super::delete_account::{decide_gone, find_account};
use crate::{App, AppError};

/// Erases someone who was onboarded through a chat: they have no password, so nobody else can ask for it.
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
        if account.user.company_id != company_id || !account.user.is_guest() {
            return Err(unknown());
        }
        decide_gone(app, &account).await
    })
    .await
}

fn unknown() -> AppError {
    AppError::NotFound("guest")
}
