//! Odd offers arrive, each once, and readable.

use serde_json::{Value, json};
use tests::generator::{label, offers, page};
use tests::{TestSystem, Watcher, journey};

const OFFERS: usize = 60;
const PAGES: usize = 6;
const WATCHERS: usize = 12;

/// Each watcher has two pages, so that each page has four watchers.
fn pages_of(watcher: usize) -> [String; 2] {
    [page(watcher % PAGES), page((watcher + 1 + watcher / PAGES) % PAGES)]
}

async fn post_batch(system: &TestSystem, batch: &[Value]) {
    let batch = json!({ "offers": batch });
    let answer = system.scraper().post("/api/internal/offers/batch", &batch).await;
    let results = answer.must_be(200)["results"].clone();
    for result in results.as_array().expect("a list") {
        assert!(matches!(result["status"].as_u64(), Some(200 | 201)), "{result}");
    }
}

fn check(system: &TestSystem, number: usize, watcher: &Watcher, offers: &[Value]) {
    let pages = pages_of(number);
    let received = system.received(watcher.chat);
    // What comes in a burst is one message, with a line for each offer.
    let titles: Vec<&str> = received.iter().flat_map(|text| text.lines()).collect();
    let count = |label: &str| {
        titles.iter().filter(|line| line.trim_start_matches("• ").starts_with(label)).count()
    };
    for offer in 0..OFFERS {
        let label = label(offer);
        let wanted = offers.iter().any(|it| {
            it["title"].as_str().is_some_and(|title| title.starts_with(&label))
                && pages.iter().any(|page| it["page_url"] == **page)
        });
        assert_eq!(count(&label), usize::from(wanted), "{label} for watcher {number}");
    }
    for text in &received {
        assert!(text.chars().count() <= 4_096 && !text.contains("&amp;amp;"), "{text}");
        assert!(!text.contains('\u{202e}') && !text.contains("<p>"), "{text}");
    }
}

#[test]
fn every_watcher_has_every_odd_offer_of_their_pages_exactly_once() {
    journey(async |system| {
        let mut watchers = Vec::new();
        for number in 0..WATCHERS {
            let pages = pages_of(number);
            let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
            watchers.push(system.watcher(&format!("watcher-{number}"), &pages).await);
        }
        let offers = offers(1, OFFERS, PAGES);
        let (singly, batches) = offers.split_at(offers.len() / 2);
        for offer in singly {
            system.post(offer).await;
        }
        for batch in batches.chunks(20) {
            post_batch(system, batch).await;
        }
        // And all of it again, the other way round.
        for batch in singly.chunks(20) {
            post_batch(system, batch).await;
        }
        for offer in batches {
            assert_eq!(system.post(offer).await["created"], false);
        }
        system.settle().await;
        for (number, watcher) in watchers.iter().enumerate() {
            check(system, number, watcher, &offers);
        }
        let stats = system.telegram().stats();
        assert_eq!(stats.totals.too_many_requests, 0, "{:?}", stats.totals);
        assert_eq!(stats.totals.refused, 0, "{:?}", stats.totals);
    });
}
