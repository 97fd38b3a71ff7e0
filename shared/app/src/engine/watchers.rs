//! Pages of a page's watchers, as fan-outs read them.

use domain::url::PageId;
use domain::watch::Watcher;
use table::{Range, TableError, keys};

use crate::App;

/// Whole watchers, with at most a page's worth of recipients, but one at least; and after which one the list goes
/// on, if it does.
pub(super) async fn some(
    app: &App,
    page_id: &PageId,
    after: Option<&str>,
) -> Result<(Vec<Watcher>, Option<String>), TableError> {
    let (pk, limit) = (keys::watchers(page_id), app.page_recipients);
    let range = Range { pk: &pk, prefix: keys::WATCHERS, after, limit, backward: false };
    let page = app.table.query::<Watcher>(&range).await?;
    let (mut taken, mut recipients): (Vec<Watcher>, _) = (Vec::new(), 0);
    for watcher in page.items {
        recipients += watcher.recipients().count();
        if recipients > limit && !taken.is_empty() {
            let last = taken.last();
            let last = last.map(|it| keys::watcher(page_id, it.user_id, it.target_id).sk);
            return Ok((taken, last));
        }
        taken.push(watcher);
    }
    Ok((taken, page.next))
}
