//! Whoever leaves a company hears nothing more of it, and leaves no chat of theirs behind.

use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use simulators::telegram::NewChat;
use tests::{Browser, TestSystem, journey};

use crate::accounts::tokens;
use crate::company_alerts::{Company, LINKS, company, of};

/// Somebody who accepts an invitation to the company.
async fn colleague(system: &TestSystem, company: &mut Company, name: &str) -> Browser {
    let email = format!("{name}@example.com");
    let invite = json!({ "email": email });
    company.admin.post("/api/public/company/invitations", &invite).await.must_be(201);
    system.settle().await;
    let token = tokens(system, &email, "/accept-invitation").pop().expect("a mail");
    let accept = json!({ "token": token, "username": name, "password": "correct horse" });
    let mut browser = system.stranger();
    browser.post("/api/public/auth/accept-invitation", &accept).await.must_be(201);
    browser
}

/// How somebody leaves.
#[derive(Clone, Copy, Debug)]
enum Way {
    Removed,
    Leaves,
    MovesElsewhere,
    DeletesAccount,
}

async fn leave(system: &TestSystem, way: Way, company: &mut Company, who: &mut Browser) {
    let me = who.get("/api/public/auth/me").await.must_be(200);
    let path = format!("/api/public/company/members/{}", me["id"].as_str().expect("an id"));
    match way {
        Way::Removed => {
            company.admin.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        }
        Way::Leaves => {
            who.json(Method::DELETE, &path, &json!({})).await.must_be(204);
        }
        Way::MovesElsewhere => {
            let mut eve = system.sign_up("eve").await;
            let email = me["email"].as_str().expect("an address");
            let invite = json!({ "email": email });
            eve.post("/api/public/company/invitations", &invite).await.must_be(201);
            system.settle().await;
            let token = tokens(system, email, "/accept-invitation").pop().expect("a mail");
            let accept = json!({ "token": token, "username": "bob", "password": "correct horse" });
            let path = "/api/public/auth/accept-invitation";
            system.stranger().post(path, &accept).await.must_be(201);
        }
        Way::DeletesAccount => {
            let password = json!({ "password": "correct horse" });
            let path = "/api/public/auth/me";
            who.json(Method::DELETE, path, &password).await.must_be(204);
        }
    }
}

/// Bob's phone and his group are told, and so is Ada's phone.
async fn tells_and_leaves(system: &TestSystem, way: Way) {
    let mut ada = company(system, "ada").await;
    let (adas, _) = ada.link(system, "Ada", json!({})).await;
    let mut bob = colleague(system, &mut ada, "bob").await;
    let phone = system.phone("Bob");
    let link = bob.post(LINKS, &json!({})).await.must_be(201);
    system.open(phone, link["url"].as_str().expect("a link"));
    let group = system.telegram().add_chat(&NewChat::group(None, "Ops")).expect("a group").id;
    system.telegram().acquaint(SIMULATED_BOT, group).expect("it is in the group");
    let link = bob.post(LINKS, &json!({})).await.must_be(201);
    let said = format!("/link@{SIMULATED_BOT} {}", link["link_token"].as_str().expect("a token"));
    system.telegram().say(SIMULATED_BOT, group, &said, Some(phone)).expect("it is said");
    let pending = bob.post(LINKS, &json!({})).await.must_be(201);
    system.settle().await;
    ada.post(json!({ "title": "Before" })).await;
    system.settle().await;
    for chat in [adas, phone, group] {
        assert_eq!(of(&system.received(chat), "Before"), 1, "{way:?}");
    }
    leave(system, way, &mut ada, &mut bob).await;
    ada.post(json!({ "title": "After" })).await;
    let late = system.phone("Bob's other phone");
    system.open(late, pending["url"].as_str().expect("a link"));
    system.settle().await;
    let after = [adas, phone, group].map(|chat| of(&system.received(chat), "After"));
    assert_eq!(after, [1, 0, 1], "{way:?}");
    assert_eq!(of(&system.received(late), "does not work"), 1, "{way:?}");
    let links = ada.admin.get(LINKS).await.must_be(200);
    let links = links["items"].as_array().expect("links").clone();
    let chats: Vec<_> = links.iter().map(|it| it["telegram_chat_id"].as_i64()).collect();
    assert_eq!(chats, [Some(adas), Some(group)], "{way:?}");
    assert_eq!((&links[1]["user_id"], &links[1]["created_by"]), (&Value::Null, &Value::Null));
}

#[test]
fn who_is_removed_is_told_nothing_more() {
    journey(async |system| tells_and_leaves(system, Way::Removed).await);
}

#[test]
fn who_leaves_is_told_nothing_more() {
    journey(async |system| tells_and_leaves(system, Way::Leaves).await);
}

#[test]
fn who_moves_into_another_company_is_told_nothing_more_by_the_one_before() {
    journey(async |system| tells_and_leaves(system, Way::MovesElsewhere).await);
}

#[test]
fn of_who_deletes_their_account_no_chat_stays_in_the_company() {
    journey(async |system| tells_and_leaves(system, Way::DeletesAccount).await);
}
