//! Pages to scrape.

use std::collections::BTreeSet;
use std::time::Duration;

use app::offer::{JobsAfter, ScrapingJob, list_scraping_jobs, release_scraping_job};
use app::{App, AppError};
use domain::engine::Write;
use domain::url::{CanonicalUrl, PageId};
use fixture::Fixture;
use fixture::wire::Racing;
use futures::future::join;

fn watch(fixture: &Fixture, numbers: std::ops::Range<u32>, joined: bool) {
    for n in numbers {
        let url = CanonicalUrl::parse(&format!("https://shop.example/list/{n}")).expect("a URL");
        fixture.write([Write::CountTarget { page_id: PageId::of(&url), url, joined }]);
    }
}

/// The whole list, page by page.
async fn all(app: &App, limit: usize, lease: Option<Duration>) -> Vec<ScrapingJob> {
    let (mut jobs, mut after) = (Vec::new(), Some(JobsAfter::default()));
    while let Some(from) = after {
        let page = list_scraping_jobs(app, limit, from, lease).await.expect("a page");
        assert!(page.jobs.len() <= limit);
        jobs.extend(page.jobs);
        after = page.next.map(|next| JobsAfter::parse(&next.to_string()).expect("a cursor"));
    }
    jobs
}

fn urls(jobs: &[ScrapingJob]) -> BTreeSet<&str> {
    jobs.iter().map(|job| job.page_url.as_str()).collect()
}

#[test]
fn every_watched_page_is_listed_once_however_the_list_is_paged() {
    let fixture = Fixture::new();
    watch(&fixture, 0..40, true);
    // A second target of the same pages makes no second job.
    watch(&fixture, 0..10, true);
    for limit in [1, 7, 100] {
        let jobs = fixture.run(all(&fixture.app, limit, None));
        assert_eq!((jobs.len(), urls(&jobs).len()), (40, 40), "{limit} at a time");
    }
}

#[test]
fn pages_that_nobody_watches_any_more_vanish_at_once() {
    let fixture = Fixture::new();
    watch(&fixture, 0..4, true);
    watch(&fixture, 0..1, true);
    watch(&fixture, 0..3, false);
    let jobs = fixture.run(all(&fixture.app, 100, None));
    let left = ["https://shop.example/list/0", "https://shop.example/list/3"];
    assert_eq!(urls(&jobs), BTreeSet::from(left));
}

#[test]
fn scrapers_that_lease_never_get_a_page_twice_until_the_lease_ends() {
    let fixture = Fixture::new();
    watch(&fixture, 0..30, true);
    let app = fixture.over(Racing);
    let lease = Some(Duration::from_mins(1));
    let (one, other) = fixture.run(join(all(&app, 7, lease), all(&app, 11, lease)));
    assert_eq!(one.len() + other.len(), 30);
    assert!(urls(&one).is_disjoint(&urls(&other)));
    let until = fixture.app.env.now() + Duration::from_mins(1);
    assert!(one.iter().all(|job| job.lease_expires_at <= Some(until)));
    assert!(fixture.run(all(&app, 100, lease)).is_empty());
    assert_eq!(fixture.run(all(&app, 100, None)).len(), 30, "without leasing all are shown");
    fixture.clock.pass(Duration::from_mins(1));
    assert_eq!(fixture.run(all(&app, 100, lease)).len(), 30);
}

#[test]
fn a_lease_costs_one_write_unit_and_only_its_job_gives_it_back() {
    let fixture = Fixture::new();
    watch(&fixture, 0..1, true);
    let lease = Some(Duration::from_hours(1));
    let (jobs, cost) = fixture.cost(all(&fixture.app, 100, None));
    assert!((cost.write - 2.0).abs() < f64::EPSILON, "which job is its first, once: {cost:?}");
    assert!(jobs[0].is_first);
    let (jobs, cost) = fixture.cost(all(&fixture.app, 100, lease));
    assert!(jobs[0].is_first, "it has not ended");
    assert!((cost.write - 1.0).abs() < f64::EPSILON, "{cost:?}");
    let page = jobs[0].page_url.as_str();
    let release = |job_id, page| fixture.run(release_scraping_job(&fixture.app, job_id, page));
    let stranger = fixture.app.env.id();
    assert_eq!(release(stranger, page), Err(AppError::NotFound("lease")));
    assert_eq!(release(jobs[0].job_id, page), Ok(()));
    assert_eq!(release(jobs[0].job_id, page), Err(AppError::NotFound("lease")));
    assert!(matches!(release(stranger, "x"), Err(AppError::Invalid(_))));
    assert_eq!(fixture.run(all(&fixture.app, 100, lease)).len(), 1);
}

#[test]
fn a_page_that_lost_its_watchers_is_not_leased() {
    let fixture = Fixture::new();
    watch(&fixture, 0..1, true);
    let url = CanonicalUrl::parse("https://shop.example/list/0").expect("a URL");
    let lease = domain::watch::PageLease {
        job_id: fixture.app.env.id(),
        until: fixture.app.env.now() + Duration::from_mins(1),
    };
    watch(&fixture, 0..1, false);
    let leased = fixture.run(fixture.app.table.lease_page(&PageId::of(&url), &lease));
    assert_eq!(leased, Ok(false));
    let never = CanonicalUrl::parse("https://shop.example/never").expect("a URL");
    let leased = fixture.run(fixture.app.table.lease_page(&PageId::of(&never), &lease));
    assert_eq!(leased, Ok(false), "a lease makes no page");
}
