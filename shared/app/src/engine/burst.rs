//! Bursts: when a page brings too many new offers within a minute, the rest of them is told together.
//!
//! What a page has brought stands in the table, in the order in which it was seen. So each process comes to the same
//! end, and so does each run of a page that is run again; nothing is written for it.

use domain::digest::is_burst;
use domain::offer::{Listing, Offer, PageOffer};
use domain::time::Timestamp;
use domain::watch::{Baseline, Rules};
use table::{Range, TableError, keys};

use crate::App;

/// So many offers before one are looked at, for each that may be told at once within a minute.
const LOOKED_AT: usize = 4;
/// More than this are never looked at.
const AT_MOST: usize = 200;

/// What a page has brought before an offer.
pub(super) struct Lately {
    /// When the offer was seen.
    at: Timestamp,
    /// Those before it in their order, each with what it says where a filter asks for that.
    before: Vec<(PageOffer, Option<Listing>)>,
    /// So many are told at once within a minute.
    most: usize,
}

impl Lately {
    /// Reads it for watchers with these rules; `None` where nothing is told together. An offer whose price has
    /// changed meanwhile is told at once: where it stood in the list is not known any more.
    pub(super) async fn read(
        app: &App,
        offer: &Offer,
        asked: &[&Rules],
    ) -> Result<Option<Self>, TableError> {
        let most = app.site.bundle_above;
        if most == 0 || asked.is_empty() || offer.revision > 1 {
            return Ok(None);
        }
        let own = keys::page_offer(&offer.page_id, offer.recorded_at, &offer.offer_id);
        let range = Range {
            pk: &own.pk,
            prefix: keys::PAGE_OFFERS,
            after: Some(&own.sk),
            limit: most.saturating_mul(LOOKED_AT).min(AT_MOST),
            backward: true,
        };
        let seen = app.table.query::<PageOffer>(&range).await?.items;
        let before = seen.into_iter().rev().map(|it| (it, None)).collect();
        let mut lately = Self { at: offer.recorded_at, before, most };
        let asks = |rules: &&&Rules| !rules.filter.is_open();
        if asked.iter().filter(asks).any(|rules| lately.is_burst(rules)) {
            lately.read_listings(app).await?;
        }
        Ok(Some(lately))
    }

    /// Reads what the offers say: those that a filter leaves out are not told.
    async fn read_listings(&mut self, app: &App) -> Result<(), TableError> {
        let wanted: Vec<_> =
            self.before.iter().map(|(it, _)| keys::offer(&it.offer_id, &it.page_id)).collect();
        let mut found = app.table.get_all(&wanted).await?;
        for ((_, listing), key) in self.before.iter_mut().zip(&wanted) {
            *listing = found.take::<Offer>(key)?.map(|offer| offer.listing);
        }
        Ok(())
    }

    /// Whether the offer is one too many for a watcher with these rules.
    pub(super) fn is_burst(&self, rules: &Rules) -> bool {
        let hears = |it: &PageOffer, listing: Option<&Listing>| {
            let in_silence = it.baseline && rules.baseline == Baseline::Summary;
            !in_silence && listing.is_none_or(|listing| rules.filter.refuses(listing).is_none())
        };
        let told = self.before.iter().filter(|(it, listing)| hears(it, listing.as_ref()));
        is_burst(told.map(|(it, _)| it.seen_at), self.at, self.most)
    }
}
