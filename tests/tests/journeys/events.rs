//! What others hear of what happens.

use serde_json::{Value, json};
use tests::{TestSystem, journey};

use crate::offer;

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
