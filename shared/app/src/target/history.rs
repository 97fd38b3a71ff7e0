//! What was found on a target's pages, and what became of it.

use std::collections::BTreeSet;

use domain::channel::Channel;
use domain::engine::delivery::{Delivery, DeliveryKey, DeliveryStatus, LEFT_OUT, Recipient};
use domain::ids::{ChannelId, TargetId, UserId};
use domain::invite::GuestTarget;
use domain::offer::{Offer, PageOffer};
use domain::time::Timestamp;
use domain::url::PageId;
use domain::watch::Target;
use futures::stream::{StreamExt, TryStreamExt, iter};
use table::{Page, Range, keys};

use super::find_target;
use super::gathered::gathered;
use crate::channel::find_channel;
use crate::{App, AppError};

/// So many pages are read at once.
const AT_ONCE: usize = 16;
/// Of an offer's revisions the deliveries of so many are shown, the latest.
const REVISIONS: u32 = 10;
/// A request looks at most at so many deliveries, however few of them there are.
const LOOKED_AT: usize = 4_000;

/// An offer on a page of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundOffer {
    /// The offer as it is now.
    pub offer: Offer,
    /// When it was seen there first.
    pub seen_at: Timestamp,
}

/// What became of an offer: a message for each channel and revision, and where there was none why not.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferDeliveries {
    /// The offer.
    pub found: FoundOffer,
    /// What became of it.
    pub deliveries: Vec<OfferDelivery>,
}

/// What became of one revision of an offer for one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferDelivery {
    /// The channel.
    pub channel_id: ChannelId,
    /// The target that it is for: a channel hears of an offer once, for whichever target is first.
    pub target_id: Option<TargetId>,
    /// The revision.
    pub revision: u32,
    /// What became of it.
    pub status: DeliveryStatus,
    /// Why it did not go, or waits.
    pub reason: Option<String>,
    /// When that was; of what waits, until when.
    pub at: Timestamp,
}

impl OfferDelivery {
    /// A delivery of its own.
    fn of(channel_id: ChannelId, revision: u32, delivery: Delivery) -> Self {
        let Delivery { target_id, status, reason, at, .. } = delivery;
        Self { channel_id, target_id, revision, status, reason, at }
    }
}

/// The offers on a target's pages, those first that were seen last; `after` is the `next` of the page
/// before.
///
/// # Errors
/// [`AppError::NotFound`] for the target.
pub async fn list_target_offers(
    app: &App,
    (user_id, target_id): (UserId, TargetId),
    limit: usize,
    after: Option<&str>,
) -> Result<Page<FoundOffer>, AppError> {
    let target = find_target(app, user_id, target_id).await?;
    offers(app, &pages_of(&[target]), limit, after).await
}

/// What became of the offers on a target's pages, in the same order: for whoever hears of it now, and for
/// the owner's other channels what they were sent while they were linked.
///
/// # Errors
/// [`AppError::NotFound`] for the target.
pub async fn list_target_deliveries(
    app: &App,
    (user_id, target_id): (UserId, TargetId),
    limit: usize,
    after: Option<&str>,
) -> Result<Page<OfferDeliveries>, AppError> {
    let target = find_target(app, user_id, target_id).await?;
    let own: Vec<Channel> = app.table.query_all(&keys::user(user_id).pk, keys::CHANNELS).await?;
    let hears: BTreeSet<ChannelId> = target.recipients().map(|(_, channel)| channel).collect();
    let channels = hears.iter().copied().chain(own.iter().map(|it| it.id));
    let channels: BTreeSet<ChannelId> = channels.collect();
    let mut page = deliveries(app, &[target], &channels, (limit, after)).await?;
    for item in &mut page.items {
        let was_for_it = |it: &OfferDelivery| it.target_id == Some(target_id);
        item.deliveries.retain(|it| hears.contains(&it.channel_id) || was_for_it(it));
    }
    Ok(page)
}

/// What became of the offers that a channel hears of, in the same order: those on the pages of all targets
/// that it is linked to now, its user's own and those that they are a guest of.
///
/// # Errors
/// [`AppError::NotFound`] for the channel.
pub async fn list_channel_deliveries(
    app: &App,
    (user_id, channel_id): (UserId, ChannelId),
    limit: usize,
    after: Option<&str>,
) -> Result<Page<OfferDeliveries>, AppError> {
    let channel = find_channel(app, user_id, channel_id).await?;
    let pk = keys::user(user_id).pk;
    let mut targets: Vec<Target> = app.table.query_all(&pk, keys::TARGETS).await?;
    let guest: Vec<GuestTarget> = app.table.query_all(&pk, keys::GUEST_TARGETS).await?;
    let wanted: Vec<_> = guest.iter().map(|it| keys::target(it.owner_id, it.target_id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    for key in &wanted {
        targets.extend(found.take::<Target>(key)?);
    }
    targets.retain(|target| target.recipients().any(|it| it == (user_id, channel.id)));
    deliveries(app, &targets, &BTreeSet::from([channel.id]), (limit, after)).await
}

fn pages_of(targets: &[Target]) -> BTreeSet<PageId> {
    targets.iter().flat_map(|target| target.pages.iter().map(|page| page.id.clone())).collect()
}

/// The offers of several pages as one list, and where it goes on.
async fn offers(
    app: &App,
    pages: &BTreeSet<PageId>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<FoundOffer>, AppError> {
    let after = after.map(|after| format!("{}{after}", keys::PAGE_OFFERS));
    let read = |page: PageId| {
        let after = after.clone();
        async move {
            let (pk, prefix, after) = (keys::watchers(&page), keys::PAGE_OFFERS, after.as_deref());
            let range = Range { pk: &pk, prefix, after, limit, backward: true };
            app.table.query::<PageOffer>(&range).await
        }
    };
    let read: Vec<Page<PageOffer>> =
        iter(pages.iter().cloned().map(read)).buffered(AT_ONCE).try_collect().await?;
    let more = read.iter().any(|page| page.next.is_some());
    let place = |it: &PageOffer| keys::page_offer(&it.page_id, it.seen_at, &it.offer_id).sk;
    let mut seen: Vec<PageOffer> = read.into_iter().flat_map(|page| page.items).collect();
    seen.sort_by_cached_key(|it| std::cmp::Reverse(place(it)));
    let more = more || seen.len() > limit;
    seen.truncate(limit);
    let last = seen.last().map(place).filter(|_| more);
    let next = last.and_then(|sk| sk.strip_prefix(keys::PAGE_OFFERS).map(str::to_owned));
    let wanted: Vec<_> = seen.iter().map(|it| keys::offer(&it.offer_id, &it.page_id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut items = Vec::with_capacity(seen.len());
    for (it, key) in seen.iter().zip(&wanted) {
        let offer = found.take::<Offer>(key)?;
        items.extend(offer.map(|offer| FoundOffer { offer, seen_at: it.seen_at }));
    }
    Ok(Page { items, next })
}

async fn deliveries(
    app: &App,
    targets: &[Target],
    channels: &BTreeSet<ChannelId>,
    (limit, after): (usize, Option<&str>),
) -> Result<Page<OfferDeliveries>, AppError> {
    let of_one = channels.len().max(1) * 2 * usize::try_from(REVISIONS).unwrap_or(usize::MAX);
    let limit = limit.min((LOOKED_AT / of_one).max(1));
    let page = offers(app, &pages_of(targets), limit, after).await?;
    let mut wanted = Vec::new();
    for (place, found) in page.items.iter().enumerate() {
        let last = found.offer.revision;
        for revision in last.saturating_sub(REVISIONS - 1).max(1)..=last {
            for channel_id in channels {
                for part in [0, LEFT_OUT] {
                    let (to, thing) = (
                        Recipient::Channel { channel_id: *channel_id },
                        found.offer.offer_id.to_string(),
                    );
                    wanted.push((place, *channel_id, DeliveryKey { to, thing, revision, part }));
                }
            }
        }
    }
    let keys: Vec<DeliveryKey> = wanted.iter().map(|(.., key)| key.clone()).collect();
    let found = app.table.deliveries(&keys).await?;
    let items = page.items.into_iter();
    let mut items: Vec<OfferDeliveries> =
        items.map(|found| OfferDeliveries { found, deliveries: Vec::new() }).collect();
    for ((place, channel_id, key), delivery) in wanted.into_iter().zip(found) {
        let row = delivery.map(|it| OfferDelivery::of(channel_id, key.revision, it));
        items[place].deliveries.extend(row);
    }
    gathered(app, targets, &mut items).await?;
    Ok(Page { items, next: page.next })
}
