//! One file per route.

pub(crate) mod alerts;
pub(crate) mod offers;
pub(crate) mod scraping_jobs;
