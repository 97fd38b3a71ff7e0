//! How the scraping of a page goes: its first scrape, its last success, its failures.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{DecisionId, JobId};
use crate::text;
use crate::time::Timestamp;
use crate::url::PageId;

/// A first scrape ends this long after its first offer, unless its scraper says so before.
pub const BASELINE_OPEN: Duration = Duration::from_mins(10);
/// A page without a successful scrape for this long is stale.
pub const STALE_AFTER: Duration = Duration::from_hours(24);
/// The longest reason of a failure that is kept, in characters.
pub const MAX_REASON_CHARS: usize = 300;

/// How the scraping of a page goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageScrapes {
    /// The page.
    pub page_id: PageId,
    /// The job that ends the first scrape and tells of it, once an offer of it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_by: Option<JobId>,
    /// How many offers the first scrape left behind; known when it has ended. Until then what any scraping job
    /// finds is no news: a first scrape may fail, and be tried again by another job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<u32>,
    /// The last success that a scraper reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// Since when every report was of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// What the last failure was, in the scraper's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When the record was made.
    pub since: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl PageScrapes {
    fn new(page_id: PageId, now: Timestamp) -> Self {
        Self {
            page_id,
            ends_by: None,
            baseline: None,
            succeeded_at: None,
            failing_since: None,
            failure: None,
            since: now,
            version: 0,
        }
    }

    /// Whether what scraping jobs find is the page's baseline still.
    pub const fn is_open(&self) -> bool {
        self.baseline.is_none()
    }

    /// Whether nobody has scraped the page for so long that what is known of it is old.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now.since(self.succeeded_at.unwrap_or(self.since)) >= STALE_AFTER
    }
}

/// What is written when a page is handed out whose scrapes nothing is known of.
pub fn first_scrape(page_id: &PageId, now: Timestamp) -> Write {
    Write::Create(PageScrapes::new(page_id.clone(), now).into())
}

/// What an offer of a page's first scrape adds to what it writes: the first one begins the baseline, and
/// with it the wait for its end; the others find it open still.
pub fn begin_baseline(open: &PageScrapes, now: Timestamp) -> (Write, Option<NewJob>) {
    if open.ends_by.is_some() {
        return (Write::Expect(open.clone().into()), None);
    }
    let end = end_of_baseline(&open.page_id, now + BASELINE_OPEN);
    let begun = PageScrapes { ends_by: Some(end.id), ..open.clone() };
    (Write::Replace(begun.into()), Some(end))
}

/// The job that ends a page's first scrape and tells its watchers.
fn end_of_baseline(page_id: &PageId, due: Timestamp) -> NewJob {
    let mut digest = Sha256::new();
    digest.update(b"baseline");
    digest.update(page_id.as_str());
    digest.update(due.as_millis().to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    let id = JobId(Builder::from_custom_bytes(bytes).into_uuid());
    let job = Job::BaselineFanout { page_id: page_id.clone(), after: None };
    NewJob { id, job, due, owner: None }
}

/// What a scraper says of its job's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScrapeEnd {
    /// The page was read, all of it.
    Done,
    /// It was not, for this reason.
    Failed(Option<String>),
}

/// Writes down how a job ended. One that is done ends the first scrape at once, if it has not ended.
pub fn decide_report(
    id: DecisionId,
    now: Timestamp,
    (page_id, known): (&PageId, Option<&PageScrapes>),
    end: ScrapeEnd,
) -> Decision {
    let before = known.cloned().unwrap_or_else(|| PageScrapes::new(page_id.clone(), now));
    let ends = (end == ScrapeEnd::Done && before.is_open()).then(|| end_of_baseline(page_id, now));
    let after = match end {
        ScrapeEnd::Done => PageScrapes {
            succeeded_at: Some(now),
            failing_since: None,
            failure: None,
            ends_by: ends.as_ref().map(|job| job.id).or(before.ends_by),
            ..before
        },
        ScrapeEnd::Failed(reason) => {
            let line =
                |it: String| text::first_chars(&text::one_line(&it), MAX_REASON_CHARS).to_owned();
            PageScrapes {
                failing_since: before.failing_since.or(Some(now)),
                failure: reason.map(line),
                ..before
            }
        }
    };
    let record = after.into();
    let write = if known.is_some() { Write::Replace(record) } else { Write::Create(record) };
    let mut decision = Decision::new(id, now, ()).write(write);
    decision.jobs.extend(ends);
    decision
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::Record;
    use crate::url::CanonicalUrl;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn page() -> PageId {
        PageId::of(&CanonicalUrl::parse("https://shop.example/new").expect("an address"))
    }

    fn written(write: &Write) -> PageScrapes {
        match write.record() {
            Some(Record::PageScrapes(it)) => it.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn report(known: &PageScrapes, end: ScrapeEnd) -> (PageScrapes, Vec<JobId>) {
        let id = DecisionId(Uuid::nil());
        let decision = decide_report(id, NOW, (&page(), Some(known)), end);
        (written(&decision.writes[0]), decision.jobs.iter().map(|job| job.id).collect())
    }

    #[test]
    fn a_first_scrape_is_open_until_it_has_ended_whatever_failed_meanwhile() {
        let open = written(&first_scrape(&page(), NOW));
        assert!(open.is_open());
        let (failed, ends) = report(&open, ScrapeEnd::Failed(Some("HTTP 503".to_owned())));
        assert!(failed.is_open() && ends.is_empty());
        assert!(!PageScrapes { baseline: Some(0), ..failed }.is_open());
    }

    #[test]
    fn the_first_offer_of_a_baseline_begins_the_wait_for_its_end() {
        let open = PageScrapes::new(page(), NOW);
        let (write, end) = begin_baseline(&open, NOW);
        let end = end.expect("a job");
        assert_eq!((written(&write).ends_by, end.due), (Some(end.id), NOW + BASELINE_OPEN));
        let (write, end) = begin_baseline(&written(&write), NOW);
        assert!(matches!(write, Write::Expect(_)));
        assert_eq!(end, None);
    }

    #[test]
    fn a_scrape_that_is_done_ends_the_baseline_once_and_by_one_job() {
        let open = PageScrapes::new(page(), NOW);
        let begun = written(&begin_baseline(&open, NOW).0);
        for open in [&open, &begun] {
            let (after, ends) = report(open, ScrapeEnd::Done);
            assert_eq!(ends, after.ends_by.into_iter().collect::<Vec<_>>());
            assert_ne!(after.ends_by, open.ends_by);
        }
        let ended = PageScrapes { baseline: Some(3), ..begun };
        assert_eq!(report(&ended, ScrapeEnd::Done).1, []);
    }

    #[test]
    fn failures_count_from_the_first_of_them_and_end_with_a_success() {
        let fresh = PageScrapes::new(page(), NOW);
        let failing = PageScrapes { failing_since: Some(Timestamp::from_millis(5)), ..fresh };
        let (again, _) = report(&failing, ScrapeEnd::Failed(Some("HTTP 503".to_owned())));
        assert_eq!(again.failing_since, failing.failing_since);
        assert_eq!(again.failure.as_deref(), Some("HTTP 503"));
        let (well, _) = report(&again, ScrapeEnd::Done);
        assert_eq!((well.failing_since, well.failure, well.succeeded_at), (None, None, Some(NOW)));
    }

    #[test]
    fn a_page_is_stale_a_day_after_its_last_success() {
        let fresh = PageScrapes::new(page(), NOW);
        assert!(!fresh.is_stale(NOW + Duration::from_hours(23)));
        assert!(fresh.is_stale(NOW + STALE_AFTER));
        let well = PageScrapes { succeeded_at: Some(NOW + STALE_AFTER), ..fresh };
        assert!(!well.is_stale(NOW + STALE_AFTER));
    }
}
