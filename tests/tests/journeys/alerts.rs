//! From a sign-up to a message on a phone.

use std::time::Duration;

use serde_json::json;
use tests::journey;

use crate::{about, offer};

const BIKES: &str = "https://shop.example/bikes";
const DEALS: &str = "https://shop.example/deals";

#[test]
fn from_a_sign_up_to_a_message_once() {
    journey(async |system| {
        let watcher = system.watcher("ada", &[BIKES]).await;
        let greeting = system.received(watcher.chat);
        assert_eq!(greeting.len(), 1);
        assert!(greeting[0].contains("You are connected"), "{greeting:?}");
        assert_eq!(system.post(&offer(BIKES, 1)).await["created"], true);
        system.settle().await;
        assert_eq!(system.post(&offer(BIKES, 1)).await["created"], false);
        system.settle().await;
        let received = system.received(watcher.chat);
        assert_eq!(received.len(), 2, "{received:?}");
        assert!(received[1].contains("Bike 1") && received[1].contains("240 EUR"));
    });
}

#[test]
fn a_batch_is_as_good_as_its_offers_one_by_one() {
    journey(async |system| {
        let watcher = system.watcher("ada", &[BIKES]).await;
        system.post(&offer(BIKES, 1)).await;
        let faulty = json!({ "page_url": BIKES, "url": "no address", "title": "" });
        let batch =
            json!({ "offers": [offer(BIKES, 1), offer(BIKES, 2), faulty, offer(BIKES, 2)] });
        let answer = system.scraper().post("/api/internal/offers/batch", &batch).await;
        let results = answer.must_be(200)["results"].clone();
        let statuses: Vec<_> = (0..4).map(|at| results[at]["status"].as_u64()).collect();
        assert_eq!(statuses, [Some(200), Some(201), Some(422), Some(200)], "{results}");
        system.settle().await;
        let received = system.received(watcher.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (1, 1), "{received:?}");
    });
}

#[test]
fn everyone_who_watches_the_page_hears_of_it_and_nobody_else() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES, DEALS]).await;
        let bob = system.watcher("bob", &[BIKES]).await;
        let cem = system.watcher("cem", &[DEALS]).await;
        system.post(&offer(BIKES, 1)).await;
        system.post(&offer(DEALS, 2)).await;
        system.settle().await;
        for (watcher, first, second) in [(ada, 1, 1), (bob, 1, 0), (cem, 0, 1)] {
            let received = system.received(watcher.chat);
            assert_eq!((about(&received, 1), about(&received, 2)), (first, second), "{received:?}");
        }
    });
}

#[test]
fn an_offer_on_two_pages_is_one_message() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES, DEALS]).await;
        assert_eq!(system.post(&offer(BIKES, 1)).await["created"], true);
        assert_eq!(system.post(&offer(DEALS, 1)).await["created"], true);
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn a_disabled_target_is_silent_until_it_is_enabled_and_its_page_is_not_scraped() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let pages = async || {
            let jobs = system.scraper().get("/api/internal/scraping-jobs").await.must_be(200);
            jobs["items"].as_array().expect("a list").len()
        };
        assert_eq!(pages().await, 1);
        let target = format!("/api/public/targets/{}", ada.target);
        ada.browser.act(&format!("{target}/disable")).await.must_be(200);
        assert_eq!(pages().await, 0);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        ada.browser.act(&format!("{target}/enable")).await.must_be(200);
        assert_eq!(pages().await, 1);
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let received = system.received(ada.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (0, 1), "{received:?}");
    });
}

#[test]
fn of_two_people_one_does_not_see_what_is_the_others() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        let mut bob = system.sign_up("bob").await;
        let target = format!("/api/public/targets/{}", ada.target);
        let channel = format!("/api/notifications/channels/{}", ada.channel);
        for path in [&target, &channel] {
            assert_eq!(bob.get(path).await.status, 404);
            assert_eq!(bob.json(http::Method::DELETE, path, &json!({})).await.status, 404);
        }
        assert_eq!(bob.act(&format!("{target}/disable")).await.status, 404);
        assert_eq!(bob.act(&format!("{target}/telegram-link")).await.status, 404);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn a_page_that_one_scraper_has_leased_is_not_given_to_another() {
    journey(async |system| {
        system.watcher("ada", &[BIKES]).await;
        let mut scraper = system.scraper();
        let mut pages = async || {
            let jobs = scraper.get("/api/internal/scraping-jobs?lease_seconds=60").await;
            jobs.must_be(200)["items"].as_array().map(Vec::len)
        };
        assert_eq!(pages().await, Some(1));
        assert_eq!(pages().await, Some(0));
        system.pass(Duration::from_secs(61)).await;
        assert_eq!(pages().await, Some(1));
    });
}
