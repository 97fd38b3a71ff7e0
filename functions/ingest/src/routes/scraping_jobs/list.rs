//! `GET /api/internal/scraping-jobs`

use std::time::Duration;

use app::App;
use app::offer::{JobsAfter, ScrapingJob, list_scraping_jobs};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::watch::LONGEST_LEASE;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::page::PagingQuery;
use web::{Listed, Paging, Refusal};

use crate::scraper::Scraper;

/// Whether the pages are leased.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeaseQuery {
    /// Leases each page for so many seconds, 1 to 3600: no other scraper gets it until then.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 3600)]
    lease_seconds: Option<String>,
}

/// A page to scrape.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobView {
    /// The job; a lease is given back in its name.
    #[schema(format = "uuid")]
    job_id: String,
    /// The page, in canonical form.
    page_url: String,
    /// The page's id: 32 hexadecimal digits.
    page_id: String,
    /// Until when no other scraper gets the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    lease_expires_at: Option<String>,
    /// Whether the page's first scrape has not ended: offers that are posted with a `job_id` until then are no
    /// news.
    first: bool,
}

impl From<ScrapingJob> for JobView {
    fn from(job: ScrapingJob) -> Self {
        Self {
            job_id: job.job_id.to_string(),
            page_url: job.page_url.to_string(),
            page_id: job.page_id.to_string(),
            first: job.is_first,
            lease_expires_at: job.lease_expires_at.map(domain::time::Timestamp::rfc3339),
        }
    }
}

/// Pages to scrape
///
/// The distinct pages with at least one active target. A page of the list may be shorter than
/// `limit`, or empty, before the last: go on while there is a `next_cursor`. With `lease_seconds`, pages
/// that another scraper has leased are left out.
#[utoipa::path(get, path = "/api/internal/scraping-jobs", tag = "scraping",
    params(PagingQuery, LeaseQuery), security(("api_key" = [])),
    responses(
        (status = 200, description = "Pages to scrape", body = Listed<JobView>),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    _: Scraper,
    State(app): State<App>,
    paging: Paging,
    query: Result<Query<LeaseQuery>, QueryRejection>,
) -> Result<Json<Listed<JobView>>, Refusal> {
    let Query(query) = query.map_err(|_| Refusal::field("query", "is not valid"))?;
    let lease = query.lease_seconds.as_deref().map(read_lease).transpose()?;
    let after = paging.after.as_deref().map_or(Some(JobsAfter::default()), JobsAfter::parse);
    let after = after
        .ok_or_else(|| Refusal::field("cursor", "must be the next_cursor of an earlier answer"))?;
    let page = list_scraping_jobs(&app, paging.limit, after, lease).await?;
    let next = page.next.map(|next| next.to_string());
    let jobs = page.jobs.into_iter().map(JobView::from).collect();
    Ok(Json(Listed::new(jobs, next.as_deref())))
}

fn read_lease(text: &str) -> Result<Duration, Refusal> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.filter(|lease| !lease.is_zero() && *lease <= LONGEST_LEASE).ok_or_else(|| {
        let longest = LONGEST_LEASE.as_secs();
        Refusal::field("lease_seconds", format!("must be from 1 to {longest}"))
    })
}
