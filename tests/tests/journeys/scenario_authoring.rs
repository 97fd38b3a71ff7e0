//! Scenarios as admins write them over the API, and what their contacts get of each edit.

use std::time::Duration;

use http::{Method, header};
use serde_json::{Value, json};
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const BOT: &str = "/api/telegram/bots/course";
const SCENARIOS: &str = "/api/telegram/bots/course/scenarios";
const BASIC: &str = "/api/telegram/bots/course/scenarios/basic";
const STEPS: &str = "/api/telegram/bots/course/scenarios/basic/steps";
const PREVIEW: &str = "/api/telegram/bots/course/preview";
const SETTINGS: &str = "/api/telegram/bots/course/scenario-settings";
const PAYMENT_BUTTON: &str = "/api/telegram/bots/course/button-sets/payment_button";
const HOUR: Duration = Duration::from_hours(1);

/// An admin whose company has the bot `course`; the bot's name in Telegram.
async fn admin(system: &TestSystem) -> (Browser, String) {
    let mut admin = system.sign_up("ada").await;
    let (_, bot) = add_bot(system, &mut admin, "course").await;
    (admin, bot)
}

/// Adds a step that is due so many hours after the one before it.
async fn add(admin: &mut Browser, slug: &str, hours: u32, more: Value) -> Value {
    let mut body = json!({
        "slug": slug, "text": format!("This is *{slug}*"), "timing": { "hours": hours },
    });
    body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    admin.post(STEPS, &body).await.must_be(201)
}

/// The scenario `basic`: one step at once, two an hour after each other.
async fn basic(admin: &mut Browser) {
    let made = admin.post(SCENARIOS, &json!({ "name": "Basic" })).await.must_be(201);
    assert_eq!((&made["slug"], &made["is_default"]), (&json!("basic"), &json!(true)));
    for (step, hours) in [("one", 0), ("two", 1), ("three", 1)] {
        add(admin, step, hours, json!({})).await;
    }
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("errors");
    errors.iter().map(|it| it["field"].as_str().expect("a field")).collect()
}

async fn order(admin: &mut Browser) -> Vec<String> {
    let scenario = admin.get(BASIC).await.must_be(200);
    let steps = scenario["steps"].as_array().expect("steps");
    steps.iter().map(|it| it["slug"].as_str().expect("a slug").to_owned()).collect()
}

async fn delete(admin: &mut Browser, path: &str) -> (u16, Value) {
    let answer = admin.json(Method::DELETE, path, &json!({})).await;
    (answer.status.as_u16(), answer.body)
}

/// Somebody who starts the bot.
fn starts(system: &TestSystem, bot: &str, payload: Option<&str>) -> i64 {
    let chat = system.phone("Bob");
    system.telegram().start(bot, chat, payload).expect("it starts");
    chat
}

#[test]
fn a_scenario_is_written_previewed_and_received() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let variables = json!({ "variables": { "support_link": "https://t.me/support" } });
        admin.json(Method::PATCH, SETTINGS, &variables).await.must_be(200);
        let set = json!({ "rows": [{ "buttons": [{
            "type": "url", "text": "Support of {{scenario.product_name}}",
            "url": "{{bot.support_link}}",
        }] }] });
        admin.json(Method::PUT, PAYMENT_BUTTON, &set).await.must_be(201);
        let premium = json!({
            "name": "Премиум курс", "slug": "premium", "private_group_id": "-1001234567890",
            "product": {
                "name": "Премиум доступ", "price": 1500, "paid_content": "Спасибо за оплату!",
            },
            "on_payment": "complete",
            "summary": { "text": "# The end\n{{user.user_name}}, see you" },
        });
        let made = admin.post(SCENARIOS, &premium).await.must_be(201);
        assert_eq!(made["product"]["price"], "1500");
        assert_eq!(made["private_group_id"], -1_001_234_567_890_i64);
        let steps = format!("{SCENARIOS}/premium/steps");
        let step = json!({
            "text": "Привет, *{{user.user_name}}*! Цена: {{scenario.product_price}}₽",
            "timing": { "minutes": 90 }, "buttons": { "button_set_ref": "payment_button" },
        });
        let added = admin.post(&steps, &step).await.must_be(201);
        assert_eq!((&added["slug"], &added["number"]), (&json!("msg_1"), &json!(1)));
        assert_eq!(added["timing"], json!({ "hours": 1, "minutes": 30, "seconds": 0 }));

        let wanted = json!({
            "scenario": "premium", "step": "msg_1", "sample": { "user_name": "<Bob>" },
        });
        let preview = admin.post(PREVIEW, &wanted).await.must_be(200);
        let part = &preview["parts"][0];
        assert_eq!(part["html"], "Привет, <i>&lt;Bob&gt;</i>! Цена: 1500₽", "{part}");
        assert_eq!(part["buttons"][0][0]["url"], "https://t.me/support");

        let chat = starts(system, &bot, Some("premium"));
        system.pass(Duration::from_mins(89)).await;
        assert!(received(system, &bot, chat).is_empty());
        system.pass(Duration::from_mins(2)).await;
        assert_eq!(received(system, &bot, chat), ["Привет, Bob! Цена: 1500₽"]);
        system.telegram().start(&bot, chat, None).expect("it starts");
        system.settle().await;
        let said = received(system, &bot, chat);
        assert_eq!(said.last().map(String::as_str), Some("The end\nBob, see you"), "{said:?}");
    });
}

#[test]
fn edits_of_a_running_scenario_reach_those_who_are_under_way() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        basic(&mut admin).await;
        let chat = starts(system, &bot, None);
        system.pass(Duration::from_mins(5)).await;
        assert_eq!(received(system, &bot, chat), ["This is one"]);

        add(&mut admin, "early", 0, json!({ "before": "one" })).await;
        add(&mut admin, "between", 2, json!({ "after": "one" })).await;
        let moved = admin.post(&format!("{STEPS}/three/move"), &json!({ "before": "two" })).await;
        assert_eq!(moved.must_be(200)["number"], 4);
        assert_eq!(delete(&mut admin, &format!("{STEPS}/two")).await.0, 204);
        assert_eq!(order(&mut admin).await, ["early", "one", "between", "three"]);
        system.pass(HOUR).await;
        assert_eq!(received(system, &bot, chat).len(), 1, "the next one is due in two hours now");
        let sooner = json!({ "timing": { "minutes": 70 }, "text": "It says **this** now" });
        let path = format!("{STEPS}/between");
        admin.json(Method::PATCH, &path, &sooner).await.must_be(200);
        system.pass(Duration::from_mins(6)).await;
        let said = received(system, &bot, chat);
        assert_eq!(said, ["This is one", "It says this now"]);
        system.pass(HOUR * 4).await;
        let said = received(system, &bot, chat);
        assert_eq!(said[2..], ["This is three"], "neither the deleted nor the early one: {said:?}");
    });
}

#[test]
fn all_faults_of_a_request_are_named_at_once() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        let scenario = json!({
            "slug": "Not one", "private_group_id": "123",
            "product": { "price": "-1", "paid_content": "{{ user.nobody }}" },
            "consent": { "text": "May we?" },
            "summary": { "text": "{{ bot.nobody", "buttons": { "button_set_ref": "none" } },
        });
        let refused = admin.post(SCENARIOS, &scenario).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED");
        let refused = refused.must_be(422);
        let expected = [
            "name",
            "slug",
            "product.name",
            "private_group_id",
            "product.price",
            "product.paid_content",
            "consent.buttons",
            "summary.text",
            "summary.buttons.button_set_ref",
        ];
        assert_eq!(fields(&refused), expected, "{refused}");
        let unclosed = refused["errors"][7]["message"].as_str().unwrap_or_default();
        assert!(unclosed.starts_with("line 1, column 1:"), "{unclosed}");

        basic(&mut admin).await;
        let step = json!({
            "slug": "x!", "before": "nobody", "photos": [{}],
            "buttons": { "rows": [{ "buttons": [{ "type": "url", "text": "Go" }] }] },
        });
        let refused = admin.post(STEPS, &step).await.must_be(422);
        let expected =
            ["slug", "photos[0]", "buttons.rows[0].buttons[0].url", "timing", "text", "before"];
        assert_eq!(fields(&refused), expected, "{refused}");
        let twice = json!({ "slug": "one", "text": "Again", "timing": {} });
        assert_eq!(admin.post(STEPS, &twice).await.must_be(409)["code"], "TAKEN");
        let unknown = json!({ "text": "x", "timing": { "days": 1 }, "nobody": 1 });
        assert_eq!(
            fields(&admin.post(STEPS, &unknown).await.must_be(422)),
            ["nobody", "timing.days"]
        );
        assert_eq!(order(&mut admin).await, ["one", "two", "three"], "nothing was saved");
    });
}

#[test]
fn what_a_text_uses_is_not_taken_away() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        basic(&mut admin).await;
        let set = |data: &str| {
            let button =
                json!({ "type": "callback", "text": "{{ bot.yes }}", "callback_data": data });
            json!({ "rows": [{ "buttons": [button] }] })
        };
        let refused = admin.json(Method::PUT, PAYMENT_BUTTON, &set("accept")).await.must_be(422);
        assert_eq!(fields(&refused), ["rows[0].buttons[0].text"], "the variable is not there yet");
        let yes = json!({ "variables": { "yes": "Yes", "no": "No" } });
        admin.json(Method::PATCH, SETTINGS, &yes).await.must_be(200);
        admin.json(Method::PUT, PAYMENT_BUTTON, &set("accept")).await.must_be(201);
        let consent = json!({
            "consent": { "text": "May we?", "buttons": { "button_set_ref": "payment_button" } },
        });
        admin.json(Method::PATCH, BASIC, &consent).await.must_be(200);
        let step = json!({ "buttons": { "button_set_ref": "payment_button" } });
        admin.json(Method::PATCH, &format!("{STEPS}/two"), &step).await.must_be(200);

        let (status, refused) = delete(&mut admin, PAYMENT_BUTTON).await;
        assert_eq!((status, &refused["code"]), (409, &json!("BUTTON_SET_IN_USE")));
        let detail = "button set payment_button is used by scenario basic, consent; \
                      scenario basic, step two";
        assert_eq!(refused["detail"], detail);
        let refused = admin.json(Method::PUT, PAYMENT_BUTTON, &set("other")).await.must_be(409);
        assert_eq!(refused["code"], "BUTTON_SET_IN_USE", "a consent needs its button");
        let without = json!({ "variables": { "yes": null } });
        let refused = admin.json(Method::PATCH, SETTINGS, &without).await.must_be(409);
        assert_eq!(refused["code"], "VARIABLE_IN_USE");
        assert_eq!(refused["detail"], "bot.yes is used by button set payment_button");

        let plain = json!({ "buttons": null });
        admin.json(Method::PATCH, &format!("{STEPS}/two"), &plain).await.must_be(200);
        admin.json(Method::PATCH, BASIC, &json!({ "consent": null })).await.must_be(200);
        assert_eq!(delete(&mut admin, PAYMENT_BUTTON).await.0, 204);
        assert_eq!(delete(&mut admin, PAYMENT_BUTTON).await.0, 404);
        let settings = admin.json(Method::PATCH, SETTINGS, &without).await.must_be(200);
        assert_eq!(settings["variables"], json!({ "no": "No" }));
    });
}

#[test]
fn the_default_scenario_stays_and_a_deleted_one_sends_nothing_more() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        basic(&mut admin).await;
        // More steps than one transaction takes.
        for number in 0..45 {
            add(&mut admin, &format!("s{number}"), 1, json!({})).await;
        }
        let other = admin.post(SCENARIOS, &json!({ "name": "Basic" })).await.must_be(201);
        assert_eq!((&other["slug"], &other["is_default"]), (&json!("basic-2"), &json!(false)));
        let chat = starts(system, &bot, None);
        system.pass(Duration::from_mins(5)).await;

        let (status, refused) = delete(&mut admin, BASIC).await;
        assert_eq!((status, &refused["code"]), (409, &json!("INVALID_SCENARIO_STATE")));
        let unknown = json!({ "default_scenario": "nobody" });
        let refused = admin.json(Method::PATCH, SETTINGS, &unknown).await.must_be(422);
        assert_eq!(fields(&refused), ["default_scenario"]);
        let default = json!({ "default_scenario": "basic-2" });
        let settings = admin.json(Method::PATCH, SETTINGS, &default).await.must_be(200);
        assert_eq!(settings["default_scenario"], "basic-2");
        assert_eq!(delete(&mut admin, BASIC).await.0, 204);
        let (status, gone) = delete(&mut admin, BASIC).await;
        assert_eq!((status, &gone["code"]), (404, &json!("SCENARIO_NOT_FOUND")));
        assert_eq!(admin.get(STEPS).await.must_be(404)["code"], "SCENARIO_NOT_FOUND");
        let path = format!("{SCENARIOS}/basic-2/steps/one");
        assert_eq!(admin.get(&path).await.must_be(404)["code"], "MESSAGE_NOT_FOUND");

        system.settle().await;
        assert_eq!(received(system, &bot, chat), ["This is one"], "nothing of it is under way");
        let again = json!({ "name": "Basic", "slug": "basic" });
        assert_eq!(admin.post(SCENARIOS, &again).await.must_be(409)["code"], "TAKEN");
        let again = admin.post(SCENARIOS, &json!({ "name": "Basic" })).await.must_be(201);
        assert_eq!(again["slug"], "basic-3", "contacts remember what they received of basic");
    });
}

#[test]
fn a_preview_shows_what_a_person_would_get() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        basic(&mut admin).await;
        let content = json!({
            "text": "**{{ scenario.name }}** for {{ user.user_name }}: [pay]({{ user.payment_link }})",
            "photos": [{ "file_id": "a" }, { "file_id": "b" }],
            "buttons": { "rows": [{ "buttons": [
                { "type": "url", "text": "Pay {{ user.user_name }}", "url": "{{ user.payment_link }}" },
            ] }] },
        });
        let show = |more: Value| {
            let mut body = json!({ "scenario": "basic", "content": content });
            body.as_object_mut()
                .expect("an object")
                .extend(more.as_object().cloned().expect("one"));
            body
        };
        let shown = admin.post(PREVIEW, &show(json!({}))).await.must_be(200);
        assert_eq!(
            (&shown["parts"][0]["kind"], &shown["parts"][1]["kind"]),
            (&json!("album"), &json!("text"))
        );
        assert_eq!(shown["parts"][1]["plain"], "Basic for Anna: pay (https://example.com/pay)");
        let demo = admin.post(PREVIEW, &show(json!({ "demo": true }))).await.must_be(200);
        let html = demo["parts"][1]["html"].as_str().unwrap_or_default();
        assert!(html.starts_with("<b>__scenario.name__</b> for __user.user_name__"), "{html}");
        let missing = json!({ "sample": { "payment_link": null } });
        let missing = admin.post(PREVIEW, &show(missing)).await.must_be(200);
        let only = &missing["parts"][0];
        assert_eq!(only["buttons"], json!([]), "a button without its address");
        assert_eq!(
            (&only["kind"], &only["plain"]),
            (&json!("album"), &json!("Basic for Anna: pay"))
        );

        let chat = starts(system, &bot, None);
        system.pass(Duration::from_secs(5)).await;
        let real = admin.post(PREVIEW, &show(json!({ "chat_id": chat }))).await.must_be(200);
        assert_eq!(real["parts"][0]["plain"], "Basic for Bob: pay");
        let nobody = admin.post(PREVIEW, &show(json!({ "chat_id": chat + 1 }))).await.must_be(404);
        assert_eq!(nobody["code"], "USER_NOT_FOUND");

        let broken = json!({ "content": { "text": "{{ nobody }} }}" } });
        let refused = admin.post(PREVIEW, &broken).await.must_be(422);
        assert_eq!(refused["code"], "TEMPLATE_RENDER_FAILED");
        assert_eq!(fields(&refused), ["text", "text"]);
        let unclear = json!({ "part": "middle", "sample": { "age": "7" } });
        let refused = admin.post(PREVIEW, &unclear).await.must_be(422);
        assert_eq!(refused["code"], "VALIDATION_FAILED");
        assert_eq!(fields(&refused), ["scenario", "part", "sample.age"]);
        system.settle().await;
        assert_eq!(received(system, &bot, chat).len(), 3, "a preview sends nothing");
    });
}

#[test]
fn days_in_texts_are_those_of_the_bots_time_zone() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        basic(&mut admin).await;
        let chat = starts(system, &bot, None);
        system.pass(Duration::from_secs(5)).await;
        let mut days = Vec::new();
        // Between these two it is always another day.
        for timezone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
            let zone = json!({ "timezone": timezone });
            let zone = admin.json(Method::PATCH, SETTINGS, &zone).await.must_be(200);
            assert_eq!(zone["timezone"], timezone);
            let content = json!({ "text": "Since {{ user.reg_date }}" });
            let since = json!({ "content": content, "chat_id": chat });
            let shown = admin.post(PREVIEW, &since).await.must_be(200);
            days.push(shown["parts"][0]["plain"].clone());
        }
        assert_ne!(days[0], days[1]);
        let nowhere = json!({ "timezone": "Europe/Atlantis" });
        let refused = admin.json(Method::PATCH, SETTINGS, &nowhere).await.must_be(422);
        assert_eq!(fields(&refused), ["timezone"]);
        assert_eq!(admin.get(SETTINGS).await.must_be(200)["timezone"], "Etc/GMT+12");
    });
}

#[test]
fn steps_are_listed_in_pages_in_their_order() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        basic(&mut admin).await;
        add(&mut admin, "zero", 0, json!({ "before": "one" })).await;
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("{STEPS}?limit=3{cursor}")).await.must_be(200);
            let items = page["items"].as_array().expect("a list");
            listed.extend(items.iter().map(|it| (it["slug"].clone(), it["number"].clone())));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let expected = [("zero", 1), ("one", 2), ("two", 3), ("three", 4)];
        assert_eq!(listed, expected.map(|(slug, number)| (json!(slug), json!(number))));
        let body = json!({ "text": "Once", "timing": {} }).to_string();
        let headers = [
            (header::HeaderName::from_static("idempotency-key"), "one-key"),
            (header::CONTENT_TYPE, "application/json"),
        ];
        let mut slugs = Vec::new();
        for _ in 0..2 {
            let added = admin.send(Method::POST, STEPS, &headers, body.clone().into()).await;
            slugs.push(added.must_be(201)["slug"].clone());
        }
        assert_eq!(slugs, ["msg_1", "msg_1"], "the same request adds one step");
        assert_eq!(order(&mut admin).await.len(), 5);
        assert_eq!(
            admin.get(&format!("{BOT}/scenarios")).await.must_be(200)["items"][0]["steps"],
            5
        );
    });
}

#[test]
fn the_platforms_bot_has_no_scenarios_that_a_company_writes() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        for path in ["scenarios", "scenario-settings", "button-sets"] {
            let path = format!("/api/telegram/bots/default/{path}");
            assert_eq!(admin.get(&path).await.must_be(404)["code"], "NOT_FOUND");
        }
    });
}
