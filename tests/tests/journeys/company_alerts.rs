//! Company links and alerts: seed flows "per-company notifications" and "richer alerts".

use std::time::Duration;

use domain::account::Scope;
use http::Method;
use serde_json::{Value, json};
use simulators::telegram::{Fault, FaultPlan, NewChat};
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

pub(crate) const LINKS: &str = "/api/telegram-links/";
const ALERTS: &str = "/api/internal/alerts";
const TEMPLATES: &str = "/api/telegram/alert-templates";

/// A company with a service that posts its alerts.
pub(crate) struct Company {
    pub(crate) admin: Browser,
    service: Browser,
    id: String,
}

pub(crate) async fn company(system: &TestSystem, name: &str) -> Company {
    let mut admin = system.sign_up(name).await;
    let me = admin.get("/api/public/auth/me").await.must_be(200);
    let id = me["company_id"].as_str().expect("an id").to_owned();
    let company_id = Some(id.parse().expect("an id"));
    let key = app::api_key::create(&system.system.app, "service", vec![Scope::Alerts], company_id);
    let key = key.await.expect("a key").key;
    let mut service = system.stranger();
    service.key = Some(key);
    Company { admin, service, id }
}

impl Company {
    /// Links a chat that wants these; its id.
    pub(crate) async fn link(
        &mut self,
        system: &TestSystem,
        name: &str,
        wants: Value,
    ) -> (i64, String) {
        let link = self.admin.post(LINKS, &wants).await.must_be(201);
        let chat = system.phone(name);
        system.open(chat, link["url"].as_str().expect("a link"));
        system.settle().await;
        (chat, link["id"].as_str().expect("an id").to_owned())
    }

    fn alert(&self, more: Value) -> Value {
        let mut alert = json!({ "company_id": self.id, "category": "alerts" });
        if let (Some(alert), Value::Object(more)) = (alert.as_object_mut(), more) {
            alert.extend(more);
        }
        alert
    }

    pub(crate) async fn post(&mut self, more: Value) -> Value {
        let alert = self.alert(more);
        self.service.post(ALERTS, &alert).await.must_be(202)
    }
}

pub(crate) fn of(received: &[String], part: &str) -> usize {
    received.iter().filter(|text| text.contains(part)).count()
}

#[test]
fn the_link_command_binds_the_chat_and_clears_the_token() {
    journey(async |system| {
        let mut company = company(system, "ada").await;
        let (bot, username) = add_bot(system, &mut company.admin, "alerts").await;
        let made = company.admin.post(LINKS, &json!({ "bot": "alerts" })).await.must_be(201);
        let token = made["link_token"].as_str().expect("a token").to_owned();
        assert_eq!((&made["status"], &made["telegram_chat_id"]), (&json!("PENDING"), &Value::Null));
        assert!(made["url"].as_str().expect("a URL").contains(&format!("start=link_{token}")));
        let group = format!("startgroup=link_{token}");
        assert!(made["group_url"].as_str().expect("a URL").ends_with(&group), "{made}");
        let chat = system.phone("Ada");
        system.telegram().acquaint(&username, chat).expect("they meet");
        let say = async |text: &str| {
            system.telegram().say(&username, chat, text, None).expect("it is said");
            system.settle().await;
        };
        say(&format!("/link {token}")).await;
        assert_eq!(of(&received(system, &username, chat), "Linked successfully."), 1);
        let path = format!("{LINKS}{}", made["id"].as_str().expect("an id"));
        let link = company.admin.get(&path).await.must_be(200);
        assert_eq!((&link["telegram_chat_id"], &link["bot"]), (&json!(chat), &bot["id"]));
        assert_eq!(link["status"], "ACTIVE");
        assert_eq!(link["link_token_expires_at"], Value::Null, "the token is cleared");
        let stranger = system.phone("Eve");
        system.telegram().acquaint(&username, stranger).expect("they meet");
        let again = format!("/link {token}");
        system.telegram().say(&username, stranger, &again, None).expect("it is said");
        system.settle().await;
        assert_eq!(of(&received(system, &username, stranger), "does not work"), 1);
        say("/status").await;
        assert_eq!(of(&received(system, &username, chat), "“ada”: alerts"), 1);
    });
}

#[test]
fn a_token_that_is_too_old_or_of_another_company_links_nothing() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let mut eve = company(system, "eve").await;
        let (_, eves) = add_bot(system, &mut eve.admin, "eves").await;
        let made = ada.admin.post(LINKS, &json!({})).await.must_be(201);
        let said = format!("/link {}", made["link_token"].as_str().expect("a token"));
        let chat = system.phone("Eve");
        system.telegram().acquaint(&eves, chat).expect("they meet");
        system.telegram().say(&eves, chat, &said, None).expect("it is said");
        system.settle().await;
        assert_eq!(of(&received(system, &eves, chat), "does not work"), 1, "another's bot");
        system.pass(Duration::from_mins(16)).await;
        let late = system.phone("Ada");
        system.open(late, made["url"].as_str().expect("a link"));
        system.settle().await;
        assert_eq!(of(&system.received(late), "does not work"), 1);
        let path = format!("{LINKS}{}", made["id"].as_str().expect("an id"));
        assert_eq!(ada.admin.get(&path).await.must_be(200)["status"], "PENDING");
        assert_eq!(eve.admin.get(&path).await.status.as_u16(), 404);
    });
}

#[test]
fn a_chat_is_one_link_of_a_company_and_linking_again_updates_it() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (chat, first) = ada.link(system, "Ada", json!({})).await;
        let again = ada.admin.post(LINKS, &json!({ "opted_in_reports": true })).await.must_be(201);
        system.open(chat, again["url"].as_str().expect("a link"));
        system.settle().await;
        let links = ada.admin.get(LINKS).await.must_be(200);
        let links = links["items"].as_array().expect("links");
        assert_eq!(links.len(), 1, "{links:?}");
        assert_eq!((&links[0]["id"], &links[0]["opted_in_reports"]), (&json!(first), &json!(true)));
        ada.post(json!({ "title": "Once" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(chat), "Once"), 1);
    });
}

#[test]
fn an_alert_reaches_every_link_that_opted_into_its_category_and_no_other() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let mut eve = company(system, "eve").await;
        let (alerts, id) = ada.link(system, "Alerts", json!({})).await;
        let wants = json!({ "opted_in_alerts": false, "opted_in_reports": true });
        let (reports, _) = ada.link(system, "Reports", wants).await;
        let (others, _) = eve.link(system, "Eve", json!({})).await;
        let sections = json!([{ "title": "Where", "body": "Hall 7" }, { "body": "Since noon" }]);
        let sent = ada.post(json!({
            "title": "Pump <7> is down", "body": "It does not answer.", "sections": sections,
        }));
        assert_eq!(sent.await["status"], "accepted");
        system.settle().await;
        let said = system.received(alerts).pop().expect("a message");
        assert_eq!(said, "Pump <7> is down\n\nIt does not answer.\n\nWhere\nHall 7\n\nSince noon");
        for chat in [reports, others] {
            assert_eq!(of(&system.received(chat), "Pump"), 0);
        }
        let path = format!("{LINKS}{id}");
        let off = json!({ "opted_in_alerts": false });
        ada.admin.json(Method::PATCH, &path, &off).await.must_be(200);
        ada.post(json!({ "title": "Pump again" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(alerts), "Pump again"), 0);
    });
}

#[test]
fn a_scheduled_alert_and_plain_words_reach_the_links_too() {
    journey(async |system| {
        let mut company = company(system, "ada").await;
        let (alerts, _) = company.link(system, "Ops", json!({})).await;
        let wants = json!({ "opted_in_alerts": false, "opted_in_reports": true });
        let (reports, _) = company.link(system, "Boss", wants).await;
        company.post(json!({ "text": "Sync failed\nFor the third time" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(alerts), "For the third time"), 1);
        let task = json!({
            "name": "Weekly report",
            "task": "send_company_alert",
            "kwargs": { "text": "All is well", "category": "reports" },
            "schedule": { "interval": { "every": 5, "period": "minutes" } },
        });
        company.admin.post("/api/scheduled-tasks/", &task).await.must_be(201);
        system.pass(Duration::from_secs(605)).await;
        assert_eq!(of(&system.received(reports), "All is well"), 2);
        assert_eq!(of(&system.received(alerts), "All is well"), 0);
        let runs = company.admin.get("/api/scheduled-tasks/weekly-report/runs/").await.must_be(200);
        let sent = runs["items"].as_array().expect("runs");
        assert!(sent.len() == 2 && sent.iter().all(|run| run["status"] == "sent"), "{runs}");
        let path = "/api/scheduled-tasks/weekly-report/";
        let report = json!({ "task": "send_report", "kwargs": { "days": 7 } });
        company.admin.json(Method::PATCH, path, &report).await.must_be(200);
        // Into the next day, at once.
        system.sleep(Duration::from_hours(24)).await;
        system.pass(Duration::from_mins(4)).await;
        let told = system.received(reports);
        let told = told.iter().rev().find(|text| text.contains("The last 7 days"));
        assert!(told.is_some_and(|it| it.contains("Messages sent: 1\n")), "{told:?}");
        let gone = "/api/scheduled-tasks/weekly-report/";
        let gone = company.admin.json(Method::DELETE, gone, &json!({})).await;
        assert_eq!(gone.status, 204);
    });
}

#[test]
fn an_alert_through_one_bot_reaches_that_bots_links_alone() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (_, username) = add_bot(system, &mut ada.admin, "alerts").await;
        let (platform, _) = ada.link(system, "Platform", json!({ "bot": "default" })).await;
        let link = ada.admin.post(LINKS, &json!({ "bot": "alerts" })).await.must_be(201);
        let own = system.phone("Own");
        system.telegram().acquaint(&username, own).expect("they meet");
        let said = format!("/link {}", link["link_token"].as_str().expect("a token"));
        system.telegram().say(&username, own, &said, None).expect("it is said");
        system.settle().await;
        ada.post(json!({ "title": "Through one", "bot": "alerts" })).await;
        ada.post(json!({ "title": "Through all" })).await;
        system.settle().await;
        let (own, platform) = (received(system, &username, own), system.received(platform));
        assert_eq!((of(&own, "Through one"), of(&platform, "Through one")), (1, 0));
        assert_eq!((of(&own, "Through all"), of(&platform, "Through all")), (1, 1));
    });
}

#[test]
fn equal_throttle_keys_inside_the_window_are_dropped_and_counted() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let mut eve = company(system, "eve").await;
        let (chat, _) = ada.link(system, "Ada", json!({})).await;
        let (others, _) = eve.link(system, "Eve", json!({})).await;
        let alert =
            json!({ "title": "Sync failed", "throttle_key": "sync", "throttle_seconds": 60 });
        let mut answers = Vec::new();
        for _ in 0..4 {
            answers.push(
                ada.post(alert.clone()).await["status"].as_str().expect("a status").to_owned(),
            );
        }
        assert_eq!(answers, ["accepted", "throttled", "throttled", "throttled"]);
        assert_eq!(eve.post(alert.clone()).await["status"], "accepted", "another company's key");
        system.settle().await;
        assert_eq!(of(&system.received(chat), "Sync failed"), 1);
        system.pass(Duration::from_secs(61)).await;
        assert_eq!(ada.post(alert).await["status"], "accepted");
        system.settle().await;
        assert_eq!(of(&system.received(chat), "Sync failed"), 2);
        assert_eq!(of(&system.received(others), "Sync failed"), 1);
        let counts = ada.admin.get("/api/telegram/metrics/").await.must_be(200);
        let counts = counts["items"].as_array().expect("counts").clone();
        let sum = |name: &str| counts.iter().filter_map(|it| it[name].as_u64()).sum::<u64>();
        assert_eq!((sum("sent"), sum("throttled"), sum("failed")), (2, 3, 0), "{counts:?}");
        assert!(counts.iter().all(|it| it["category"] == "alerts"), "{counts:?}");
        assert!(counts.iter().any(|it| it["bot"] == "default" && it["sent"] == 2), "{counts:?}");
    });
}

#[test]
fn templates_are_checked_when_they_are_saved_and_take_plain_names() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (chat, _) = ada.link(system, "Ada", json!({})).await;
        let path = format!("{TEMPLATES}/device-offline");
        let faulty = json!({ "title": "{device", "body": "one\n{{ oops" });
        let faulty = ada.admin.json(Method::PUT, &path, &faulty).await.must_be(422);
        assert!(
            faulty["errors"][0]["message"].as_str().expect("words").contains("line 2"),
            "{faulty}"
        );
        let template = json!({
            "title": "{device} is offline",
            "body": "Since {{ since }}.{% if hall %} In hall {hall}.{% endif %}",
            "sections": [{ "title": "What to do", "body": "{advice}" }],
        });
        let saved = ada.admin.json(Method::PUT, &path, &template).await.must_be(201);
        assert_eq!(saved["variables"], json!(["advice", "device", "hall", "since"]));
        ada.admin.json(Method::PUT, &path, &template).await.must_be(200);
        let context = json!({ "device": "Pump 7", "since": "noon", "hall": 3, "advice": "Look." });
        let alert = json!({ "template_key": "device-offline", "context": context });
        ada.post(alert).await;
        system.settle().await;
        let said = system.received(chat).pop().expect("a message");
        assert_eq!(said, "Pump 7 is offline\n\nSince noon. In hall 3.\n\nWhat to do\nLook.");
        let lacking = json!({ "template_key": "device-offline", "context": { "hall": 1 } });
        let lacking = ada.alert(lacking);
        let refused = ada.service.post(ALERTS, &lacking).await.must_be(422);
        let fields: Vec<_> =
            refused["errors"].as_array().expect("errors").iter().map(|it| &it["field"]).collect();
        assert_eq!(fields, ["context.advice", "context.device", "context.since"]);
        let unknown = ada.alert(json!({ "template_key": "nope" }));
        assert_eq!(ada.service.post(ALERTS, &unknown).await.status.as_u16(), 404);
        ada.admin.json(Method::DELETE, &path, &json!({})).await.must_be(204);
    });
}

#[test]
fn alerts_are_the_companys_own() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let eve = company(system, "eve").await;
        let foreign = eve.alert(json!({ "title": "Hello" }));
        let refused = ada.service.post(ALERTS, &foreign).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "FOREIGN_COMPANY"));
        let faulty = json!({ "company_id": ada.id, "category": "x", "throttle_seconds": 0 });
        let faulty = ada.service.post(ALERTS, &faulty).await.must_be(422);
        assert!(faulty["errors"].as_array().expect("errors").len() >= 3, "{faulty}");
        let platform = ada.alert(json!({ "title": "Hello" }));
        let scraper = system.scraper().post(ALERTS, &platform).await;
        assert_eq!(scraper.status.as_u16(), 403);
    });
}

#[test]
fn an_alert_whose_form_is_refused_arrives_as_plain_text() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (chat, _) = ada.link(system, "Ada", json!({})).await;
        let description = "can't parse entities: unexpected end".to_owned();
        system.telegram().inject(Fault::BadRequest { description });
        ada.post(json!({ "title": "Plain", "body": "words" })).await;
        system.settle().await;
        assert_eq!(system.received(chat).pop().expect("a message"), "Plain\n\nwords");
    });
}

#[test]
fn a_group_whose_move_nobody_told_of_still_hears_the_alert() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let group = system.telegram().add_chat(&NewChat::group(None, "Ops")).expect("a group").id;
        let (bot, person) = (hoopoe::dev::SIMULATED_BOT, system.phone("Ada"));
        system.telegram().acquaint(bot, group).expect("it is in the group");
        let link = ada.admin.post(LINKS, &json!({})).await.must_be(201);
        let said = format!("/link@{bot} {}", link["link_token"].as_str().expect("a token"));
        system.telegram().say(bot, group, &said, Some(person)).expect("it is said");
        system.settle().await;
        // The update of the move is lost: the send that is refused says where the group is.
        let now = system.telegram().migrate(group).expect("it moves");
        let forget = json!({ "drop_pending_updates": true }).to_string();
        let (token, json) = (hoopoe::dev::SIMULATED_TOKEN, Some("application/json"));
        system.telegram().call(token, "deleteWebhook", json, forget.as_bytes());
        ada.post(json!({ "title": "Moved" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(now), "Moved"), 1);
        let path = format!("{LINKS}{}", link["id"].as_str().expect("an id"));
        assert_eq!(ada.admin.get(&path).await.must_be(200)["telegram_chat_id"], now);
    });
}

/// A group that a company has linked, and its link's id.
async fn linked_group(system: &TestSystem, ada: &mut Company) -> i64 {
    let group = system.telegram().add_chat(&NewChat::group(None, "Ops")).expect("a group").id;
    let (bot, person) = (hoopoe::dev::SIMULATED_BOT, system.phone("Ada"));
    system.telegram().acquaint(bot, group).expect("it is in the group");
    let link = ada.admin.post(LINKS, &json!({})).await.must_be(201);
    let said = format!("/link@{bot} {}", link["link_token"].as_str().expect("a token"));
    system.telegram().say(bot, group, &said, Some(person)).expect("it is said");
    system.settle().await;
    group
}

/// Telegram fails at the next messages to this chat, for longer than a run waits.
fn is_out_of_order(system: &TestSystem, chat: i64) {
    let plan = FaultPlan { times: Some(4), chat_id: Some(chat), ..Fault::LostBefore.into() };
    system.telegram().inject(plan);
}

/// How many messages of alerts were sent, and how many failed.
async fn counted(ada: &mut Company) -> (u64, u64) {
    let counts = ada.admin.get("/api/telegram/metrics/").await.must_be(200);
    let counts = counts["items"].as_array().expect("counts").clone();
    let sum = |name: &str| counts.iter().filter_map(|it| it[name].as_u64()).sum();
    (sum("sent"), sum("failed"))
}

#[test]
fn a_group_that_moves_while_its_page_is_under_way_hears_the_alert_once() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let group = linked_group(system, &mut ada).await;
        let (phone, _) = ada.link(system, "Ada", json!({})).await;
        let now = system.telegram().migrate(group).expect("it moves");
        let forget = json!({ "drop_pending_updates": true }).to_string();
        let (token, json) = (hoopoe::dev::SIMULATED_TOKEN, Some("application/json"));
        system.telegram().call(token, "deleteWebhook", json, forget.as_bytes());
        is_out_of_order(system, phone);
        ada.post(json!({ "title": "Moved" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(now), "Moved"), 1);
        assert_eq!(of(&system.received(phone), "Moved"), 1);
        assert_eq!(counted(&mut ada).await, (2, 0));
    });
}

#[test]
fn who_refuses_an_alert_is_counted_also_when_its_page_runs_again() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (refuses, _) = ada.link(system, "Eve", json!({})).await;
        let (phone, _) = ada.link(system, "Ada", json!({})).await;
        let description = "bot was blocked by the user".to_owned();
        let fault = Fault::Forbidden { description };
        system.telegram().inject(FaultPlan { chat_id: Some(refuses), ..fault.into() });
        is_out_of_order(system, phone);
        ada.post(json!({ "title": "Refused" })).await;
        system.settle().await;
        assert_eq!(of(&system.received(phone), "Refused"), 1);
        assert_eq!(counted(&mut ada).await, (1, 1));
    });
}

#[test]
fn who_opts_out_while_an_alert_waits_for_them_is_not_told_it() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (phone, id) = ada.link(system, "Ada", json!({})).await;
        is_out_of_order(system, phone);
        ada.post(json!({ "title": "Late" })).await;
        system.pass(Duration::from_secs(3)).await;
        let path = format!("{LINKS}{id}");
        let change = json!({ "opted_in_alerts": false });
        ada.admin.json(Method::PATCH, &path, &change).await.must_be(200);
        system.settle().await;
        assert_eq!(of(&system.received(phone), "Late"), 0);
        assert_eq!(counted(&mut ada).await, (0, 1));
    });
}

#[test]
fn members_see_their_companys_links_and_change_their_own() {
    journey(async |system| {
        let mut ada = company(system, "ada").await;
        let (_, id) = ada.link(system, "Ada", json!({})).await;
        let mut eve = system.sign_up("eve").await;
        let path = format!("{LINKS}{id}");
        assert_eq!(eve.get(&path).await.status.as_u16(), 404);
        assert_eq!(eve.get(LINKS).await.must_be(200)["items"], json!([]));
        let change = json!({ "opted_in_reports": true });
        assert_eq!(eve.json(Method::PATCH, &path, &change).await.status.as_u16(), 404);
        ada.admin.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        assert_eq!(ada.admin.get(&path).await.status.as_u16(), 404);
    });
}
