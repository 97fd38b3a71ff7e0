//! What scrapers ask for: pages to scrape, whether an offer is known, and recording offers.

mod find_offer;
mod record_offer;
mod record_offers;
mod scrapes;
mod scraping_jobs;

pub use find_offer::{FindOffer, find_offer};
pub use record_offer::record_offer;
pub use record_offers::{MOST_OFFERS, OfferResult, record_offers};
pub use scrapes::{WatchedPage, list_watched_pages, report_scrape};
pub use scraping_jobs::{
    JobsAfter, JobsPage, ScrapingJob, list_scraping_jobs, release_scraping_job,
};
