//! Pages to scrape: listed, leased, given back.

use std::fmt;
use std::time::Duration;

use domain::field_error::FieldError;
use domain::ids::JobId;
use domain::time::Timestamp;
use domain::url::{CanonicalUrl, PageId};
use domain::watch::{LONGEST_LEASE, Page, PageLease};
use futures::stream::{StreamExt, iter};
use table::{Range, TableError, keys};

use super::scrapes::first_ones;
use crate::{App, AppError};

/// A request reads at most this many stretches of the list, however few of their pages are
/// scraped or free, so that its time is bounded.
const READS: usize = 48;
/// So many pages are read in one stretch.
const STRETCH: usize = 100;
/// So many pages are leased at once.
const AT_ONCE: usize = 8;

/// One page to scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapingJob {
    /// The job; a lease is held in its name.
    pub job_id: JobId,
    /// The page.
    pub page_id: PageId,
    /// Its canonical URL.
    pub page_url: CanonicalUrl,
    /// Until when no other scraper gets the page, if it was leased.
    pub lease_expires_at: Option<Timestamp>,
    /// Whether it is the page's first: what it finds is no news.
    pub is_first: bool,
}

/// Where a list of pages goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsAfter {
    /// The partition.
    pub shard: u8,
    /// After this sort key of it; from its beginning without one.
    pub sk: Option<String>,
}

impl JobsAfter {
    /// Reads what [`JobsAfter`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (shard, sk) = match text.split_once('#') {
            Some((shard, sk)) => (shard, Some(sk).filter(|sk| !sk.is_empty())),
            None => (text, None),
        };
        let shard = shard.parse().ok().filter(|shard| *shard < keys::PAGE_SHARDS)?;
        Some(Self { shard, sk: sk.map(str::to_owned) })
    }
}

impl fmt::Display for JobsAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sk {
            Some(sk) => write!(f, "{}#{sk}", self.shard),
            None => write!(f, "{}", self.shard),
        }
    }
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsPage {
    /// The jobs: fewer than asked for, or none, when the rest is leased.
    pub jobs: Vec<ScrapingJob>,
    /// Where the list goes on, if it does.
    pub next: Option<JobsAfter>,
}

/// The distinct pages with at least one active target, strongly consistent: a disabled target's
/// pages vanish at once.
///
/// With `lease`, each page is leased for that long, and pages under another's live lease are left out.
pub async fn list_scraping_jobs(
    app: &App,
    limit: usize,
    after: JobsAfter,
    lease: Option<Duration>,
) -> Result<JobsPage, AppError> {
    if lease.is_some_and(|lease| lease.is_zero() || lease > LONGEST_LEASE) {
        let message = format!("must be 1 to {}", LONGEST_LEASE.as_secs());
        return Err(AppError::Invalid(vec![FieldError::new("lease_seconds", message)]));
    }
    let (mut jobs, mut at) = (Vec::new(), after);
    for _ in 0..READS {
        if at.shard >= keys::PAGE_SHARDS {
            return named(app, jobs, None).await;
        }
        let pk = keys::page_shard(at.shard);
        let after = at.sk.as_deref();
        let range = Range { pk: &pk, prefix: "", after, limit: STRETCH, backward: false };
        let read = app.table.query::<Page>(&range).await?;
        let (stop, more) = take(app, read.items, limit - jobs.len(), lease).await?;
        jobs.extend(more);
        at = match stop.or(read.next) {
            Some(sk) => JobsAfter { sk: Some(sk), ..at },
            None => JobsAfter { shard: at.shard + 1, sk: None },
        };
        if jobs.len() >= limit {
            break;
        }
    }
    let next = (at.shard < keys::PAGE_SHARDS).then_some(at);
    named(app, jobs, next).await
}

/// The jobs with those named that are the first of their page.
async fn named(
    app: &App,
    mut jobs: Vec<ScrapingJob>,
    next: Option<JobsAfter>,
) -> Result<JobsPage, AppError> {
    let first = first_ones(app, &jobs).await?;
    for job in &mut jobs {
        job.is_first = first.contains(&job.job_id);
    }
    Ok(JobsPage { jobs, next })
}

/// Takes up to `wanted` of these pages. Also answers after which one it stopped, when it did
/// before the last.
async fn take(
    app: &App,
    pages: Vec<Page>,
    wanted: usize,
    lease: Option<Duration>,
) -> Result<(Option<String>, Vec<ScrapingJob>), AppError> {
    let now = app.env.now();
    let last = pages.last().map(|page| page.id.clone());
    let leased = |page: &Page| page.lease.is_some_and(|lease| lease.until > now);
    let free = |page: &Page| page.active_targets > 0 && (lease.is_none() || !leased(page));
    let mut free = pages.into_iter().filter(free);
    let mut jobs = Vec::new();
    while jobs.len() < wanted {
        let chunk: Vec<Page> = free.by_ref().take(wanted - jobs.len()).collect();
        let Some(stopped_at) = chunk.last().map(|page| page.id.clone()) else {
            return Ok((None, jobs));
        };
        let taken = iter(chunk).map(|page| job(app, page, lease)).buffered(AT_ONCE);
        let taken: Vec<Result<Option<ScrapingJob>, TableError>> = taken.collect().await;
        for job in taken {
            jobs.extend(job?);
        }
        if jobs.len() >= wanted {
            let stop = (last.as_ref() != Some(&stopped_at)).then(|| keys::page(&stopped_at).sk);
            return Ok((stop, jobs));
        }
    }
    Ok((None, jobs))
}

/// The job of one page, leased if that is asked for; `None` when another scraper was first.
async fn job(
    app: &App,
    page: Page,
    lease: Option<Duration>,
) -> Result<Option<ScrapingJob>, TableError> {
    let job_id: JobId = app.env.id();
    let until = lease.map(|lease| app.env.now() + lease);
    if let Some(until) = until
        && !app.table.lease_page(&page.id, &PageLease { job_id, until }).await?
    {
        return Ok(None);
    }
    let Page { id: page_id, url: page_url, .. } = page;
    Ok(Some(ScrapingJob { job_id, page_id, page_url, lease_expires_at: until, is_first: false }))
}

/// Gives a leased page back before its lease ends.
pub async fn release_scraping_job(
    app: &App,
    job_id: JobId,
    page_url: &str,
) -> Result<(), AppError> {
    let url = CanonicalUrl::parse(page_url)
        .map_err(|error| AppError::Invalid(vec![FieldError::new("page_url", error.to_string())]))?;
    let released = app.table.release_page(&PageId::of(&url), job_id).await?;
    released.then_some(()).ok_or(AppError::NotFound("lease"))
}
