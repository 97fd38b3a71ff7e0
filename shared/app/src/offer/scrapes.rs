//! Which scrape of a page is its first, and how scrapes end.

use std::collections::HashSet;

use domain::engine::Decision;
use domain::field_error::FieldError;
use domain::ids::{JobId, TargetId, UserId};
use domain::url::{CanonicalUrl, PageId};
use domain::watch::{PageScrapes, ScrapeEnd, decide_report, first_scrape};
use futures::stream::{StreamExt, TryStreamExt, iter};
use table::{CommitError, keys};

use super::ScrapingJob;
use crate::target::find_target;
use crate::{App, AppError};

/// So many first scrapes begin at once.
const AT_ONCE: usize = 8;

/// Which of these jobs belong to the first scrape of their page.
pub(super) async fn first_ones(
    app: &App,
    jobs: &[ScrapingJob],
) -> Result<HashSet<JobId>, AppError> {
    let wanted: Vec<_> = jobs.iter().map(|job| keys::page_scrapes(&job.page_id)).collect();
    let known = app.table.get_all(&wanted).await?;
    let (mut first, mut begin) = (HashSet::new(), Vec::new());
    for (job, key) in jobs.iter().zip(&wanted) {
        match known.peek::<PageScrapes>(key)? {
            Some(scrapes) if !scrapes.is_open() => {}
            Some(_) => {
                first.insert(job.job_id);
            }
            None => {
                first.insert(job.job_id);
                let now = app.env.now();
                let write = first_scrape(&job.page_id, now);
                begin.push(Decision::new(app.env.id(), now, ()).write(write));
            }
        }
    }
    let begin = begin.into_iter().map(|decision| async move {
        match app.table.commit(&decision).await {
            // Another request was first: it is the same scrape.
            Ok(_) | Err(CommitError::Changed(_) | CommitError::Stale) => Ok(()),
            Err(error) => Err(AppError::from(error)),
        }
    });
    iter(begin).buffered(AT_ONCE).try_collect::<()>().await?;
    Ok(first)
}

/// How the page's first scrape goes, if the offer is a scraping job's and it has not ended.
pub(super) async fn open_baseline(
    app: &App,
    page_id: &PageId,
    job: Option<JobId>,
) -> Result<Option<PageScrapes>, AppError> {
    if job.is_none() {
        return Ok(None);
    }
    let scrapes = app.table.get::<PageScrapes>(&keys::page_scrapes(page_id)).await?;
    Ok(scrapes.filter(PageScrapes::is_open))
}

/// A scraper says how its job ended. A lease that it still has is given back.
///
/// # Errors
/// [`AppError::Invalid`] for an address that is none.
pub async fn report_scrape(
    app: &App,
    job_id: JobId,
    page_url: &str,
    end: ScrapeEnd,
) -> Result<(), AppError> {
    let url = CanonicalUrl::parse(page_url)
        .map_err(|error| AppError::Invalid(vec![FieldError::new("page_url", error.to_string())]))?;
    let page_id = PageId::of(&url);
    app.decide(|| async {
        let known = app.table.get::<PageScrapes>(&keys::page_scrapes(&page_id)).await?;
        let (id, now, of) = (app.env.id(), app.env.now(), (&page_id, known.as_ref()));
        Ok::<_, AppError>(decide_report(id, now, of, end.clone()))
    })
    .await?;
    app.table.release_page(&page_id, job_id).await?;
    Ok(())
}

/// How the scraping of a page of a target goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPage {
    /// The page's address.
    pub url: CanonicalUrl,
    /// What is known of it; nothing before its first scrape was handed out.
    pub scrapes: Option<PageScrapes>,
    /// Whether what is known of it is old.
    pub is_stale: bool,
}

/// The pages of a target, and how their scraping goes.
///
/// # Errors
/// [`AppError::NotFound`] for the target.
pub async fn list_watched_pages(
    app: &App,
    user_id: UserId,
    target_id: TargetId,
) -> Result<Vec<WatchedPage>, AppError> {
    let target = find_target(app, user_id, target_id).await?;
    let wanted: Vec<_> = target.pages.iter().map(|page| keys::page_scrapes(&page.id)).collect();
    let mut found = app.table.get_all(&wanted).await?;
    let mut pages = Vec::with_capacity(wanted.len());
    for (page, key) in target.pages.into_iter().zip(&wanted) {
        let scrapes = found.take::<PageScrapes>(key)?;
        let is_stale = scrapes.as_ref().is_some_and(|it| it.is_stale(app.env.now()));
        pages.push(WatchedPage { url: page.url, scrapes, is_stale });
    }
    Ok(pages)
}
