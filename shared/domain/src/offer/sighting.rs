//! What seeing an offer on a page means: new, a changed price, or nothing.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Listing;
use crate::ids::JobId;
use crate::time::Timestamp;
use crate::url::{CanonicalUrl, OfferId, PageId};

/// An offer as last recorded on one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The digest of `url`.
    pub offer_id: OfferId,
    /// The digest of `page_url`.
    pub page_id: PageId,
    /// The page it was seen on.
    pub page_url: CanonicalUrl,
    /// Its own address.
    pub url: CanonicalUrl,
    /// What it says.
    pub listing: Listing,
    /// 1 when new, one more with each changed price. Part of the delivery
    /// key (ENGINE 17), so that a changed price is a new message.
    pub revision: u32,
    /// The price before the last change, if that is known and was in the
    /// same currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_price: Option<Decimal>,
    /// The last revision before this one that was a lower price, while the price is still lower than it was
    /// before that: whoever has not heard of it by now still does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
    /// When this revision was recorded.
    pub recorded_at: Timestamp,
}

/// A change to a lower price, after which the price has changed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The revision that it was.
    pub revision: u32,
    /// The price before it.
    pub from: Decimal,
}

/// That an offer stands on a page since then: pages list their offers by these, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOffer {
    /// The page.
    pub page_id: PageId,
    /// The offer.
    pub offer_id: OfferId,
    /// When it was seen there first.
    pub seen_at: Timestamp,
    /// Whether the page's first scrape found it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
}

impl From<&Offer> for PageOffer {
    fn from(offer: &Offer) -> Self {
        Self {
            page_id: offer.page_id.clone(),
            offer_id: offer.offer_id.clone(),
            seen_at: offer.recorded_at,
            baseline: false,
        }
    }
}

impl Offer {
    /// Whether this revision is a lower price than the one before.
    pub fn price_dropped(&self) -> bool {
        matches!((self.listing.price, self.previous_price), (Some(now), Some(before)) if now < before)
    }

    /// The offer as those are told who hear of `revision` only now: with the price before that.
    #[must_use]
    pub fn as_of(&self, revision: u32) -> Self {
        let dropped = self.dropped.as_ref().filter(|it| it.revision == revision);
        let previous_price = dropped.map(|it| it.from).or(self.previous_price);
        Self { previous_price, ..self.clone() }
    }

    /// The drop that a change to this price leaves to be told: one that is a drop itself tells all.
    fn drop_left(&self, price: Decimal) -> Option<Dropped> {
        let own = self.previous_price.filter(|_| self.price_dropped());
        let own = own.map(|from| Dropped { revision: self.revision, from });
        let is_drop = self.listing.price.is_some_and(|before| price < before);
        own.or_else(|| self.dropped.clone()).filter(|it| !is_drop && price < it.from)
    }
}

/// What a scraper reports: this offer stands on this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSighting {
    /// The page it was seen on.
    pub page_url: CanonicalUrl,
    /// Its own address.
    pub url: CanonicalUrl,
    /// What it says.
    pub listing: Listing,
    /// The scraping job that found it, if the scraper says so.
    pub job_id: Option<JobId>,
}

/// What a sighting means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// Never seen on this page: record it, and tell.
    New(Offer),
    /// Known at another price: record the new revision.
    PriceChanged(Offer),
    /// Known as it is: record nothing.
    Unchanged,
}

/// Decides what a sighting means, given what is recorded of the same offer
/// on the same page.
///
/// A sighting without a price says nothing about it: scrapers miss prices,
/// and a miss must not be told as a change now and as another one later. For
/// the same reason a currency that is missing is the known one.
pub fn decide_sighting(existing: Option<&Offer>, new: NewSighting, now: Timestamp) -> Sighting {
    let Some(known) = existing else {
        return Sighting::New(record(new, 1, (None, None), now));
    };
    let Some(price) = new.listing.price else {
        return Sighting::Unchanged;
    };
    let mut new = new;
    if new.listing.currency.is_none() {
        new.listing.currency.clone_from(&known.listing.currency);
    }
    // A known price without a currency is taken to be in the one named now.
    let same_currency =
        known.listing.currency.is_none() || known.listing.currency == new.listing.currency;
    if same_currency && known.listing.price == Some(price) {
        return Sighting::Unchanged;
    }
    let previous = known.listing.price.filter(|_| same_currency);
    let dropped = known.drop_left(price).filter(|_| same_currency);
    let revision = known.revision.saturating_add(1);
    Sighting::PriceChanged(record(new, revision, (previous, dropped), now))
}

fn record(
    new: NewSighting,
    revision: u32,
    (previous_price, dropped): (Option<Decimal>, Option<Dropped>),
    now: Timestamp,
) -> Offer {
    Offer {
        offer_id: OfferId::of(&new.url),
        page_id: PageId::of(&new.page_url),
        page_url: new.page_url,
        url: new.url,
        listing: new.listing,
        revision,
        previous_price,
        dropped,
        recorded_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::ListingInput;
    use serde_json::json;

    type Failure = Box<dyn std::error::Error>;

    fn sighting(price: &str, currency: &str) -> Result<NewSighting, Failure> {
        let listing = Listing::check(ListingInput {
            title: Some(json!("Shoes")),
            price: Some(json!(price)),
            currency: Some(json!(currency)),
            ..ListingInput::default()
        })
        .map_err(|faults| format!("{faults:?}"))?;
        Ok(NewSighting {
            page_url: CanonicalUrl::parse("https://shop.example/new")?,
            url: CanonicalUrl::parse("https://shop.example/shoes")?,
            listing,
            job_id: None,
        })
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn recorded(decision: Sighting) -> Result<Offer, Failure> {
        match decision {
            Sighting::New(offer) | Sighting::PriceChanged(offer) => Ok(offer),
            Sighting::Unchanged => Err("unchanged".into()),
        }
    }

    #[test]
    fn an_offer_not_seen_before_is_new_at_revision_one() -> Result<(), Failure> {
        let decision = decide_sighting(None, sighting("120.00", "EUR")?, at(7));
        let Sighting::New(offer) = decision else {
            return Err("not new".into());
        };
        assert_eq!(offer.revision, 1);
        assert_eq!(offer.previous_price, None);
        assert_eq!(offer.recorded_at, at(7));
        assert_eq!(offer.offer_id, OfferId::of(&offer.url));
        assert_eq!(offer.page_id, PageId::of(&offer.page_url));
        Ok(())
    }

    #[test]
    fn the_same_price_is_unchanged_however_it_is_written() -> Result<(), Failure> {
        let known = recorded(decide_sighting(None, sighting("120.00", "EUR")?, at(0)))?;
        for (price, currency) in
            [("120.00", "EUR"), ("120", "EUR"), ("1.2e2", "EUR"), ("120", ""), ("", "")]
        {
            let again = decide_sighting(Some(&known), sighting(price, currency)?, at(1));
            assert_eq!(again, Sighting::Unchanged, "{price} {currency}");
        }
        Ok(())
    }

    #[test]
    fn another_price_is_a_revision_that_knows_the_one_before() -> Result<(), Failure> {
        let known = recorded(decide_sighting(None, sighting("120.00", "EUR")?, at(0)))?;
        let decision = decide_sighting(Some(&known), sighting("108", "")?, at(9));
        let Sighting::PriceChanged(dropped) = decision else {
            return Err("no change".into());
        };
        assert_eq!(dropped.revision, 2);
        assert_eq!(dropped.previous_price, known.listing.price);
        assert_eq!(dropped.listing.currency.as_deref(), Some("EUR"));
        assert!(dropped.price_dropped());
        let risen = recorded(decide_sighting(Some(&dropped), sighting("130", "EUR")?, at(10)))?;
        assert_eq!(risen.revision, 3);
        assert!(!risen.price_dropped());
        Ok(())
    }

    #[test]
    fn a_drop_is_left_to_be_told_while_a_rise_after_it_does_not_undo_it() -> Result<(), Failure> {
        let at_prices = |prices: &[&str]| -> Result<Offer, Failure> {
            let mut offer = recorded(decide_sighting(None, sighting(prices[0], "EUR")?, at(0)))?;
            for price in &prices[1..] {
                offer = recorded(decide_sighting(Some(&offer), sighting(price, "")?, at(1)))?;
            }
            Ok(offer)
        };
        for (prices, left) in [
            (&["100", "50"][..], None),
            (&["100", "50", "60"], Some((2, 100))),
            (&["100", "50", "60", "70"], Some((2, 100))),
            (&["100", "50", "60", "55"], None),
            (&["100", "50", "60", "55", "58"], Some((4, 60))),
            (&["100", "50", "100"], None),
            (&["100", "120", "130"], None),
        ] {
            let offer = at_prices(prices)?;
            let dropped = offer.dropped.as_ref();
            let expected = left.map(|(revision, from): (u32, i64)| Dropped {
                revision,
                from: Decimal::from(from),
            });
            assert_eq!(dropped, expected.as_ref(), "{prices:?}");
            if let Some((revision, from)) = left {
                assert_eq!(offer.as_of(revision).previous_price, Some(Decimal::from(from)));
                assert_eq!(offer.as_of(offer.revision), offer);
            }
        }
        Ok(())
    }

    #[test]
    fn prices_in_two_currencies_are_not_compared() -> Result<(), Failure> {
        let known = recorded(decide_sighting(None, sighting("120", "EUR")?, at(0)))?;
        let changed = recorded(decide_sighting(Some(&known), sighting("120", "USD")?, at(1)))?;
        assert_eq!(changed.revision, 2);
        assert_eq!(changed.previous_price, None);
        assert!(!changed.price_dropped());
        Ok(())
    }

    #[test]
    fn a_price_that_becomes_known_is_a_change_from_nothing() -> Result<(), Failure> {
        let known = recorded(decide_sighting(None, sighting("", "")?, at(0)))?;
        let changed = recorded(decide_sighting(Some(&known), sighting("5", "EUR")?, at(1)))?;
        assert_eq!((changed.revision, changed.previous_price), (2, None));
        Ok(())
    }
}
