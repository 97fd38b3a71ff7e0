//! `GET /api/public/targets/{target_id}/pages`

use app::App;
use app::offer::{WatchedPage, list_watched_pages};
use axum::Json;
use axum::extract::State;
use domain::ids::TargetId;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Listed, Refusal};

use crate::path::InPath;
use crate::problems::{NotFound, SessionProblems};
use crate::session::LoggedIn;

/// How the scraping of a page goes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WatchedPage)]
pub(crate) struct PageView {
    /// The page.
    url: String,
    /// How many offers its first scrape found; absent until that has ended.
    baseline: Option<u32>,
    /// The last success that a scraper reported.
    #[schema(format = DateTime)]
    scraped_at: Option<String>,
    /// Since when every report was of a failure.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// What the last failure was, in the scraper's words.
    failure: Option<String>,
    /// Whether no success was reported for a day.
    stale: bool,
}

impl From<WatchedPage> for PageView {
    fn from(page: WatchedPage) -> Self {
        let WatchedPage { url, scrapes, is_stale } = page;
        let scrapes = scrapes.as_ref();
        let time = |of: Option<Timestamp>| of.map(Timestamp::rfc3339);
        Self {
            url: url.to_string(),
            baseline: scrapes.and_then(|it| it.baseline),
            scraped_at: time(scrapes.and_then(|it| it.succeeded_at)),
            failing_since: time(scrapes.and_then(|it| it.failing_since)),
            failure: scrapes.and_then(|it| it.failure.clone()),
            stale: is_stale,
        }
    }
}

/// List the pages of a target
///
/// All of them, with how their scraping goes.
#[utoipa::path(get, path = "/api/public/targets/{target_id}/pages", operation_id = "list_target_pages", tag = "targets",
    security(("session" = [])), params(("target_id" = Uuid, Path)),
    responses(
        (status = 200, description = "The pages", body = Listed<PageView>),
        NotFound, SessionProblems,
    ))]
pub(crate) async fn pages(
    State(app): State<App>,
    LoggedIn(who): LoggedIn,
    InPath(target_id): InPath<TargetId>,
) -> Result<Json<Listed<PageView>>, Refusal> {
    let pages = list_watched_pages(&app, who.user.id, target_id).await?;
    Ok(Json(Listed::new(pages.into_iter().map(PageView::from).collect(), None)))
}
