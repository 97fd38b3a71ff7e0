//! `POST /api/internal/scraping-jobs/{job_id}/release`

use app::App;
use app::offer::release_scraping_job;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::ids::JobId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use crate::scraper::Scraper;

/// Which page is given back.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReleaseBody {
    /// The page.
    page_url: String,
}

/// Gives a page back
///
/// Ends a lease before its time, so that another scraper may have the page.
#[utoipa::path(post, path = "/api/internal/scraping-jobs/{job_id}/release", tag = "scraping",
    params(("job_id" = String, Path, description = "The job that the page was leased to")),
    request_body = ReleaseBody, security(("api_key" = [])),
    responses(
        (status = 204, description = "The lease has ended"),
        (status = 404, description = "This job has no lease of that page",
            body = runtime::problem::Problem, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn release(
    _: Scraper,
    State(app): State<App>,
    job_id: Result<Path<JobId>, PathRejection>,
    StrictJson(body): StrictJson<ReleaseBody>,
) -> Result<StatusCode, Refusal> {
    let Path(job_id) = job_id.map_err(|_| Refusal::not_found("lease"))?;
    release_scraping_job(&app, job_id, &body.page_url).await?;
    Ok(StatusCode::NO_CONTENT)
}
