//! What became of a company's alerts: by bot, category and day.

use std::time::Duration;

use domain::time::Timestamp;
use http::Method;
use serde_json::{Value, json};
use simulators::telegram::{Fault, FaultPlan};
use tests::{TestSystem, journey_from};

use crate::bots::add_bot;
use crate::company_alerts::{Company, LINKS, company};

const METRICS: &str = "/api/telegram/metrics";
/// 2026-11-20T23:50:07Z, when it is the next day in Berlin already.
const BEFORE_MIDNIGHT: Timestamp = Timestamp::from_millis(1_795_218_607_000);
const FIRST: &str = "2026-11-20";
const NEXT: &str = "2026-11-21";

/// A day, a category, a bot, and how many were sent, throttled and failed.
type Row = (String, String, Option<String>, [u64; 3]);

fn row(count: &Value) -> Row {
    let text = |name: &str| count[name].as_str().map(str::to_owned);
    let number = |name: &str| count[name].as_u64().expect("a number");
    let counts = ["sent", "throttled", "failed"].map(number);
    (text("day").expect("a day"), text("category").expect("a category"), text("bot"), counts)
}

/// The counts of these days; of one day, bots stand in the order of their ids, which say nothing.
async fn counted(ada: &mut Company, days: &str) -> Vec<Row> {
    let counts = ada.admin.get(&format!("{METRICS}{days}")).await.must_be(200);
    let mut rows: Vec<Row> = counts["items"].as_array().expect("counts").iter().map(row).collect();
    assert!(rows.is_sorted_by_key(|(day, ..)| day.clone()), "{rows:?}");
    rows.sort();
    rows
}

/// Adds a bot: its id, and its name at Telegram.
async fn bot(system: &TestSystem, ada: &mut Company, slug: &str) -> (String, String) {
    let (added, username) = add_bot(system, &mut ada.admin, slug).await;
    (added["id"].as_str().expect("an id").to_owned(), username)
}

/// Links a chat that wants these with a bot of the company's: its number.
async fn linked(system: &TestSystem, ada: &mut Company, username: &str, wants: &Value) -> i64 {
    let link = ada.admin.post(LINKS, wants).await.must_be(201);
    let chat = system.phone(username);
    system.telegram().acquaint(username, chat).expect("they meet");
    let said = format!("/link {}", link["link_token"].as_str().expect("a token"));
    system.telegram().say(username, chat, &said, None).expect("it is said");
    system.settle().await;
    chat
}

#[test]
fn alerts_are_counted_by_bot_and_category_in_days_that_end_at_midnight_utc() {
    journey_from(BEFORE_MIDNIGHT, async |system| {
        let mut ada = company(system, "ada").await;
        let zone = json!({ "timezone": "Europe/Berlin" });
        ada.admin.json(Method::PATCH, "/api/public/auth/me", &zone).await.must_be(200);
        let (alerts, alerts_name) = bot(system, &mut ada, "alerts").await;
        let (health, health_name) = bot(system, &mut ada, "health").await;
        linked(system, &mut ada, &alerts_name, &json!({ "bot": "alerts" })).await;
        let wants = json!({ "bot": "health", "opted_in_reports": true });
        let refuses = linked(system, &mut ada, &health_name, &wants).await;
        let sync = json!({ "title": "Sync", "throttle_key": "sync", "throttle_seconds": 3_600 });
        let mut own = sync.clone();
        own["bot"] = json!("alerts");
        ada.post(json!({ "title": "Through both" })).await;
        assert_eq!(ada.post(own.clone()).await["status"], "accepted");
        assert_eq!(ada.post(own).await["status"], "throttled");
        ada.post(json!({ "category": "reports", "title": "All is well" })).await;
        system.settle().await;
        system.pass(Duration::from_mins(15)).await;
        assert_eq!(ada.post(sync).await["status"], "throttled", "the window outlasts the day");
        let description = "bot was blocked by the user".to_owned();
        let fault = Fault::Forbidden { description };
        system.telegram().inject(FaultPlan { chat_id: Some(refuses), ..fault.into() });
        ada.post(json!({ "title": "Through both again" })).await;
        system.settle().await;
        let row = |day: &str, category: &str, bot: Option<&String>, counts: [u64; 3]| {
            (day.to_owned(), category.to_owned(), bot.cloned(), counts)
        };
        let mut first = vec![
            row(FIRST, "alerts", Some(&alerts), [2, 1, 0]),
            row(FIRST, "alerts", Some(&health), [1, 0, 0]),
            row(FIRST, "reports", Some(&health), [1, 0, 0]),
        ];
        let mut next = vec![
            row(NEXT, "alerts", None, [0, 1, 0]),
            row(NEXT, "alerts", Some(&alerts), [1, 0, 0]),
            row(NEXT, "alerts", Some(&health), [0, 0, 1]),
        ];
        first.sort();
        next.sort();
        assert_eq!(counted(&mut ada, &format!("?to={FIRST}")).await, first);
        assert_eq!(counted(&mut ada, &format!("?from={NEXT}")).await, next);
        first.extend(next);
        assert_eq!(counted(&mut ada, "").await, first);
    });
}
