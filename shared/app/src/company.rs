//! Companies: what they are called, and who belongs to them.

mod guests;
mod invitations;
mod members;

use domain::account::{Company, decide_rename_company};
use domain::field_error::FieldError;
use domain::ids::CompanyId;
use domain::watch::check_name;
use table::keys;

use crate::{App, AppError};

pub use guests::{ListedGuest, list_former_guests};
pub use invitations::{
    InviteColleague, ListedInvitation, invite_colleague, list_invitations, may_invite,
    revoke_invitation,
};
pub use members::{CompanyMember, change_role, list_members, remove_member};

/// The company. One that is gone has nobody left who may ask for it.
///
/// # Errors
/// [`AppError::Unauthenticated`]
pub async fn find_company(app: &App, id: CompanyId) -> Result<Company, AppError> {
    let company = app.table.get::<Company>(&keys::company(id)).await?;
    company.ok_or(AppError::Unauthenticated)
}

/// Gives a company another name.
///
/// # Errors
/// [`AppError::Invalid`]
pub async fn rename_company(app: &App, id: CompanyId, name: &str) -> Result<Company, AppError> {
    let name = check_name(name)
        .map_err(|message| AppError::Invalid(vec![FieldError::new("name", message)]))?;
    app.decide(|| async {
        let company = find_company(app, id).await?;
        let (id, now) = (app.env.id(), app.env.now());
        Ok::<_, AppError>(decide_rename_company(id, now, &company, name.clone()))
    })
    .await
}
