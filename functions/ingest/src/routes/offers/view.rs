//! What is said of offers, in and out.

use std::collections::BTreeMap;

use domain::offer::{Offer, Recorded, Recording};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An offer as a scraper posts it. Read by [`domain::offer::NewSighting::check`], which names all
/// faulty fields at once; this describes what it takes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferBody {
    /// The page it was seen on.
    #[schema(max_length = 2048)]
    page_url: String,
    /// Its own address.
    #[schema(max_length = 2048)]
    url: String,
    /// One line.
    #[schema(min_length = 1, max_length = 500)]
    title: String,
    /// A number, or a decimal number in a string such as `"1299.50"`.
    #[schema(value_type = Option<Price>)]
    price: Option<Value>,
    /// Three upper-case letters (ISO 4217).
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// An `http` or `https` address.
    #[schema(max_length = 2048)]
    image_url: Option<String>,
    /// Paragraphs; may contain HTML.
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// Up to 50 names, each of up to 100 characters, with values of up to 500.
    attributes: Option<BTreeMap<String, String>>,
    /// The scraping job that found it. What jobs find until the page's first scrape has ended is no news: its
    /// watchers hear how much there is. Without it, an offer is always news.
    #[schema(format = "uuid")]
    job_id: Option<String>,
}

/// A price as scrapers write it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Price {
    /// A number, rounded to 15 digits.
    Number(f64),
    /// A decimal number without separators or currency.
    Text(String),
}

/// What was recorded.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RecordedView {
    /// Whether the offer is new on this page; its watchers will hear of it.
    created: bool,
    /// Whether a changed price of a known offer was recorded.
    price_changed: bool,
    /// The offer's id: 32 hexadecimal digits.
    offer_id: String,
    /// The page's id: 32 hexadecimal digits.
    page_id: String,
    /// The revision that is recorded now.
    revision: u32,
}

impl From<&Recorded> for RecordedView {
    fn from(recorded: &Recorded) -> Self {
        Self {
            created: recorded.recording == Recording::Created,
            price_changed: recorded.recording == Recording::PriceChanged,
            offer_id: recorded.offer_id.to_string(),
            page_id: recorded.page_id.to_string(),
            revision: recorded.revision,
        }
    }
}

/// A known offer, as recorded on one page.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OfferView {
    /// The offer's id.
    offer_id: String,
    /// The page's id.
    page_id: String,
    /// The page it was seen on.
    page_url: String,
    /// Its own address.
    url: String,
    /// One line.
    title: String,
    /// A decimal number.
    price: Option<String>,
    /// Three upper-case letters.
    currency: Option<String>,
    /// The picture's address.
    image_url: Option<String>,
    /// Paragraphs; may contain HTML.
    description: Option<String>,
    /// Names and values.
    attributes: BTreeMap<String, String>,
    /// 1 when new, one more with each changed price.
    revision: u32,
    /// The price before the last change.
    previous_price: Option<String>,
    /// When this revision was recorded.
    #[schema(format = "date-time")]
    recorded_at: String,
}

impl From<Offer> for OfferView {
    fn from(offer: Offer) -> Self {
        let listing = offer.listing;
        Self {
            offer_id: offer.offer_id.to_string(),
            page_id: offer.page_id.to_string(),
            page_url: offer.page_url.to_string(),
            url: offer.url.to_string(),
            title: listing.title,
            price: listing.price.map(|price| price.to_string()),
            currency: listing.currency,
            image_url: listing.image_url,
            description: listing.description,
            attributes: listing.attributes,
            revision: offer.revision,
            previous_price: offer.previous_price.map(|price| price.to_string()),
            recorded_at: offer.recorded_at.rfc3339(),
        }
    }
}
