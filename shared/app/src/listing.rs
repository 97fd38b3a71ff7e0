//! Pages of a user's things.

use table::items::Item;
use table::{Page, Range};

use crate::{App, AppError};

/// One page of the records of a partition whose sort keys begin so. The cursor is what follows the
/// prefix, so that whatever a caller makes of it stays inside the list.
pub(crate) async fn list<T: Item>(
    app: &App,
    pk: &str,
    prefix: &str,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<T>, AppError> {
    let after = after.map(|after| format!("{prefix}{after}"));
    let range = Range { pk, prefix, after: after.as_deref(), limit, backward: false };
    let mut page = app.table.query::<T>(&range).await?;
    page.next = page.next.and_then(|next| next.strip_prefix(prefix).map(str::to_owned));
    Ok(page)
}
