//! Guests who were taken out of a company and not erased.

use domain::account::{FormerGuest, User};
use domain::ids::CompanyId;
use table::Page;
use table::keys::{self, Key};

use crate::listing::list;
use crate::{App, AppError};

/// A guest who was taken out of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGuest {
    /// Who, as they are now.
    pub user: User,
    /// Since when they are out.
    pub former: FormerGuest,
}

/// One page of the guests who were taken out of a company, in the order in which they were onboarded; `after` is the
/// `next` of the page before.
pub async fn list_former_guests(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<ListedGuest>, AppError> {
    let pk = keys::company(company_id).pk;
    let page = list::<FormerGuest>(app, &pk, keys::FORMER_GUESTS, limit, after).await?;
    let users: Vec<Key> = page.items.iter().map(|former| keys::user(former.user_id)).collect();
    let mut found = app.table.get_all(&users).await?;
    let mut items = Vec::with_capacity(users.len());
    for (key, former) in users.iter().zip(page.items) {
        // Who was erased between the two reads is nobody any more.
        items.extend(found.take::<User>(key)?.map(|user| ListedGuest { user, former }));
    }
    Ok(Page { items, next: page.next })
}
