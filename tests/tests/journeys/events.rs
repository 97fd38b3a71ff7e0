//! What others hear of what happens.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{TestSystem, journey};

use crate::bots::add_bot;
use crate::offer;

const SCENARIOS: &str = "/api/telegram/bots/course/scenarios";
const BIKES: &str = "https://shop.example/bikes";

/// What `dev`'s page of events shows, oldest first.
async fn events(system: &TestSystem) -> Vec<Value> {
    let shown = system.stranger().get("/events.json").await.must_be(200);
    shown["events"].as_array().expect("a list").clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["detail-type"].as_str().expect("text")).collect()
}

#[test]
fn a_channel_an_offer_and_its_messages_are_told_of_in_the_bus_own_form() {
    journey(async |system| {
        let watcher = system.watcher("ada", &[BIKES]).await;
        let connected = events(system).await;
        let mut kinds = types(&connected);
        kinds.sort_unstable();
        assert_eq!(kinds, ["Channel Activated", "Message Sent"], "the greeting is a message");
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let all = events(system).await;
        let news = &all[connected.len()..];
        assert_eq!(types(news), ["Offer Recorded", "Message Sent"]);
        let [recorded, sent] = news else { panic!("two events") };
        assert_eq!(recorded["source"], "hoopoe");
        assert_eq!(recorded["detail"]["page_url"], BIKES);
        assert_eq!(sent["detail"]["channel_id"], watcher.channel.as_str());
        assert_eq!(sent["detail"]["target_id"], watcher.target.as_str());
        assert_eq!(sent["detail"]["offer_id"], recorded["detail"]["offer_id"]);
    });
}

#[test]
fn who_stops_is_told_of_as_blocked_and_no_event_holds_chat_or_words() {
    journey(async |system| {
        // No name that could stand in an id.
        let watcher = system.watcher("olga", &[BIKES]).await;
        system
            .telegram()
            .say(hoopoe::dev::SIMULATED_BOT, watcher.chat, "/stop", None)
            .expect("said");
        system.settle().await;
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let all = events(system).await;
        let blocked: Vec<&Value> =
            all.iter().filter(|event| event["detail-type"] == "Channel Blocked").collect();
        assert_eq!(blocked.len(), 1);
        assert_eq!(blocked[0]["detail"]["reason"], "stopped by the person");
        let text = json!(all).to_string();
        for private in [watcher.chat.to_string().as_str(), "olga", "/stop", "Bike 1"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    });
}

#[test]
fn the_page_of_events_is_one_document() {
    journey(async |system| {
        let mut browser = system.stranger();
        let page = browser.get("/events").await;
        assert_eq!(page.status, 200);
        assert!(page.headers["content-type"].to_str().expect("text").starts_with("text/html"));
        let after = browser.get("/events.json?after=1000").await.must_be(200);
        assert_eq!(after, json!({ "published": 0, "events": [] }));
    });
}

#[test]
fn steps_broadcasts_and_payments_are_told_of_without_whose_they_are() {
    journey(async |system| {
        let mut school = system.sign_up("ada").await;
        let (_, bot) = add_bot(system, &mut school, "course").await;
        school.post(SCENARIOS, &json!({ "name": "Premium", "slug": "premium" })).await.must_be(201);
        let step = json!({ "text": "Words of the step", "timing": { "hours": 0 } });
        school.post(&format!("{SCENARIOS}/premium/steps"), &step).await.must_be(201);
        let chat = system.phone("Bob");
        let before = events(system).await.len();
        system.telegram().start(&bot, chat, None).expect("it starts");
        system.pass(Duration::from_secs(5)).await;
        let path = "/api/telegram/bots/course";
        let sale = json!({ "name": "Sale", "slug": "sale", "text": "Words of the sale" });
        school.post(&format!("{path}/broadcasts"), &sale).await.must_be(201);
        school.act(&format!("{path}/broadcasts/sale/send")).await.must_be(200);
        system.pass(Duration::from_secs(10)).await;
        let contact = format!("{path}/contacts/{chat}");
        let grant = json!({ "scenario": "premium" });
        school.post(&format!("{contact}/grant"), &grant).await.must_be(200);
        system.pass(Duration::from_secs(5)).await;
        school.post(&format!("{contact}/refund"), &grant).await.must_be(200);
        system.pass(Duration::from_secs(5)).await;

        let all = events(system).await;
        let news = &all[before..];
        let about = |wanted: &str| {
            let found: Vec<&Value> =
                news.iter().filter(|it| it["detail"]["about"] == wanted).collect();
            assert_eq!(found.len(), 1, "{wanted}: {news:#?}");
            assert_eq!(found[0]["detail-type"], "Message Sent");
            found[0]["detail"].clone()
        };
        let told = about("step");
        assert_eq!((&told["scenario"], &told["step"]), (&json!("premium"), &json!("msg_1")));
        assert_eq!(about("broadcast")["broadcast"], "sale");
        assert_eq!(about("words")["words"], "paid");
        let orders: Vec<&Value> =
            news.iter().filter(|it| it["detail"]["order"].is_string()).collect();
        let mut kinds: Vec<_> = orders.iter().map(|it| it["detail-type"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        assert_eq!(kinds, ["Order Paid", "Order Refunded"]);
        assert!(orders.iter().all(|it| it["detail"]["granted"] == true), "{orders:?}");
        let text = json!(news).to_string();
        for private in [chat.to_string().as_str(), "Bob", "Words of"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    });
}
