//! What of its pages' news a target hears, when, and what is said of the rest.

use std::time::Duration;

use app::engine::redrive::resume_bot;
use domain::ids::BotId;
use domain::time::Timestamp;
use http::Method;
use serde_json::{Value, json};
use simulators::hook::Service;
use simulators::telegram::{Fault as TelegramFault, FaultPlan};
use tests::{TestSystem, Watcher, journey, journey_from};

const BIKES: &str = "https://shop.example/bikes";
/// 2027-03-27T22:00:07Z: three hours before the clocks in Berlin go forward.
const BEFORE_SUMMER: Timestamp = Timestamp::from_millis(1_806_184_807_000);
/// 2027-03-28T02:59:57Z: just before five o'clock in Berlin.
const FIVE_IN_BERLIN: Timestamp = Timestamp::from_millis(1_806_202_797_000);

fn offer(number: u32, title: &str, price: &str) -> Value {
    let url = format!("https://shop.example/bike/{number}");
    json!({ "page_url": BIKES, "url": url, "title": title, "price": price, "currency": "EUR" })
}

/// Someone who watches bikes by these rules, connected.
async fn watches(system: &TestSystem, name: &str, rules: &Value) -> Watcher {
    let mut watcher = system.watcher(name, &[BIKES]).await;
    let path = format!("/api/public/targets/{}", watcher.target);
    watcher.browser.json(Method::PATCH, &path, rules).await.must_be(200);
    watcher
}

/// Which of the titles the chat was told of.
fn told(system: &TestSystem, watcher: &Watcher, titles: &[&str]) -> Vec<String> {
    let texts = system.received(watcher.chat);
    let stands = |title: &&&str| texts.iter().any(|text| text.contains(**title));
    titles.iter().filter(stands).map(|title| (*title).to_owned()).collect()
}

async fn deliveries(watcher: &mut Watcher) -> Vec<(String, String, Value)> {
    let path = format!("/api/public/targets/{}/deliveries", watcher.target);
    let body = watcher.browser.get(&path).await.must_be(200);
    let mut rows = Vec::new();
    for item in body["items"].as_array().expect("a list") {
        let title = item["offer"]["title"].as_str().expect("a title");
        for it in item["deliveries"].as_array().expect("a list") {
            let status = it["status"].as_str().expect("a status");
            rows.push((title.to_owned(), status.to_owned(), it["reason"].clone()));
        }
    }
    rows
}

/// The same of offers that came at one instant, whose order is any.
async fn by_title(watcher: &mut Watcher) -> Vec<(String, String, Value)> {
    let mut rows = deliveries(watcher).await;
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

#[test]
fn a_filter_leaves_offers_out_and_the_list_says_why() {
    journey(async |system| {
        let rules = json!({ "filter": { "keywords": ["gravel"], "max_price": "500" } });
        let mut ada = watches(system, "ada", &rules).await;
        for (number, title, price) in
            [(1, "Gravel one", "400"), (2, "City two", "400"), (3, "Gravel three", "900")]
        {
            system.post(&offer(number, title, price)).await;
            system.settle().await;
        }
        let titles = ["Gravel one", "City two", "Gravel three"];
        assert_eq!(told(system, &ada, &titles), ["Gravel one"]);
        let skipped = |title: &str, reason| (title.to_owned(), "skipped".to_owned(), json!(reason));
        let expected = [
            skipped("Gravel three", "it is above the target's price range"),
            skipped("City two", "none of the target's keywords stands in it"),
            ("Gravel one".to_owned(), "sent".to_owned(), Value::Null),
        ];
        assert_eq!(deliveries(&mut ada).await, expected);
    });
}

#[test]
fn a_changed_price_is_told_to_those_who_ask_for_it() {
    journey(async |system| {
        let new = watches(system, "ada", &json!({ "notify_on": "new" })).await;
        let drops = watches(system, "bob", &json!({ "notify_on": "price_drop" })).await;
        let any = watches(system, "cyd", &json!({ "notify_on": "any_change" })).await;
        for price in ["400", "450", "390", "390"] {
            system.post(&offer(1, "Bike", price)).await;
            system.settle().await;
        }
        let heard = |watcher: &Watcher| {
            let texts = system.received(watcher.chat);
            texts.into_iter().filter(|text| text.contains("Bike\n")).count()
        };
        assert_eq!((heard(&new), heard(&drops), heard(&any)), (1, 2, 3));
    });
}

#[test]
fn an_hourly_digest_tells_what_came_in_the_hour_once_and_after_the_hour() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({ "digest": { "every": "hourly" } })).await;
        let before = system.received(ada.chat).len();
        for number in 1..=3 {
            system.post(&offer(number, &format!("Bike {number}."), "400")).await;
        }
        system.pass(Duration::from_mins(1)).await;
        assert_eq!(system.received(ada.chat).len(), before, "nothing before the hour");
        let reason = json!("it waits for the hourly digest");
        let waits = |n| (format!("Bike {n}."), "waiting".to_owned(), reason.clone());
        assert_eq!(by_title(&mut ada).await, [waits(1), waits(2), waits(3)]);
        system.pass(Duration::from_mins(67)).await;
        let texts = system.received(ada.chat);
        assert_eq!(texts.len(), before + 1, "{texts:?}");
        let titles = ["Bike 1.", "Bike 2.", "Bike 3."];
        assert_eq!(told(system, &ada, &titles), titles);
        let rows = deliveries(&mut ada).await;
        assert!(rows.iter().all(|(_, status, _)| status == "sent"), "{rows:?}");
        assert_eq!(rows.len(), 3);
    });
}

#[test]
fn a_daily_digest_comes_at_its_local_hour_also_in_the_night_in_which_the_clocks_change() {
    journey_from(BEFORE_SUMMER, async |system| {
        let rules = json!({ "digest": { "every": "daily", "hour": 5 } });
        let mut ada = watches(system, "ada", &rules).await;
        let zone = json!({ "timezone": "Europe/Berlin" });
        ada.browser.json(Method::PATCH, "/api/public/auth/me", &zone).await.must_be(200);
        let before = system.received(ada.chat).len();
        system.post(&offer(1, "Bike 1.", "400")).await;
        system.pass(Duration::from_mins(2)).await;
        let reason = json!("it waits for the daily digest");
        let waits = ("Bike 1.".to_owned(), "waiting".to_owned(), reason);
        assert_eq!(deliveries(&mut ada).await, [waits]);
        // Five o'clock of summer's time is 03:00 in UTC; of winter's it would be 04:00.
        system.sleep(FIVE_IN_BERLIN.since(system.system.app.env.now())).await;
        assert_eq!(system.received(ada.chat).len(), before, "nothing before the hour");
        system.pass(Duration::from_mins(8)).await;
        let texts = system.received(ada.chat).split_off(before);
        assert!(texts.len() == 1 && texts[0].contains("Bike 1."), "{texts:?}");
        let sent = ("Bike 1.".to_owned(), "sent".to_owned(), Value::Null);
        assert_eq!(deliveries(&mut ada).await, [sent]);
    });
}

#[test]
fn what_a_channel_was_told_stays_in_the_list_when_it_is_unlinked() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        system.post(&offer(1, "Bike 1.", "400")).await;
        system.settle().await;
        let path = format!("/api/public/targets/{}/channels/{}", ada.target, ada.channel);
        ada.browser.json(Method::DELETE, &path, &json!({})).await.must_be(200);
        system.post(&offer(2, "Bike 2.", "400")).await;
        system.settle().await;
        let sent = ("Bike 1.".to_owned(), "sent".to_owned(), Value::Null);
        assert_eq!(deliveries(&mut ada).await, [sent]);
    });
}

#[test]
fn a_digest_of_a_target_that_was_disabled_is_not_sent() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({ "digest": { "every": "hourly" } })).await;
        let before = system.received(ada.chat).len();
        system.post(&offer(1, "Bike 1.", "400")).await;
        system.pass(Duration::from_mins(1)).await;
        let path = format!("/api/public/targets/{}/disable", ada.target);
        ada.browser.act(&path).await.must_be(200);
        system.pass(Duration::from_mins(67)).await;
        assert_eq!(system.received(ada.chat).len(), before);
        let reason = json!("the target is disabled, gone, or not linked to the channel any more");
        let expected = [("Bike 1.".to_owned(), "skipped".to_owned(), reason)];
        assert_eq!(deliveries(&mut ada).await, expected);
    });
}

#[test]
fn more_than_five_new_offers_within_a_minute_end_in_one_message() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        let before = system.received(ada.chat).len();
        for number in 1..=12 {
            system.post(&offer(number, &format!("Bike {number}."), "400")).await;
        }
        system.settle().await;
        let texts = system.received(ada.chat).split_off(before);
        assert_eq!(texts.len(), 6, "five, and the rest in one: {texts:?}");
        let last = texts.last().expect("a message");
        assert!(last.starts_with("7 offers"), "{last}");
        for number in 1..=12 {
            let title = format!("Bike {number}.");
            assert_eq!(texts.iter().filter(|text| text.contains(&title)).count(), 1, "{title}");
        }
        let rows = deliveries(&mut ada).await;
        assert_eq!(rows.iter().filter(|(_, status, _)| status == "sent").count(), 12);
    });
}

#[test]
fn the_offers_of_a_target_are_listed_page_by_page_the_latest_first() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        for number in 1..=5 {
            system.post(&offer(number, &format!("Bike {number}."), "400")).await;
            system.settle().await;
        }
        let path = format!("/api/public/targets/{}/offers?limit=2", ada.target);
        let (mut titles, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let body = ada.browser.get(&format!("{path}{more}")).await.must_be(200);
            let items = body["items"].as_array().expect("a list").iter();
            titles.extend(items.map(|item| item["title"].as_str().expect("a title").to_owned()));
            cursor = body["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(titles, ["Bike 5.", "Bike 4.", "Bike 3.", "Bike 2.", "Bike 1."]);
    });
}

#[test]
fn all_faults_of_a_targets_rules_are_named() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let target = json!({
            "name": "Bikes", "page_urls": [BIKES],
            "filter": { "keywords": [""], "min_price": 9, "max_price": 1 },
            "digest": { "every": "daily", "hour": 24 },
        });
        let answer = ada.post("/api/public/targets", &target).await.must_be(422);
        let fields = answer["errors"].as_array().expect("a list").iter();
        let fields: Vec<_> = fields.map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["filter.keywords[0]", "filter.max_price", "digest.hour"]);
    });
}

/// The scraping job that the page has now, and whether it is its first.
async fn job(system: &TestSystem) -> (String, bool) {
    let body = system.scraper().get("/api/internal/scraping-jobs").await.must_be(200);
    let job = &body["items"][0];
    (job["job_id"].as_str().expect("an id").to_owned(), job["first"] == true)
}

async fn report(system: &TestSystem, job: &str, outcome: Value) {
    let mut body = json!({ "page_url": BIKES });
    body.as_object_mut().expect("an object").extend(outcome.as_object().expect("one").clone());
    let path = format!("/api/internal/scraping-jobs/{job}/report");
    system.scraper().post(&path, &body).await.must_be(204);
}

fn found_by(job: &str, number: u32) -> Value {
    let mut offer = offer(number, &format!("Bike {number}."), "400");
    offer["job_id"] = json!(job);
    offer
}

#[test]
fn what_the_first_scrape_finds_is_told_as_a_number_and_what_comes_later_is_news() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        let all = watches(system, "bob", &json!({ "baseline": "all" })).await;
        let (first, is_first) = job(system).await;
        assert!(is_first);
        let before = system.received(ada.chat).len();
        for number in 1..=3 {
            system.post(&found_by(&first, number)).await;
        }
        let (retried, is_first) = job(system).await;
        assert!(is_first, "it has not ended");
        report(system, &retried, json!({ "outcome": "failed", "reason": "HTTP 503" })).await;
        system.post(&found_by(&retried, 3)).await;
        system.pass(Duration::from_mins(1)).await;
        assert_eq!(system.received(ada.chat).len(), before, "not before it has ended");
        let rows = |status: &str, reason: &str| {
            let row = |n| (format!("Bike {n}."), status.to_owned(), json!(reason));
            [row(1), row(2), row(3)]
        };
        let reason = "it will be counted with what the page's first scrape finds";
        assert_eq!(by_title(&mut ada).await, rows("waiting", reason));
        report(system, &first, json!({ "outcome": "done" })).await;
        system.settle().await;
        let texts = system.received(ada.chat).split_off(before);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].contains("There are 3 offers now"), "{}", texts[0]);
        let titles = ["Bike 1.", "Bike 2.", "Bike 3."];
        assert_eq!(told(system, &all, &titles), titles, "who asked for all hears of each");
        // The same job again, after its end; and another one.
        let (second, is_first) = job(system).await;
        assert!(!is_first);
        let reason = "it was counted with what the page's first scrape found";
        assert_eq!(by_title(&mut ada).await, rows("sent", reason));
        system.post(&found_by(&first, 4)).await;
        system.post(&found_by(&second, 5)).await;
        system.settle().await;
        assert_eq!(told(system, &ada, &["Bike 4.", "Bike 5."]).len(), 2);
    });
}

#[test]
fn while_the_platforms_bot_is_stopped_the_end_of_a_first_scrape_reaches_whoever_can_hear() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        let url = format!("{}/simulator/webhook/mine", system.system.base_url);
        let server = json!({ "channel_type": "WEBHOOK", "details": { "url": url } });
        let server = ada.browser.post("/api/notifications/channels", &server).await.must_be(201);
        let id = server["id"].as_str().expect("an id");
        let linked = format!("/api/public/targets/{}/channels/{id}", ada.target);
        ada.browser.json(Method::PUT, &linked, &json!({})).await.must_be(200);
        let (first, _) = job(system).await;
        system.post(&found_by(&first, 1)).await;
        let arrived = || system.system.hooks.arrived(Service::Webhook, "mine").len();
        let (in_chat, at_server) = (system.received(ada.chat).len(), arrived());
        let refused = FaultPlan { per_mille: Some(1_000), ..TelegramFault::Unauthorized.into() };
        system.telegram().inject(refused);
        report(system, &first, json!({ "outcome": "done" })).await;
        system.pass(Duration::from_mins(10)).await;
        assert_eq!(arrived(), at_server + 1, "her server hears");
        assert_eq!(system.received(ada.chat).len(), in_chat);
        system.telegram().clear_faults();
        let app = &system.system.app;
        resume_bot(app, &BotId::default_bot(), |_| ()).await.expect("it returns");
        system.settle().await;
        let texts = system.received(ada.chat).split_off(in_chat);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].contains("There is one offer now"), "{}", texts[0]);
        assert!(texts[0].contains("ada's watch"), "{}", texts[0]);
        assert_eq!(arrived(), at_server + 1, "and once");
    });
}

#[test]
fn a_first_scrape_whose_scraper_never_says_that_it_is_done_ends_after_ten_minutes() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        let (first, _) = job(system).await;
        system.post(&found_by(&first, 1)).await;
        system.settle().await;
        let texts = system.received(ada.chat);
        assert!(texts.last().expect("a message").contains("There is one offer now"), "{texts:?}");
        let path = format!("/api/public/targets/{}/pages", ada.target);
        let pages = ada.browser.get(&path).await.must_be(200);
        assert_eq!(pages["items"][0]["baseline"], 1);
    });
}

#[test]
fn a_page_that_fails_or_is_not_scraped_for_a_day_is_shown_as_such() {
    journey(async |system| {
        let mut ada = watches(system, "ada", &json!({})).await;
        let path = format!("/api/public/targets/{}/pages", ada.target);
        let (first, _) = job(system).await;
        report(system, &first, json!({ "outcome": "failed", "reason": "HTTP 503" })).await;
        let page = ada.browser.get(&path).await.must_be(200)["items"][0].clone();
        assert_eq!((&page["failure"], &page["stale"]), (&json!("HTTP 503"), &json!(false)));
        assert!(page["failing_since"].is_string());
        system.pass(Duration::from_hours(25)).await;
        let page = ada.browser.get(&path).await.must_be(200)["items"][0].clone();
        assert_eq!(page["stale"], true);
        report(system, &first, json!({ "outcome": "done" })).await;
        let page = ada.browser.get(&path).await.must_be(200)["items"][0].clone();
        assert_eq!((&page["failing_since"], &page["stale"]), (&Value::Null, &json!(false)));
    });
}
