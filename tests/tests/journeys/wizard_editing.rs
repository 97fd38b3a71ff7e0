//! The wizard: an admin changes the messages that a scenario has, while people receive them and another
//! admin works on the same.

use std::time::Duration;

use http::Method;
use serde_json::json;
use tests::{TestSystem, journey};

use crate::bots::received;
use crate::wizard::Admin;

const SCENARIOS: &str = "/api/telegram/bots/course/scenarios";
const STEPS: &str = "/api/telegram/bots/course/scenarios/course/steps";
const HOUR: Duration = Duration::from_hours(1);

/// A scenario with three messages: one at once, two an hour after each other.
async fn course(admin: &mut Admin<'_>) {
    admin.browser.post(SCENARIOS, &json!({ "name": "Course" })).await.must_be(201);
    for (text, hours) in [("First", 0), ("Second", 1), ("Third", 1)] {
        let step = json!({ "text": text, "timing": { "hours": hours } });
        admin.browser.post(STEPS, &step).await.must_be(201);
    }
}

/// Somebody who has just begun with it: their chat.
async fn newcomer(system: &TestSystem, admin: &Admin<'_>) -> i64 {
    let bob = system.phone("Bob");
    system.telegram().start(&admin.bot, bob, None).expect("it starts");
    system.pass(Duration::from_secs(5)).await;
    bob
}

/// To the list of the scenario's messages; what it says.
async fn list(admin: &Admin<'_>) -> String {
    let general = admin.say("/edit_scenario course").await;
    assert!(general.contains("Course"), "{general}");
    admin.press("Messages").await
}

#[test]
fn an_admin_changes_adds_and_deletes_messages_and_who_is_under_way_gets_them_as_they_are_then() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        course(&mut admin).await;
        let bob = newcomer(system, &admin).await;

        let listed = list(&admin).await;
        assert!(listed.contains("2. msg_2 – 1 h: Second"), "{listed}");
        let review = admin.press("✏️ 2").await;
        assert!(review.contains("Second"), "{review}");
        admin.press("Edit").await;
        admin.press("Text").await;
        let refused = admin.say("{{ user.nothing }}").await;
        assert!(!refused.contains("Please check"), "{refused}");
        let review = admin.say("Second, *better*").await;
        assert!(review.contains("better"), "{review}");
        admin.press("Edit").await;
        admin.press("Delay").await;
        admin.say("30m").await;
        let listed = admin.press("Confirm").await;
        assert!(listed.contains("✏️ 2. msg_2"), "{listed}");

        admin.press("✏️ 3").await;
        let asked = admin.press("Delete").await;
        assert!(asked.contains("Delete this message?"), "{asked}");
        let listed = admin.press("Confirm").await;
        assert!(listed.contains("🗑 3. msg_3"), "{listed}");

        admin.press("✏️ 1").await;
        admin.press("after it").await;
        admin.say("Between").await;
        admin.press("Done").await;
        admin.say("10m").await;
        admin.press("Skip").await;
        let listed = admin.press("Confirm").await;
        assert!(listed.contains("New messages: 1"), "{listed}");
        assert_eq!(received(system, &admin.bot, bob), ["First"], "nothing is changed yet");
        let saved = admin.press("Save").await;
        assert!(saved.contains("saved"), "{saved}");

        system.pass(3 * HOUR).await;
        let got = received(system, &admin.bot, bob);
        assert_eq!(got, ["First", "Between", "Second, better"]);
    });
}

#[test]
fn a_message_that_an_admin_moves_comes_where_it_stands_then() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        course(&mut admin).await;
        let bob = newcomer(system, &admin).await;
        list(&admin).await;
        admin.press("✏️ 3").await;
        let asked = admin.press("Move").await;
        assert!(asked.contains("Behind which message"), "{asked}");
        let listed = admin.press("⤵️ 1").await;
        assert!(listed.contains("↕️ 2. msg_3") && listed.contains("3. msg_2"), "{listed}");
        admin.press("Save").await;
        system.pass(3 * HOUR).await;
        assert_eq!(received(system, &admin.bot, bob), ["First", "Third", "Second"]);
    });
}

#[test]
fn of_two_admins_at_once_each_changes_what_they_have_changed_and_no_more() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        course(&mut admin).await;
        list(&admin).await;
        admin.press("✏️ 2").await;
        admin.press("Edit").await;
        admin.press("Text").await;
        admin.say("Second in the chat").await;
        admin.press("Confirm").await;

        // Another admin has the dashboard open.
        let path = "/api/telegram/bots/course/scenarios/course";
        let renamed = json!({ "name": "Renamed" });
        admin.browser.json(Method::PATCH, path, &renamed).await.must_be(200);
        let sooner = json!({ "timing": { "minutes": 5 } });
        admin.browser.json(Method::PATCH, &format!("{STEPS}/msg_2"), &sooner).await.must_be(200);
        admin.press("Save").await;

        let scenario = admin.browser.get(path).await.must_be(200);
        assert_eq!(scenario["name"], json!("Renamed"), "the chat did not change it");
        let step = admin.browser.get(&format!("{STEPS}/msg_2")).await.must_be(200);
        assert_eq!(step["text"], json!("Second in the chat"));
        assert_eq!(step["timing"]["minutes"], json!(5), "{step}");
    });
}

#[test]
fn a_message_that_is_gone_by_then_is_said_to_be_and_the_rest_can_be_saved() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        course(&mut admin).await;
        list(&admin).await;
        for (number, text) in [("✏️ 2", "Second, changed"), ("✏️ 3", "Third, changed")] {
            admin.press(number).await;
            admin.press("Edit").await;
            admin.press("Text").await;
            admin.say(text).await;
            admin.press("Confirm").await;
        }
        let gone = format!("{STEPS}/msg_2");
        let deleted = admin.browser.json(Method::DELETE, &gone, &json!({})).await;
        assert_eq!(deleted.status, 204, "{}", deleted.body);

        let refused = admin.press("Save").await;
        assert!(refused.contains("msg_2"), "{refused}");
        let third = format!("{STEPS}/msg_3");
        let before = admin.browser.get(&third).await.must_be(200);
        assert_eq!(before["text"], json!("Third"), "all is saved, or nothing");
        // The refusal has no buttons: the list is asked for by something that it does not take.
        let listed = admin.say("?").await;
        assert!(listed.contains("msg_2"), "{listed}");
        let listed = admin.press("✏️ 2").await;
        assert!(!listed.contains("msg_2") && listed.contains("msg_3"), "{listed}");
        admin.press("Save").await;
        let after = admin.browser.get(&third).await.must_be(200);
        assert_eq!(after["text"], json!("Third, changed"));
    });
}

#[test]
fn what_is_cancelled_or_forgotten_leaves_the_messages_as_they_were() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        course(&mut admin).await;
        for ends_by_time in [false, true] {
            list(&admin).await;
            admin.press("✏️ 1").await;
            admin.press("Delete").await;
            admin.press("Confirm").await;
            if ends_by_time {
                system.pass(Duration::from_mins(31)).await;
            } else {
                let cancelled = admin.say("/cancel").await;
                assert!(cancelled.contains("Nothing was saved"), "{cancelled}");
            }
        }
        let steps = admin.browser.get(STEPS).await.must_be(200);
        assert_eq!(steps["items"].as_array().map(Vec::len), Some(3), "{steps}");
    });
}
