//! Offers: what a scraper found on a page, and what is news about it.

mod listing;
mod price;
mod sighting;

pub use listing::{Listing, ListingInput};
pub use price::{PriceError, read_price};
pub use sighting::{NewSighting, Offer, Sighting, decide_sighting};
