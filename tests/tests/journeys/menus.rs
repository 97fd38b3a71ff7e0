//! The menu of commands in the chats of a bot's admins.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tests::{Browser, TestSystem, journey};

use crate::accounts::tokens;
use crate::wizard::Admin;

const CAROL: &str = "carol@example.com";

/// Another admin of the company.
async fn colleague(system: &TestSystem, ada: &mut Browser) -> Browser {
    accepts(system, ada, (CAROL, "carol")).await
}

/// Somebody accepts an invitation to be an admin, with their account if they have one.
async fn accepts(system: &TestSystem, by: &mut Browser, (email, name): (&str, &str)) -> Browser {
    let invite = json!({ "email": email, "role": "admin" });
    by.post("/api/public/company/invitations", &invite).await.must_be(201);
    system.settle().await;
    let token = tokens(system, email, "/accept-invitation").pop().expect("a mail");
    let accept = json!({ "token": token, "username": name, "password": "correct horse" });
    let mut browser = system.stranger();
    browser.post("/api/public/auth/accept-invitation", &accept).await.must_be(201);
    browser
}

/// Whether the menu of this chat has the commands of admins.
fn is_admins(system: &TestSystem, bot: &str, chat: i64) -> bool {
    system.telegram().menu(bot, chat, "en").contains(&"create_scenario".to_owned())
}

#[test]
fn an_admins_chat_has_the_commands_of_admins_for_as_long_as_they_are_one() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let ada = system.telegram().menu(&admin.bot, admin.chat, "en");
        assert!(ada.contains(&"create_scenario".to_owned()), "{ada:?}");
        assert!(ada.contains(&"start".to_owned()), "everyone's, too: {ada:?}");
        assert_eq!(system.telegram().menu(&admin.bot, admin.chat, "ru"), ada);
        let bob = system.phone("Bob");
        system.telegram().start(&admin.bot, bob, None).expect("it starts");
        system.pass(Duration::from_secs(3)).await;
        let others = system.telegram().menu(&admin.bot, bob, "en");
        assert!(!others.contains(&"create_scenario".to_owned()), "{others:?}");

        let mut carol = colleague(system, &mut admin.browser).await;
        let me: Value = admin.browser.get("/api/public/auth/me").await.must_be(200);
        let path = format!("/api/public/company/members/{}", me["id"].as_str().expect("an id"));
        for (role, is_admin) in [("member", false), ("admin", true)] {
            carol.json(Method::PATCH, &path, &json!({ "role": role })).await.must_be(200);
            system.pass(Duration::from_secs(3)).await;
            let ada = system.telegram().menu(&admin.bot, admin.chat, "ru");
            assert_eq!(ada.contains(&"create_scenario".to_owned()), is_admin, "{role}: {ada:?}");
            assert!(ada.contains(&"start".to_owned()), "{role}: {ada:?}");
        }

        // Taken out of the company, and invited again: their chat with its bot is still theirs.
        let of_admin = || is_admins(system, &admin.bot, admin.chat);
        carol.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        system.pass(Duration::from_secs(3)).await;
        assert!(!of_admin(), "removed");
        let email = me["email"].as_str().expect("an address");
        let mut ada = accepts(system, &mut carol, (email, "ada")).await;
        system.pass(Duration::from_secs(3)).await;
        assert!(of_admin(), "an admin again");
        let password = json!({ "password": "correct horse" });
        ada.json(Method::DELETE, "/api/public/auth/me", &password).await.must_be(204);
        system.pass(Duration::from_secs(3)).await;
        assert!(!of_admin(), "the account is deleted");
    });
}

#[test]
fn a_guest_who_was_made_an_admin_loses_the_commands_of_admins_when_they_are_erased() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let invite = json!({ "target_name": "Shoes", "bot": "course" });
        let invite = admin.browser.post("/api/telegram/invites", &invite).await.must_be(201);
        let (_, payload) =
            invite["url"].as_str().and_then(|url| url.split_once("start=")).expect("a payload");
        let phone = system.phone("Bob");
        system.telegram().start(&admin.bot, phone, Some(payload)).expect("it starts");
        system.pass(Duration::from_secs(3)).await;
        let members = admin.browser.get("/api/public/company/members").await.must_be(200);
        let mut members = members["items"].as_array().expect("a list").iter();
        let guest = members.find(|it| it["guest"] == true).expect("a guest");
        let id = guest["id"].as_str().expect("an id");
        let of_admin = || is_admins(system, &admin.bot, phone);
        let path = format!("/api/public/company/members/{id}");
        let role = json!({ "role": "admin" });
        admin.browser.json(Method::PATCH, &path, &role).await.must_be(200);
        system.pass(Duration::from_secs(3)).await;
        assert!(of_admin(), "made an admin");
        let path = format!("/api/public/company/guests/{id}");
        admin.browser.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        system.pass(Duration::from_secs(3)).await;
        assert!(!of_admin(), "erased");
    });
}

#[test]
fn a_chat_that_is_an_admins_no_more_loses_the_commands_of_admins() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let menu = || system.telegram().menu(&admin.bot, admin.chat, "en");
        assert!(menu().contains(&"create_scenario".to_owned()), "{:?}", menu());
        let channels = admin.browser.get("/api/notifications/channels").await.must_be(200);
        let mut channels = channels["items"].as_array().expect("a list").iter();
        let channel = channels.find(|it| it["channel_type"] == "TELEGRAM").expect("their chat");
        let id = channel["id"].as_str().expect("an id");
        let path = format!("/api/notifications/channels/{id}");
        admin.browser.send(Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(204);
        system.pass(Duration::from_secs(3)).await;
        assert!(!menu().contains(&"create_scenario".to_owned()), "{:?}", menu());
        assert!(menu().contains(&"start".to_owned()), "{:?}", menu());
    });
}
