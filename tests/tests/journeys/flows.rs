//! The flows of the documents on channels and on workflows, each as one walk from its first step to its
//! last, under its name there. Those that have a file of their own are in [`crate::accounts`]
//! (registration), [`crate::invites`] (onboarding), [`crate::subscriptions`] (paying),
//! [`crate::operations`] and [`crate::tasks`].

use std::fs;
use std::path::Path;

use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use tests::{Browser, TestSystem, journey};

use crate::emails::confirm;
use crate::{about, offer};

const PAGE: &str = "https://shop.example/bikes";
const CHANNELS: &str = "/api/notifications/channels";
const TARGETS: &str = "/api/public/targets";

fn id(thing: &Value) -> &str {
    thing["id"].as_str().expect("an id")
}

async fn target(browser: &mut Browser) -> Value {
    let body = json!({ "name": "Bikes", "page_urls": [PAGE] });
    browser.post(TARGETS, &body).await.must_be(201)
}

async fn assign(browser: &mut Browser, target: &Value, channel: &Value) {
    let path = format!("{TARGETS}/{}/channels/{}", id(target), id(channel));
    browser.json(Method::PUT, &path, &json!({})).await.must_be(200);
}

async fn status(browser: &mut Browser, channel: &Value) -> Value {
    let path = format!("{CHANNELS}/{}", id(channel));
    browser.get(&path).await.must_be(200)["status"].clone()
}

async fn publish(system: &TestSystem, number: u32) {
    system.post(&offer(PAGE, number)).await;
    system.settle().await;
}

/// How many scraping jobs there are.
async fn jobs(system: &TestSystem) -> usize {
    let jobs = system.scraper().get("/api/internal/scraping-jobs").await.must_be(200);
    jobs["items"].as_array().expect("a list").len()
}

#[test]
fn flow_a_standard_channel_registration_adding_an_email_channel() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let body = json!({ "channel_type": "EMAIL", "details": { "address": "me@example.com" } });
        let channel = ada.post(CHANNELS, &body).await.must_be(201);
        assert_eq!(channel["status"], "PENDING", "it is shown at once");
        let target = target(&mut ada).await;
        assign(&mut ada, &target, &channel).await;
        publish(system, 1).await;
        let sent = system.mails().mails_to("me@example.com");
        assert_eq!(sent.len(), 1, "nothing but the confirmation, until it is confirmed");
        assert_eq!(confirm(system, &sent[0]).await, "/confirm-email/done");
        assert_eq!(status(&mut ada, &channel).await, "ACTIVE");
        publish(system, 2).await;
        let sent = system.mails().mails_to("me@example.com");
        assert_eq!(sent.len(), 2);
        assert!(sent[1].text.contains("Bike 2"), "{}", sent[1].text);
    });
}

#[test]
fn flow_a_path_a_telegram_by_manual_entry_of_the_chat_id() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let chat = system.phone("Ada");
        system.telegram().start(SIMULATED_BOT, chat, None).expect("the bot may write to her");
        system.settle().await;
        let body = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat } });
        let channel = ada.post(CHANNELS, &body).await.must_be(201);
        assert_eq!(channel["status"], "ACTIVE", "a test message has proven it");
        let received = system.received(chat);
        assert!(received.last().is_some_and(|text| text.contains("test message")), "{received:?}");
    });
}

#[test]
fn flow_a_path_b_telegram_by_automatic_retrieval_of_the_chat_id() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let body = json!({ "channel_type": "TELEGRAM" });
        let channel = ada.post(CHANNELS, &body).await.must_be(201);
        assert_eq!(channel["status"], "PENDING");
        let token = channel["token"].as_str().expect("a token");
        let link = channel["url"].as_str().expect("a link").to_owned();
        assert!(link.ends_with(&format!("t.me/{SIMULATED_BOT}?start=confirm_{token}")), "{link}");
        let target = target(&mut ada).await;
        assign(&mut ada, &target, &channel).await;
        let chat = system.phone("Ada");
        system.open(chat, &link);
        system.settle().await;
        assert_eq!(status(&mut ada, &channel).await, "ACTIVE");
        let received = system.received(chat);
        assert!(received[0].contains("You are connected"), "{received:?}");
        publish(system, 1).await;
        assert_eq!(about(&system.received(chat), 1), 1);
    });
}

#[test]
fn linking_a_notification_channel_to_a_target() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let target = target(&mut ada).await;
        let path = format!("{TARGETS}/{}/telegram-link", id(&target));
        let link = ada.post(&path, &json!({})).await.must_be(201);
        let token = link["token"].as_str().expect("a token");
        let chat = system.phone("Ada");
        // The token alone, as the document has it: without a prefix.
        system.telegram().start(SIMULATED_BOT, chat, Some(token)).expect("she presses START");
        system.settle().await;
        let target = ada.get(&format!("{TARGETS}/{}", id(&target))).await.must_be(200);
        let linked = target["channel_ids"].as_array().expect("a list");
        assert_eq!(linked.len(), 1, "{target}");
        assert!(system.received(chat)[0].contains("Bikes"), "the chat is told which target");
        publish(system, 1).await;
        assert_eq!(about(&system.received(chat), 1), 1);
    });
}

#[test]
fn end_to_end_offer_notification() {
    journey(async |system| {
        let ada = system.watcher("ada", &[PAGE]).await;
        let mut scraper = system.scraper();
        let jobs = scraper.get("/api/internal/scraping-jobs").await.must_be(200);
        assert_eq!(jobs["items"][0]["page_url"], PAGE, "{jobs}");
        let found = offer(PAGE, 1);
        let known = "/api/internal/offers?url=https://shop.example/1";
        assert_eq!(scraper.get(known).await.status.as_u16(), 404, "the offer is new");
        scraper.post("/api/internal/offers", &found).await.must_be(201);
        scraper.get(known).await.must_be(200);
        system.settle().await;
        assert_eq!(about(&system.received(ada.chat), 1), 1);
    });
}

#[test]
fn a_user_deactivates_a_target() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[PAGE]).await;
        assert_eq!(jobs(system).await, 1);
        let path = format!("{TARGETS}/{}/disable", ada.target);
        let disabled = ada.browser.act(&path).await.must_be(200);
        assert_eq!((jobs(system).await, &disabled["status"]), (0, &json!("disabled")));
        publish(system, 1).await;
        assert_eq!(about(&system.received(ada.chat), 1), 0);
    });
}

#[test]
fn every_section_of_the_document_on_flows_has_its_commands_and_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let read = |file: &str| {
        let text = fs::read_to_string(root.join(file));
        text.unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let document = read("docs/flows.md");
    let sections: Vec<_> = document.split("\n## ").skip(1).collect();
    assert!(sections.len() > 15, "{} sections", sections.len());
    for section in sections {
        let (heading, rest) = section.split_once('\n').expect("a heading");
        let named = rest.trim_start().split("\n\n").next().unwrap_or_default();
        let named = named.lines().filter_map(|line| line.split_once("` in `"));
        let tests: Vec<(&str, &str)> = named.collect();
        assert!(!tests.is_empty(), "{heading} names no test");
        for (name, file) in tests {
            let (name, file) = (name.trim_start_matches('`'), file.trim_end_matches(['`', ',']));
            let there = read(file).contains(&format!("fn {name}()"));
            assert!(there, "{heading}: there is no {name} in {file}");
        }
        assert!(rest.contains("curl -"), "{heading} has no command");
    }
}
