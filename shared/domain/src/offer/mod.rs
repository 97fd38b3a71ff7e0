//! Offers: what a scraper found on a page, and what is news about it.

mod listing;
mod price;
mod recording;
mod sighting;

pub use listing::{Listing, ListingInput};
pub use price::{PriceError, read_price};
pub use recording::{Recorded, Recording, RecordingIds, decide_recording};
pub use sighting::{Dropped, NewSighting, Offer, PageOffer, Sighting, decide_sighting};
