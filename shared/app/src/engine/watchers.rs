//! Pages of a page's watchers, as fan-outs read them.

use domain::ids::{ChannelId, TargetId, UserId};
use domain::invite::GuestTarget;
use domain::url::PageId;
use domain::watch::{Target, Watcher};
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

/// What the targets are called that these hear of, in their order. A guest's target is somebody else's. One
/// that is gone has no name any more.
pub(super) async fn names(
    app: &App,
    to: &[(UserId, ChannelId, TargetId)],
) -> Result<Vec<String>, TableError> {
    let guests: Vec<_> =
        to.iter().map(|(user, _, target)| keys::guest_target(*user, *target)).collect();
    let found = app.table.get_all(&guests).await?;
    let mut places = Vec::with_capacity(to.len());
    for ((user, _, target), key) in to.iter().zip(&guests) {
        let owner = found.peek::<GuestTarget>(key)?.map_or(*user, |guest| guest.owner_id);
        places.push(keys::target(owner, *target));
    }
    let found = app.table.get_all(&places).await?;
    let mut names = Vec::with_capacity(to.len());
    for place in &places {
        let target = found.peek::<Target>(place)?;
        names.push(target.map(|target| target.name).unwrap_or_default());
    }
    Ok(names)
}
