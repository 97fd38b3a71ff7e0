//! `POST /api/internal/scraping-jobs/{job_id}/report`

use app::App;
use app::offer::report_scrape;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::ids::JobId;
use domain::watch::ScrapeEnd;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Refusal, StrictJson};

use crate::scraper::Scraper;

/// How a scraping job ended.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReportBody {
    /// The page.
    page_url: String,
    /// How it ended.
    outcome: Outcome,
    /// Why it failed, in a line of at most 300 characters. Shown to those who watch the page.
    reason: Option<String>,
}

/// How a scraping job ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScrapeOutcome)]
enum Outcome {
    /// The page was read, all of it.
    Done,
    /// It was not.
    Failed,
}

/// Reports how a job ended
///
/// When a job is done for the first time on a page, its watchers hear how many offers there are. A page that fails, or that
/// nobody has read for a day, is shown as such to those who watch it. A lease that the job still has is given back.
#[utoipa::path(post, path = "/api/internal/scraping-jobs/{job_id}/report", tag = "scraping",
    params(("job_id" = String, Path, description = "The job")),
    request_body = ReportBody, security(("api_key" = [])),
    responses(
        (status = 204, description = "It is written down"),
        (status = "4XX", description = "Refused", body = runtime::problem::Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn report(
    _: Scraper,
    State(app): State<App>,
    job_id: Result<Path<JobId>, PathRejection>,
    StrictJson(body): StrictJson<ReportBody>,
) -> Result<StatusCode, Refusal> {
    let Path(job_id) = job_id.map_err(|_| Refusal::not_found("scraping job"))?;
    let end = match body.outcome {
        Outcome::Done => ScrapeEnd::Done,
        Outcome::Failed => ScrapeEnd::Failed(body.reason),
    };
    report_scrape(&app, job_id, &body.page_url, end).await?;
    Ok(StatusCode::NO_CONTENT)
}
