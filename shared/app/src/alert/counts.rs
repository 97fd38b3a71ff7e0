//! What became of a company's alerts, by day, category and bot.

use domain::alert::AlertCount;
use domain::ids::CompanyId;
use table::{Page, Range, keys};

use crate::{App, AppError};

/// Which days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountsRange {
    /// The first, as in `2026-11-21`.
    pub from: String,
    /// The last.
    pub to: String,
}

/// One page of a company's counts from the first day to the last, in that order.
pub async fn list_counts(
    app: &App,
    company_id: CompanyId,
    days: &CountsRange,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<AlertCount>, AppError> {
    let pk = keys::company(company_id).pk;
    let prefix = keys::COMPANY_COUNTS;
    // Nothing stands between a day and what follows it in its keys.
    let from = format!("{prefix}{}", days.from);
    let after = after.map_or(from, |after| format!("{prefix}{after}"));
    let range = Range { pk: &pk, prefix, after: Some(&after), limit, backward: false };
    let mut page = app.table.query::<AlertCount>(&range).await?;
    let within = page.items.iter().take_while(|it| it.key.day <= days.to).count();
    if within < page.items.len() {
        page.items.truncate(within);
        page.next = None;
    }
    page.next = page.next.and_then(|next| next.strip_prefix(prefix).map(str::to_owned));
    Ok(page)
}
