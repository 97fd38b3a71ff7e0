//! News that has no delivery of its own: it waits for a digest, or a page's first scrape tells of it.

use std::collections::BTreeMap;

use domain::account::User;
use domain::digest::{DigestEntry, due};
use domain::engine::DeliveryStatus;
use domain::engine::delivery::{Delivery, DeliveryKey, Recipient};
use domain::ids::{ChannelId, UserId};
use domain::offer::Offer;
use domain::time::Timestamp;
use domain::url::PageId;
use domain::watch::{Baseline, Digest, PageScrapes, Target};
use table::keys;
use table::keys::Key;

use super::history::{OfferDeliveries, OfferDelivery};
use crate::{App, AppError};

/// The latest revision of an offer, of which a channel has no delivery.
struct Silent<'a> {
    /// The offer's place in the list.
    place: usize,
    offer: &'a Offer,
    seen_at: Timestamp,
    channel_id: ChannelId,
    target: &'a Target,
}

/// Adds to a list what those who hear of its targets now have no delivery of, and why.
pub(super) async fn gathered(
    app: &App,
    targets: &[Target],
    items: &mut [OfferDeliveries],
) -> Result<(), AppError> {
    let silent = silent(targets, items);
    if silent.is_empty() {
        return Ok(());
    }
    let mut rows = in_digests(app, &silent).await?;
    let left: Vec<&Silent> = silent
        .iter()
        .filter(|it| it.target.rules.baseline == Baseline::Summary && it.offer.revision == 1)
        .filter(|it| rows.iter().all(|(place, row)| !is_of(it, *place, row)))
        .collect();
    rows.extend(in_first_scrapes(app, &left).await?);
    for (place, row) in rows {
        let known = &mut items[place].deliveries;
        // Several targets of one channel may wait for the same news.
        if !known.iter().any(|it| (it.channel_id, it.revision) == (row.channel_id, row.revision)) {
            known.push(row);
        }
    }
    Ok(())
}

fn is_of(silent: &Silent<'_>, place: usize, row: &OfferDelivery) -> bool {
    (silent.place, silent.channel_id) == (place, row.channel_id)
}

fn silent<'a>(targets: &'a [Target], items: &'a [OfferDeliveries]) -> Vec<Silent<'a>> {
    let mut silent = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let (offer, seen_at) = (&item.found.offer, item.found.seen_at);
        let watches = |it: &&Target| it.pages.iter().any(|page| page.id == offer.page_id);
        for target in targets.iter().filter(watches) {
            for (_, channel_id) in target.recipients() {
                let is_its = |it: &OfferDelivery| {
                    (it.channel_id, it.revision) == (channel_id, offer.revision)
                };
                if !item.deliveries.iter().any(is_its) {
                    silent.push(Silent { place, offer, seen_at, channel_id, target });
                }
            }
        }
    }
    silent
}

/// What waits for a digest: it was gathered for the one that was next when the offer was recorded, or, where
/// that took a little, for the one that is next now.
async fn in_digests(
    app: &App,
    silent: &[Silent<'_>],
) -> Result<Vec<(usize, OfferDelivery)>, AppError> {
    let (now, zones) = (app.env.now(), zones(app, silent).await?);
    let entry = |it: &Silent<'_>, at: Timestamp| -> Key {
        let zone = zones.get(&it.target.user_id).map_or("UTC", String::as_str);
        let due = due(it.target.rules.digest, zone, at);
        let of = (&it.offer.offer_id, it.offer.revision);
        keys::digest_entry(it.channel_id, due, of, it.target.id)
    };
    let wanted: Vec<Key> =
        silent.iter().flat_map(|it| [entry(it, it.offer.recorded_at), entry(it, now)]).collect();
    let found = app.table.get_all(&wanted).await?;
    let mut rows = Vec::new();
    for (it, keys) in silent.iter().zip(wanted.chunks(2)) {
        for key in keys {
            let Some(entry) = found.peek::<DigestEntry>(key)? else { continue };
            let reason = match it.target.rules.digest {
                Digest::Immediate => "it waits to be told together with others",
                Digest::Hourly => "it waits for the hourly digest",
                Digest::Daily { .. } => "it waits for the daily digest",
            };
            rows.push((it.place, row(it, DeliveryStatus::Waiting, reason, entry.due)));
            break;
        }
    }
    Ok(rows)
}

async fn zones(app: &App, silent: &[Silent<'_>]) -> Result<BTreeMap<UserId, String>, AppError> {
    let daily = |it: &&Silent<'_>| matches!(it.target.rules.digest, Digest::Daily { .. });
    let owners = silent.iter().filter(daily).map(|it| (it.target.user_id, String::new()));
    let mut zones: BTreeMap<UserId, String> = owners.collect();
    let wanted: Vec<_> = zones.keys().map(|&id| keys::user(id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    for (zone, key) in zones.values_mut().zip(&wanted) {
        let user = found.take::<User>(key)?;
        *zone = user.map_or_else(|| "UTC".to_owned(), |user| user.timezone);
    }
    Ok(zones)
}

/// What a page's first scrape found: told by a count, once it is done.
async fn in_first_scrapes(
    app: &App,
    silent: &[&Silent<'_>],
) -> Result<Vec<(usize, OfferDelivery)>, AppError> {
    let key = |page: &PageId, channel_id: ChannelId| DeliveryKey {
        to: Recipient::Channel { channel_id },
        thing: format!("baseline.{page}"),
        revision: 0,
        part: 0,
    };
    let scrapes: Vec<_> = silent.iter().map(|it| keys::page_scrapes(&it.offer.page_id)).collect();
    let found = app.table.get_all(&scrapes).await?;
    let counts: Vec<_> = silent.iter().map(|it| key(&it.offer.page_id, it.channel_id)).collect();
    let counts: Vec<Option<Delivery>> = app.table.deliveries(&counts).await?;
    let mut rows = Vec::new();
    for ((it, scrapes), count) in silent.iter().zip(&scrapes).zip(counts) {
        let scrapes = found.peek::<PageScrapes>(scrapes)?;
        let row = match (count, scrapes) {
            (Some(count), _) if count.at >= it.seen_at => {
                let reason = "it was counted with what the page's first scrape found";
                row(it, count.status, reason, count.at)
            }
            (None, Some(scrapes)) if scrapes.is_open() && scrapes.ends_by.is_some() => {
                let reason = "it will be counted with what the page's first scrape finds";
                row(it, DeliveryStatus::Waiting, reason, it.seen_at)
            }
            _ => continue,
        };
        rows.push((it.place, row));
    }
    Ok(rows)
}

fn row(
    silent: &Silent<'_>,
    status: DeliveryStatus,
    reason: &'static str,
    at: Timestamp,
) -> OfferDelivery {
    OfferDelivery {
        channel_id: silent.channel_id,
        target_id: Some(silent.target.id),
        revision: silent.offer.revision,
        status,
        reason: Some(reason.to_owned()),
        at,
    }
}
