//! Links as their company sees them.

use domain::ids::{CompanyId, LinkId};
use domain::link::TelegramLink;
use table::{Page, keys};

use crate::listing::list;
use crate::{App, AppError};

/// One page of a company's links, oldest first.
pub async fn list_links(
    app: &App,
    company_id: CompanyId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<TelegramLink>, AppError> {
    list(app, &keys::company(company_id).pk, keys::COMPANY_LINKS, limit, after).await
}

/// A company's link.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find_link(
    app: &App,
    company_id: CompanyId,
    id: LinkId,
) -> Result<TelegramLink, AppError> {
    let found = app.table.get(&keys::telegram_link(company_id, id)).await?;
    found.ok_or(AppError::NotFound("link"))
}
