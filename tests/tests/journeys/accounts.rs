//! Accounts over mail: a forgotten password, a colleague who is invited, an account that goes.

use std::time::Duration;

use domain::account::{Company, Invitation};
use domain::engine::{Decision, Write};
use http::Method;
use serde_json::{Value, json};
use simulators::courier::Mail;
use tests::{Browser, TestSystem, journey};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const RESET: &str = "/api/public/auth/password-reset";
const CONFIRM: &str = "/api/public/auth/password-reset/confirm";
const ACCEPT: &str = "/api/public/auth/accept-invitation";
const INVITATIONS: &str = "/api/public/company/invitations";

/// The token in the link of a mail whose link leads there.
pub(crate) fn tokens(system: &TestSystem, to: &str, path: &str) -> Vec<String> {
    let links = system.mails().mails_to(to).into_iter().flat_map(|mail: Mail| mail.links());
    let urls = links.map(|link| url::Url::parse(&link).expect("an address"));
    let there = urls.filter(|url| url.path() == path);
    there.map(|url| url.query_pairs().next().expect("a token").1.into_owned()).collect()
}

fn log_in(name: &str, password: &str) -> Value {
    json!({ "username": name, "password": password })
}

async fn status(browser: &mut Browser, path: &str, body: &Value) -> u16 {
    browser.post(path, body).await.status.as_u16()
}

/// Asks for a reset and gives the token of the mail.
async fn reset_token(system: &TestSystem) -> String {
    let asked = status(&mut system.stranger(), RESET, &json!({ "email": "Ada@Example.com" })).await;
    assert_eq!(asked, 202);
    system.settle().await;
    tokens(system, ADA, "/reset-password").pop().expect("a mail")
}

/// Lets the time of all invitations run out: a week of minutes would take too long.
async fn age(system: &TestSystem) {
    let app = &system.system.app;
    let open: Vec<Invitation> = app.table.scan().await.expect("readable");
    let mut decision = Decision::new(app.env.id(), app.env.now(), ());
    let over = open.into_iter().map(|it| Invitation { expires_at: app.env.now(), ..it });
    decision.writes.extend(over.map(|it| Write::Put(it.into())));
    app.table.commit(&decision).await.expect("committed");
}

#[test]
fn user_registration_and_first_login() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let me = ada.get("/api/public/auth/me").await.must_be(200);
        assert_eq!(me["username"], "ada", "signed up is logged in");
        let mut elsewhere = system.stranger();
        let login = "/api/public/auth/login";
        elsewhere.post(login, &log_in("ada", "correct horse")).await.must_be(200);
        assert_eq!(elsewhere.get("/api/public/auth/me").await.must_be(200)["id"], me["id"]);
    });
}

#[test]
fn a_forgotten_password_is_reset_by_mail_and_every_session_ends() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let token = reset_token(system).await;
        let new = json!({ "token": token, "new_password": "battery staple" });
        system.stranger().post(CONFIRM, &new).await.must_be(204);
        system.settle().await;
        assert_eq!(ada.get("/api/public/auth/me").await.status.as_u16(), 401);
        let login = "/api/public/auth/login";
        let mut again = system.stranger();
        assert_eq!(status(&mut again, login, &log_in("ada", "correct horse")).await, 401);
        assert_eq!(status(&mut again, login, &log_in("ada", "battery staple")).await, 200);
        // The second look ends none that began since.
        system.pass(Duration::from_mins(5)).await;
        again.get("/api/public/auth/me").await.must_be(200);
    });
}

#[test]
fn a_reset_works_once_for_an_hour_and_voids_the_other_mails() {
    journey(async |system| {
        system.sign_up("ada").await;
        let (first, second) = (reset_token(system).await, reset_token(system).await);
        assert_ne!(first, second);
        let with = |token: &str| json!({ "token": token, "new_password": "battery staple" });
        let mut answers = Vec::new();
        system.stranger().post(CONFIRM, &with(&first)).await.must_be(204);
        for token in [first.as_str(), second.as_str(), "nobody has this one"] {
            let answer = system.stranger().post(CONFIRM, &with(token)).await;
            answers.push((answer.status.as_u16(), answer.body));
        }
        let late = reset_token(system).await;
        system.pass(Duration::from_hours(1)).await;
        let answer = system.stranger().post(CONFIRM, &with(&late)).await;
        answers.push((answer.status.as_u16(), answer.body));
        assert_eq!(answers[0].0, 422);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    });
}

#[test]
fn an_address_that_nobody_has_is_answered_like_any_other_and_gets_no_mail() {
    journey(async |system| {
        system.sign_up("ada").await;
        system.settle().await;
        let app = &system.system.app;
        let mut answers = Vec::new();
        for email in [ADA, "nobody@example.com"] {
            app.table.meter().take();
            let answer = system.stranger().post(RESET, &json!({ "email": email })).await;
            answers.push((answer.status.as_u16(), answer.body));
            system.settle().await;
        }
        assert_eq!(answers[0], (202, Value::Null));
        assert_eq!(answers[0], answers[1]);
        assert_eq!(tokens(system, ADA, "/reset-password").len(), 1);
        assert!(system.mails().mails_to("nobody@example.com").is_empty());
    });
}

#[test]
fn too_many_resets_wait() {
    journey(async |system| {
        for _ in 0..5 {
            assert_eq!(status(&mut system.stranger(), RESET, &json!({ "email": ADA })).await, 202);
        }
        let held = system.stranger().post(RESET, &json!({ "email": ADA })).await;
        assert_eq!((held.status.as_u16(), held.code()), (429, "TOO_MANY_ATTEMPTS"));
        assert!(held.headers.contains_key(http::header::RETRY_AFTER));
    });
}

#[test]
fn a_colleague_is_invited_by_mail_and_joins_the_company() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let invited = ada.post(INVITATIONS, &json!({ "email": BOB })).await.must_be(201);
        assert_eq!(invited["role"], "member");
        system.settle().await;
        let token = tokens(system, BOB, "/accept-invitation").pop().expect("a mail");
        let accept = json!({ "token": token, "username": "bob", "password": "correct horse" });
        let mut bob = system.stranger();
        let user = bob.post(ACCEPT, &accept).await.must_be(201);
        assert_eq!((&user["email"], &user["role"]), (&json!(BOB), &json!("member")));
        bob.get("/api/public/auth/me").await.must_be(200);
        let channels = bob.get("/api/notifications/channels").await.must_be(200);
        let channels = channels["items"].as_array().expect("a list");
        let of_mail = (&json!("EMAIL"), &json!("ACTIVE"));
        assert_eq!(channels.len(), 1);
        assert_eq!((&channels[0]["channel_type"], &channels[0]["status"]), of_mail);
        let members = ada.get("/api/public/company/members").await.must_be(200);
        assert_eq!(members["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(ada.get(INVITATIONS).await.must_be(200)["items"], json!([]));
        let again = json!({ "token": token, "username": "eve", "password": "correct horse" });
        assert_eq!(status(&mut system.stranger(), ACCEPT, &again).await, 422);
    });
}

#[test]
fn a_colleague_who_has_an_account_moves_in_with_what_is_theirs() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let mut bob = system.sign_up("bob").await;
        let watch = json!({ "name": "Bikes", "page_urls": ["https://shop.example/bikes"] });
        bob.post("/api/public/targets", &watch).await.must_be(201);
        let key = json!({ "name": "CRM", "scopes": ["events"] });
        let key = bob.post("/api/public/company/api-keys", &key).await.must_be(201);
        ada.post(INVITATIONS, &json!({ "email": "Bob@Example.com" })).await.must_be(201);
        system.settle().await;
        let token = tokens(system, "Bob@Example.com", "/accept-invitation").pop().expect("a mail");
        let accept = async |name: &str, password: &str| {
            let said = json!({ "token": token, "username": name, "password": password });
            let answer = system.stranger().post(ACCEPT, &said).await;
            (answer.status.as_u16(), answer.code().to_owned())
        };
        let refused = |code: &str| (409, code.to_owned());
        assert_eq!(accept("robert", "battery staple").await, refused("ACCOUNT_EXISTS"));
        assert_eq!(accept("bob", "battery staple").await, refused("ACCOUNT_EXISTS"));
        assert_eq!(accept("bob", "correct horse").await, refused("COMPANY_NOT_EMPTY"));
        let path = format!("/api/public/company/api-keys/{}", key["id"].as_str().expect("an id"));
        bob.send(Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(204);
        assert_eq!(accept("Bob", "correct horse").await.0, 201);
        assert_eq!(accept("Bob", "correct horse").await.0, 422, "the link works once");
        system.settle().await;
        let company = |browser: Value| browser["id"].clone();
        let ours = company(ada.get("/api/public/company").await.must_be(200));
        assert_eq!(company(bob.get("/api/public/company").await.must_be(200)), ours);
        let me = bob.get("/api/public/auth/me").await.must_be(200);
        assert_eq!(me["role"], "member", "the session goes on, in the other role");
        let targets = bob.get("/api/public/targets").await.must_be(200);
        assert_eq!(targets["items"].as_array().map(Vec::len), Some(1));
        let members = ada.get("/api/public/company/members").await.must_be(200);
        assert_eq!(members["items"].as_array().map(Vec::len), Some(2));
        let companies: Vec<Company> = system.system.app.table.scan().await.expect("readable");
        assert_eq!(companies.len(), 1, "the one that nobody is left in is gone");
    });
}

#[test]
fn an_invitation_is_void_once_taken_back_replaced_or_too_old() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let invite = json!({ "email": BOB, "role": "admin" });
        ada.post(INVITATIONS, &invite).await.must_be(201);
        ada.post(INVITATIONS, &invite).await.must_be(201);
        let listed = ada.get(INVITATIONS).await.must_be(200);
        let items = listed["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "the second replaces the first");
        assert_eq!(items[0]["void"], false);
        system.settle().await;
        let path = format!("{INVITATIONS}/{}", items[0]["id"].as_str().expect("an id"));
        let revoke = async |ada: &mut Browser| {
            ada.send(Method::DELETE, &path, &[], bytes::Bytes::new()).await.status.as_u16()
        };
        assert_eq!((revoke(&mut ada).await, revoke(&mut ada).await), (204, 404));
        ada.post(INVITATIONS, &invite).await.must_be(201);
        system.settle().await;
        let sent = tokens(system, BOB, "/accept-invitation");
        assert!(sent.len() >= 2, "{sent:?}");
        age(system).await;
        assert_eq!(ada.get(INVITATIONS).await.must_be(200)["items"], json!([]));
        for token in sent {
            let accept = json!({ "token": token, "username": "bob", "password": "correct horse" });
            assert_eq!(status(&mut system.stranger(), ACCEPT, &accept).await, 422);
        }
    });
}

#[test]
fn an_invitation_is_void_once_whoever_sent_it_is_no_admin_any_more() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let (carol, dave) = ("carol@example.com", "dave@example.com");
        ada.post(INVITATIONS, &json!({ "email": carol, "role": "admin" })).await.must_be(201);
        system.settle().await;
        let token = tokens(system, carol, "/accept-invitation").pop().expect("a mail");
        let accept = json!({ "token": token, "username": "carol", "password": "correct horse" });
        let mut browser = system.stranger();
        let user = browser.post(ACCEPT, &accept).await.must_be(201);
        for email in [BOB, dave] {
            let invite = json!({ "email": email, "role": "admin" });
            browser.post(INVITATIONS, &invite).await.must_be(201);
        }
        system.settle().await;
        let token = tokens(system, dave, "/accept-invitation").pop().expect("a mail");
        let accept = json!({ "token": token, "username": "dave", "password": "correct horse" });
        assert_eq!(status(&mut system.stranger(), ACCEPT, &accept).await, 201);
        let path = format!("/api/public/company/members/{}", user["id"].as_str().expect("an id"));
        let member = json!({ "role": "member" });
        ada.json(Method::PATCH, &path, &member).await.must_be(200);
        ada.post(INVITATIONS, &json!({ "email": "eve@example.com" })).await.must_be(201);
        system.settle().await;
        let listed = ada.get(INVITATIONS).await.must_be(200);
        let listed = listed["items"].as_array().expect("a list").iter();
        let listed: Vec<_> = listed.map(|it| (it["email"].clone(), it["void"].clone())).collect();
        let told = [(BOB, true), ("eve@example.com", false)];
        assert_eq!(listed, told.map(|(email, void)| (json!(email), json!(void))));
        let token = tokens(system, BOB, "/accept-invitation").pop().expect("a mail");
        let accept = json!({ "token": token, "username": "bob", "password": "correct horse" });
        assert_eq!(status(&mut system.stranger(), ACCEPT, &accept).await, 422);
    });
}

#[test]
fn a_name_that_is_taken_leaves_the_invitation_open() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        ada.post(INVITATIONS, &json!({ "email": BOB })).await.must_be(201);
        system.settle().await;
        let token = tokens(system, BOB, "/accept-invitation").pop().expect("a mail");
        for (name, expected) in [("ADA", 409), ("b", 422), ("bob", 201)] {
            let accept = json!({ "token": token, "username": name, "password": "correct horse" });
            assert_eq!(status(&mut system.stranger(), ACCEPT, &accept).await, expected, "{name}");
        }
    });
}
