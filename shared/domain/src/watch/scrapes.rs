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

/// A first scrape that has posted nothing after this time is given to another job.
pub const FIRST_HELD: Duration = Duration::from_hours(1);
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
    /// The job whose finds are not news: the page's first.
    pub first: JobId,
    /// From when another job may take its place, while it has posted nothing.
    pub first_until: Timestamp,
    /// Whether it has posted.
    #[serde(default)]
    pub begun: bool,
    /// How many offers it left behind; known when it has ended.
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
    fn new(page_id: PageId, first: JobId, now: Timestamp) -> Self {
        Self {
            page_id,
            first,
            first_until: now + FIRST_HELD,
            begun: false,
            baseline: None,
            succeeded_at: None,
            failing_since: None,
            failure: None,
            since: now,
            version: 0,
        }
    }

    /// Whether what this job finds is the page's baseline.
    pub fn is_baseline_of(&self, job: JobId) -> bool {
        self.first == job && self.baseline.is_none()
    }

    /// Whether nobody has scraped the page for so long that what is known of it is old.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now.since(self.succeeded_at.unwrap_or(self.since)) >= STALE_AFTER
    }
}

/// Whether a job that is handed out is its page's first, and what says so from then on.
pub fn decide_first(
    known: Option<&PageScrapes>,
    (page_id, job): (&PageId, JobId),
    now: Timestamp,
) -> Option<Write> {
    match known {
        None => Some(Write::Create(PageScrapes::new(page_id.clone(), job, now).into())),
        Some(it) if it.baseline.is_none() && !it.begun && it.first_until <= now => {
            let first_until = now + FIRST_HELD;
            let taken = PageScrapes { first: job, first_until, ..it.clone() };
            Some(Write::Replace(taken.into()))
        }
        Some(_) => None,
    }
}

/// What an offer of a page's first scrape adds to what it writes: the first one begins the baseline, and
/// with it the wait for its end; the others find it open still.
pub fn begin_baseline(open: &PageScrapes, now: Timestamp) -> (Write, Option<NewJob>) {
    if open.begun {
        return (Write::Expect(open.clone().into()), None);
    }
    let begun = PageScrapes { begun: true, ..open.clone() };
    let end = end_of_baseline(&open.page_id, now + BASELINE_OPEN);
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

/// Writes down how a job ended. A first scrape that is done ends its baseline at once.
pub fn decide_report(
    id: DecisionId,
    now: Timestamp,
    known: Option<&PageScrapes>,
    (page_id, job): (&PageId, JobId),
    end: ScrapeEnd,
) -> Decision {
    let before = known.cloned().unwrap_or_else(|| PageScrapes::new(page_id.clone(), job, now));
    let ends_baseline = end == ScrapeEnd::Done && before.is_baseline_of(job);
    let after = match end {
        ScrapeEnd::Done => PageScrapes {
            succeeded_at: Some(now),
            failing_since: None,
            failure: None,
            begun: before.begun || ends_baseline,
            ..before
        },
        ScrapeEnd::Failed(reason) => PageScrapes {
            failing_since: before.failing_since.or(Some(now)),
            failure: reason
                .map(|it| text::first_chars(&text::one_line(&it), MAX_REASON_CHARS).to_owned()),
            ..before
        },
    };
    let record = after.into();
    let write = if known.is_some() { Write::Replace(record) } else { Write::Create(record) };
    let decision = Decision::new(id, now, ()).write(write);
    if ends_baseline { decision.job(end_of_baseline(page_id, now)) } else { decision }
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

    fn job(n: u128) -> JobId {
        JobId(Uuid::from_u128(n))
    }

    fn written(write: &Write) -> PageScrapes {
        match write.record() {
            Some(Record::PageScrapes(it)) => it.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn report(known: &PageScrapes, by: u128, end: ScrapeEnd) -> (PageScrapes, usize) {
        let id = DecisionId(Uuid::nil());
        let decision = decide_report(id, NOW, Some(known), (&page(), job(by)), end);
        (written(&decision.writes[0]), decision.jobs.len())
    }

    #[test]
    fn the_first_job_of_a_page_is_its_first_until_it_has_been_silent_for_an_hour() {
        let first =
            decide_first(None, (&page(), job(1)), NOW).map(|it| written(&it)).expect("first");
        assert!(first.is_baseline_of(job(1)));
        let soon = NOW + Duration::from_mins(59);
        assert_eq!(decide_first(Some(&first), (&page(), job(2)), soon), None);
        let late =
            decide_first(Some(&first), (&page(), job(2)), NOW + FIRST_HELD).expect("taken over");
        assert!(written(&late).is_baseline_of(job(2)));
        let begun = PageScrapes { begun: true, ..first };
        assert_eq!(decide_first(Some(&begun), (&page(), job(2)), NOW + FIRST_HELD), None);
    }

    #[test]
    fn the_first_offer_of_a_baseline_begins_the_wait_for_its_end() {
        let open = PageScrapes::new(page(), job(1), NOW);
        let (write, end) = begin_baseline(&open, NOW);
        assert!(written(&write).begun);
        assert_eq!(end.map(|end| end.due), Some(NOW + BASELINE_OPEN));
        let (write, end) = begin_baseline(&PageScrapes { begun: true, ..open }, NOW);
        assert!(matches!(write, Write::Expect(_)));
        assert_eq!(end, None);
    }

    #[test]
    fn a_first_scrape_that_is_done_ends_its_baseline_and_another_ends_nothing() {
        let open = PageScrapes::new(page(), job(1), NOW);
        assert_eq!(report(&open, 1, ScrapeEnd::Done).1, 1);
        assert_eq!(report(&open, 2, ScrapeEnd::Done).1, 0);
        assert_eq!(report(&open, 1, ScrapeEnd::Failed(None)).1, 0);
        let ended = PageScrapes { baseline: Some(3), ..open };
        assert_eq!(report(&ended, 1, ScrapeEnd::Done).1, 0);
    }

    #[test]
    fn failures_count_from_the_first_of_them_and_end_with_a_success() {
        let fresh = PageScrapes::new(page(), job(1), NOW);
        let failing = PageScrapes { failing_since: Some(Timestamp::from_millis(5)), ..fresh };
        let (again, _) = report(&failing, 1, ScrapeEnd::Failed(Some("HTTP 503".to_owned())));
        assert_eq!(again.failing_since, failing.failing_since);
        assert_eq!(again.failure.as_deref(), Some("HTTP 503"));
        let (well, _) = report(&again, 1, ScrapeEnd::Done);
        assert_eq!((well.failing_since, well.failure, well.succeeded_at), (None, None, Some(NOW)));
    }

    #[test]
    fn a_page_is_stale_a_day_after_its_last_success() {
        let fresh = PageScrapes::new(page(), job(1), NOW);
        assert!(!fresh.is_stale(NOW + Duration::from_hours(23)));
        assert!(fresh.is_stale(NOW + STALE_AFTER));
        let well = PageScrapes { succeeded_at: Some(NOW + STALE_AFTER), ..fresh };
        assert!(!well.is_stale(NOW + STALE_AFTER));
    }
}
