//! Scheduled tasks (seed 002, points 5.3 and 8): from the form to the message in the chat.

use std::time::Duration;

use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use simulators::telegram::Fault;
use tests::{Browser, TestSystem, journey};

const TASKS: &str = "/api/scheduled-tasks/";

/// An admin whose phone is connected, and its chat.
async fn admin(system: &TestSystem) -> (Browser, i64) {
    let watcher = system.watcher("ada", &["https://shop.example/bikes"]).await;
    (watcher.browser, watcher.chat)
}

fn every(chat: i64, every: u32, period: &str) -> Value {
    json!({
        "name": "Daily digest",
        "task": "api.tasks.send_telegram_message_async",
        "kwargs": { "text": "Nothing new today", "chat_id": chat },
        "schedule": { "interval": { "every": every, "period": period } },
    })
}

/// What the chat got of the task.
fn digests(system: &TestSystem, chat: i64) -> usize {
    system.received(chat).iter().filter(|text| text.contains("Nothing new today")).count()
}

/// The status of each run, the latest first.
async fn statuses(browser: &mut Browser) -> Vec<String> {
    let runs = browser.get(&format!("{TASKS}daily-digest/runs/")).await.must_be(200);
    let items = runs["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|run| run["status"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn remove(browser: &mut Browser) {
    let gone = browser.json(Method::DELETE, &format!("{TASKS}daily-digest/"), &json!({})).await;
    assert_eq!(gone.status, 204);
}

#[test]
fn auto_message_an_admin_schedules_a_recurring_message_runs_toggles_and_deletes_it() {
    journey(async |system| {
        let (mut ada, chat) = admin(system).await;
        let available = ada.get("/api/available-tasks/").await.must_be(200);
        assert_eq!(available["items"][0]["name"], "send_telegram_message");
        let task = ada.post(TASKS, &every(chat, 1, "hours")).await.must_be(201);
        assert_eq!(
            (&task["slug"], &task["task"]),
            (&json!("daily-digest"), &json!("send_telegram_message"))
        );
        assert_eq!(task["next_runs"].as_array().map(Vec::len), Some(5));

        system.pass(Duration::from_secs(3 * 3_600 + 5)).await;
        assert_eq!(digests(system, chat), 3);
        assert_eq!(statuses(&mut ada).await, ["sent", "sent", "sent"]);

        let run = ada.act(&format!("{TASKS}daily-digest/run/")).await.must_be(202);
        assert_eq!(run["trigger"], "manual");
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(digests(system, chat), 4);

        let off = ada.act(&format!("{TASKS}daily-digest/toggle/")).await.must_be(200);
        assert_eq!(off["enabled"], false);
        system.pass(Duration::from_hours(5)).await;
        assert_eq!(digests(system, chat), 4, "switched off, it does not run");
        ada.act(&format!("{TASKS}daily-digest/toggle/")).await.must_be(200);
        system.pass(Duration::from_secs(3_605)).await;
        assert_eq!(digests(system, chat), 5);
        remove(&mut ada).await;
    });
}

#[test]
fn after_an_outage_a_task_runs_once() {
    journey(async |system| {
        let (mut ada, chat) = admin(system).await;
        ada.post(TASKS, &every(chat, 10, "minutes")).await.must_be(201);
        system.pass(Duration::from_secs(605)).await;
        assert_eq!(digests(system, chat), 1);
        // Nobody works for two hours: the machine sleeps.
        system.sleep(Duration::from_hours(2)).await;
        system.pass(Duration::from_mins(4)).await;
        assert_eq!(digests(system, chat), 2, "once, not once per miss");
        remove(&mut ada).await;
    });
}

#[test]
fn a_run_tells_why_its_message_did_not_arrive() {
    journey(async |system| {
        let (mut ada, chat) = admin(system).await;
        let mut task = every(chat, 1, "days");
        task["enabled"] = json!(false);
        ada.post(TASKS, &task).await.must_be(201);
        let description = "bot was blocked by the user".to_owned();
        system.telegram().inject(Fault::Forbidden { description });
        ada.act(&format!("{TASKS}daily-digest/run/")).await.must_be(202);
        system.settle().await;
        let runs = ada.get(&format!("{TASKS}daily-digest/runs/")).await.must_be(200);
        assert_eq!(runs["items"][0]["status"], "failed");
        assert!(
            runs["items"][0]["reason"].as_str().is_some_and(|it| it.contains("blocked")),
            "{runs}"
        );
        remove(&mut ada).await;
    });
}

#[test]
fn a_chat_that_says_stop_gets_no_scheduled_message_until_it_says_start() {
    journey(async |system| {
        let (mut ada, chat) = admin(system).await;
        ada.post(TASKS, &every(chat, 1, "hours")).await.must_be(201);
        let say = async |text: &str| {
            system.telegram().say(SIMULATED_BOT, chat, text, None).expect("it is said");
            system.pass(Duration::from_secs(5)).await;
        };
        say("/stop").await;
        system.pass(Duration::from_hours(1)).await;
        assert_eq!(digests(system, chat), 0);
        say("/start").await;
        system.pass(Duration::from_hours(1)).await;
        assert_eq!(digests(system, chat), 1);
        remove(&mut ada).await;
    });
}
