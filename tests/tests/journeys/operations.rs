//! The points of the plan for operations messages, each as one walk from its first step to its last, under
//! its name there: richer alerts, notifications of users and companies, and registering a webhook.
//! Automatic messages are in [`crate::tasks`]; what the plan names tests for is in [`crate::bots`] and
//! [`crate::company_alerts`].

use http::Method;
use serde_json::{Value, json};
use tests::{TestSystem, journey};

use crate::bots::received;
use crate::company_alerts::{Company, LINKS, company, of};

const BOTS: &str = "/api/telegram/bots";
const TEMPLATES: &str = "/api/telegram/alert-templates";

/// Posts an alert of each category, under this title.
async fn post_each(system: &TestSystem, company: &mut Company, title: &str) {
    for category in ["alerts", "reports", "device_events"] {
        let title = format!("{title}: {category}");
        let accepted = company.post(json!({ "category": category, "title": title })).await;
        assert_eq!(accepted["status"], "accepted");
    }
    system.settle().await;
}

/// Which categories the chat heard of under this title.
fn heard(system: &TestSystem, chat: i64, title: &str) -> [usize; 3] {
    let texts = system.received(chat);
    ["alerts", "reports", "device_events"]
        .map(|category| of(&texts, &format!("{title}: {category}")))
}

#[test]
fn richer_alerts() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (chat, _) = ada.link(system, "Ops", json!({})).await;
        let template = json!({
            "title": "{device} is offline", "body": "Since {{ since }}.",
            "sections": [{ "title": "What to do", "body": "{advice}" }],
        });
        let path = format!("{TEMPLATES}/device-offline");
        ada.admin.json(Method::PUT, &path, &template).await.must_be(201);
        let context = json!({ "device": "Pump 7", "since": "noon", "advice": "Look." });
        let preview = json!({ "context": context });
        let preview = ada.admin.post(&format!("{path}/preview"), &preview).await.must_be(200);
        assert_eq!(preview["title"], "Pump 7 is offline");
        let alert = json!({
            "template_key": "device-offline", "context": context, "throttle_key": "device_offline",
        });
        let sync = json!({ "title": "Sync failed", "throttle_key": "sync_failed" });
        let mut answers = Vec::new();
        for alert in [&alert, &alert, &sync] {
            answers.push(ada.post(alert.clone()).await["status"].clone());
        }
        assert_eq!(answers, ["accepted", "throttled", "accepted"], "each key on its own");
        system.settle().await;
        let texts = system.received(chat);
        let said = "Pump 7 is offline\n\nSince noon.\n\nWhat to do\nLook.";
        assert_eq!(texts.iter().filter(|text| text.as_str() == said).count(), 1, "{texts:?}");
        assert_eq!(of(&texts, "Sync failed"), 1);
        let counts = ada.admin.get("/api/telegram/metrics/").await.must_be(200);
        let counts = counts["items"].as_array().expect("counts").clone();
        let sum = |name: &str| counts.iter().filter_map(|it| it[name].as_u64()).sum::<u64>();
        assert_eq!((sum("sent"), sum("throttled"), sum("failed")), (2, 1, 0), "{counts:?}");
    });
}

#[test]
fn per_user_and_per_company_telegram_notifications() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let mut eve = company(system, "eve").await;
        let (chat, id) = ada.link(system, "Ada", json!({ "opted_in_reports": true })).await;
        let links = ada.admin.get(LINKS).await.must_be(200);
        let link = &links["items"][0];
        assert_eq!((&link["telegram_chat_id"], &link["status"]), (&json!(chat), &json!("ACTIVE")));
        assert_eq!(link["link_token_expires_at"], Value::Null, "the token is cleared");
        assert_eq!(eve.admin.get(LINKS).await.must_be(200)["items"], json!([]));
        post_each(system, &mut ada, "First").await;
        assert_eq!(heard(system, chat, "First"), [1, 1, 0]);

        let path = format!("{LINKS}{id}/");
        let wants = json!({ "opted_in_reports": false, "opted_in_device_events": true });
        ada.admin.json(Method::PATCH, &path, &wants).await.must_be(200);
        post_each(system, &mut ada, "Second").await;
        post_each(system, &mut eve, "Of another company").await;
        assert_eq!(heard(system, chat, "Second"), [1, 0, 1]);
        assert_eq!(heard(system, chat, "Of another company"), [0, 0, 0]);

        ada.admin.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        post_each(system, &mut ada, "Third").await;
        assert_eq!(heard(system, chat, "Third"), [0, 0, 0], "it is disconnected");
    });
}

#[test]
fn deployment_and_webhook_registration() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let account = system.telegram().make_bot("alerts_bot").expect("a bot");
        let bot = json!({ "token": account.token, "slug": "alerts" });
        let bot = admin.post(BOTS, &bot).await.must_be(201);
        let webhook = format!("{BOTS}/alerts/webhook");
        let state = admin.get(&webhook).await.must_be(200);
        assert_eq!((&state["configured"], &state["url"]), (&json!(false), &json!("")));

        let registered = admin.act(&webhook).await.must_be(200);
        assert_eq!(registered["configured"], true, "{registered}");
        let path = format!("/api/telegram/webhook/{}", bot["id"].as_str().expect("an id"));
        assert!(registered["url"].as_str().is_some_and(|it| it.ends_with(&path)), "{registered}");
        assert!(system.telegram().webhook_secret("alerts_bot").is_some());
        assert_eq!(admin.act(&webhook).await.must_be(200), registered, "again is the same");

        let chat = system.phone("Ada");
        system.telegram().start("alerts_bot", chat, None).expect("it starts");
        system.settle().await;
        assert!(received(system, "alerts_bot", chat)[0].starts_with("Hello!"));
        let state = admin.get(&webhook).await.must_be(200);
        assert_eq!(state["pending_update_count"], 0, "what was said has arrived");
    });
}
