//! Addresses become channels, and are written to.

use std::time::Duration;

use app::engine::redrive::resume_bot;
use bytes::Bytes;
use domain::ids::BotId;
use http::{Method, header};
use serde_json::{Value, json};
use simulators::courier::{Fault, Mail, Status};
use simulators::telegram::{Fault as TelegramFault, FaultPlan};
use tests::{Answer, Browser, TestSystem, journey};

use crate::{about, offer};

const BIKES: &str = "https://shop.example/bikes";
const CHANNELS: &str = "/api/notifications/channels";
const ADA: &str = "ada@example.com";

/// Presses the button of the page that a mail's link opens.
pub(crate) async fn confirm(system: &TestSystem, mail: &Mail) -> String {
    let link = mail.links().into_iter().next().expect("a link");
    let link = url::Url::parse(&link).expect("an address");
    let path = &link[url::Position::BeforePath..];
    let mut reader = system.stranger();
    reader.get(path).await;
    press(&mut reader, &link).await
}

async fn press(reader: &mut Browser, link: &url::Url) -> String {
    let form = [(header::CONTENT_TYPE, "application/x-www-form-urlencoded")];
    let body = Bytes::from(link.query().unwrap_or_default().to_owned());
    let answer = reader.send(Method::POST, link.path(), &form, body).await;
    leads_to(&answer)
}

fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{answer:?}");
    answer.headers[header::LOCATION].to_str().expect("a path").to_owned()
}

fn mails(system: &TestSystem, to: &str) -> Vec<Mail> {
    system.mails().mails_to(to)
}

async fn channels(browser: &mut Browser) -> Vec<Value> {
    let body = browser.get(CHANNELS).await.must_be(200);
    body["items"].as_array().expect("a list").clone()
}

/// A target of Ada's that her confirmed address hears of.
async fn ada_watches(system: &TestSystem) -> Browser {
    let mut ada = system.sign_up("ada").await;
    system.settle().await;
    assert_eq!(confirm(system, &mails(system, ADA)[0]).await, "/confirm-email/done");
    let target = json!({ "name": "Bikes", "page_urls": [BIKES] });
    let target = ada.post("/api/public/targets", &target).await.must_be(201);
    let channel = channels(&mut ada).await[0]["id"].as_str().expect("an id").to_owned();
    let target = target["id"].as_str().expect("an id");
    let path = format!("/api/public/targets/{target}/channels/{channel}");
    ada.json(Method::PUT, &path, &json!({})).await.must_be(200);
    ada
}

#[test]
fn signing_up_mails_a_confirmation_and_only_the_button_confirms() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(
            (&channel["channel_type"], &channel["status"]),
            (&json!("EMAIL"), &json!("PENDING"))
        );
        let sent = mails(system, ADA);
        assert_eq!(sent.len(), 1);
        let link = url::Url::parse(&sent[0].links()[0]).expect("an address");
        // What scanners of mails do: follow every link, often.
        for _ in 0..3 {
            let page = system.stranger().get(&link[url::Position::BeforePath..]).await;
            assert_eq!(page.status.as_u16(), 200);
        }
        assert_eq!(channels(&mut ada).await[0]["status"], "PENDING");
        assert_eq!(press(&mut system.stranger(), &link).await, "/confirm-email/done");
        assert_eq!(channels(&mut ada).await[0]["status"], "ACTIVE");
        // Used and unknown are one answer.
        assert_eq!(press(&mut system.stranger(), &link).await, "/confirm-email/failed");
        let unknown = url::Url::parse("http://x/confirm-email?token=abc").expect("an address");
        assert_eq!(press(&mut system.stranger(), &unknown).await, "/confirm-email/failed");
    });
}

#[test]
fn of_many_clicks_at_once_exactly_one_confirms() {
    journey(async |system| {
        system.sign_up("ada").await;
        system.settle().await;
        let mail = mails(system, ADA).remove(0);
        let clicks = (0..6).map(|_| confirm(system, &mail));
        let ends = futures::future::join_all(clicks).await;
        assert_eq!(ends.iter().filter(|end| *end == "/confirm-email/done").count(), 1, "{ends:?}");
    });
}

#[test]
fn whoever_signs_up_is_written_to_in_the_language_of_their_browser() {
    journey(async |system| {
        let vera = "vera@example.com";
        let account = json!({ "username": "vera", "email": vera, "password": "correct horse" });
        let says = [
            (header::ACCEPT_LANGUAGE, "ru-RU,ru;q=0.9,en;q=0.8"),
            (header::CONTENT_TYPE, "application/json"),
        ];
        let account = Bytes::from(account.to_string());
        let path = "/api/public/auth/signup";
        let user = system.stranger().send(Method::POST, path, &says, account).await.must_be(201);
        assert_eq!(user["locale"], "ru");
        system.settle().await;
        assert_eq!(mails(system, vera)[0].subject, "Подтвердите адрес электронной почты");
    });
}

#[test]
fn a_resend_voids_the_mail_before_and_an_address_is_one_channel() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        system.settle().await;
        let again = json!({ "channel_type": "EMAIL", "details": { "address": "Ada@Example.com" } });
        let known = ada.post(CHANNELS, &again).await.must_be(200);
        let path = format!("{CHANNELS}/{}/resend", known["id"].as_str().expect("an id"));
        let russian = json!({ "locale": "ru" });
        ada.json(Method::PATCH, "/api/public/auth/me", &russian).await.must_be(200);
        ada.act(&path).await.must_be(200);
        system.settle().await;
        let sent = mails(system, ADA);
        assert_eq!(sent.len(), 2);
        let subjects: Vec<&str> = sent.iter().map(|mail| mail.subject.as_str()).collect();
        let both = ["Confirm your e-mail address", "Подтвердите адрес электронной почты"];
        assert_eq!(subjects, both, "each in the language of its time");
        assert_eq!(confirm(system, &sent[0]).await, "/confirm-email/failed");
        assert_eq!(confirm(system, &sent[1]).await, "/confirm-email/done");
        assert_eq!(ada.act(&path).await.code(), "CHANNEL_NOT_PENDING");
    });
}

#[test]
fn an_address_that_two_requests_add_at_once_is_one_channel_and_gets_one_mail() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let mut twin = ada.clone();
        let second =
            json!({ "channel_type": "EMAIL", "details": { "address": "second@example.com" } });
        let (one, other) =
            futures::future::join(ada.post(CHANNELS, &second), twin.post(CHANNELS, &second)).await;
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
        assert_eq!(one.body["id"], other.body["id"]);
        assert_eq!(channels(&mut ada).await.len(), 2, "with that of the sign-up");
        system.settle().await;
        assert_eq!(mails(system, "second@example.com").len(), 1);
    });
}

#[test]
fn an_unconfirmed_address_hears_nothing_and_a_confirmed_one_gets_offers() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let second =
            json!({ "channel_type": "EMAIL", "details": { "address": "second@example.com" } });
        let second = ada.post(CHANNELS, &second).await.must_be(201);
        system.settle().await;
        let target = json!({ "name": "Bikes", "page_urls": [BIKES] });
        let target = ada.post("/api/public/targets", &target).await.must_be(201);
        let path = format!(
            "/api/public/targets/{}/channels/{}",
            target["id"].as_str().expect("an id"),
            second["id"].as_str().expect("an id"),
        );
        ada.json(Method::PUT, &path, &json!({})).await.must_be(200);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let to = "second@example.com";
        assert_eq!(mails(system, to).len(), 1, "the confirmation alone");
        assert_eq!(confirm(system, &mails(system, to)[0]).await, "/confirm-email/done");
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let sent = mails(system, to);
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[1].subject, "Bike 2 – 240 EUR");
        assert!(sent[1].text.contains("https://shop.example/2") && sent[1].html.contains("Bikes"));
    });
}

#[test]
fn courier_may_fail_in_every_way_and_each_offer_is_one_mail() {
    journey(async |system| {
        ada_watches(system).await;
        let faults = [
            Fault::TooManyRequests { retry_after: 30 },
            Fault::ErrorBefore,
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::Unauthorized,
        ];
        for (number, fault) in (10..).zip(faults) {
            system.mails().inject(fault.clone(), 2);
            system.post(&offer(BIKES, number)).await;
            system.settle().await;
            let title = format!("Bike {number}");
            let sent = mails(system, ADA);
            let sent: Vec<_> = sent.iter().filter(|it| it.subject.contains(&title)).collect();
            assert_eq!(sent.len(), 1, "{fault:?}");
            // Its failures are kept under their keys: only another key got further.
            let marked = sent[0].text.contains("already");
            assert_eq!(marked, fault == Fault::ErrorBefore, "{fault:?}");
        }
        assert!(system.mails().calls().iter().any(|call| call.replayed), "a key was used again");
    });
}

#[test]
fn what_courier_says_of_a_mail_that_it_sent_and_then_failed_at_is_a_marked_repeat() {
    journey(async |system| {
        ada_watches(system).await;
        system.mails().inject(Fault::ErrorAfter, 1);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let sent = mails(system, ADA);
        let marks: Vec<bool> = sent[1..].iter().map(|it| it.text.contains("already")).collect();
        assert_eq!(marks, [false, true]);
    });
}

#[test]
fn confirmation_mails_are_limited_per_address() {
    journey(async |system| {
        let mut codes = Vec::new();
        for number in 0..7 {
            let mut someone = system.sign_up(&format!("user{number}")).await;
            let channel =
                json!({ "channel_type": "EMAIL", "details": { "address": "v@example.com" } });
            let answer = someone.post(CHANNELS, &channel).await;
            codes.push(answer.status.as_u16());
            assert_eq!(answer.headers.contains_key(header::RETRY_AFTER), codes.len() > 5);
        }
        assert_eq!(codes, [201, 201, 201, 201, 201, 429, 429]);
        system.settle().await;
        assert_eq!(mails(system, "v@example.com").len(), 5);
    });
}

#[test]
fn what_is_no_address_is_refused_with_its_field() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        for (details, field) in [
            (json!({}), "details.address"),
            (json!({ "address": "ada" }), "details.address"),
            (json!({ "address": ADA, "chat_id": 1 }), "details.chat_id"),
        ] {
            let channel = json!({ "channel_type": "EMAIL", "details": details });
            let answer = ada.post(CHANNELS, &channel).await;
            assert_eq!(answer.status.as_u16(), 422);
            assert_eq!(answer.body["errors"][0]["field"], field);
        }
    });
}

#[test]
fn an_address_that_mails_come_back_from_is_blocked_until_it_is_confirmed_again() {
    journey(async |system| {
        let mut ada = ada_watches(system).await;
        system.mails().set_bouncing(ADA, true);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(channel["status"], "BLOCKED");
        assert_eq!(channel["reason"], "the mail came back: BOUNCED");
        // Nothing more is sent there.
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        assert!(mails(system, ADA).iter().all(|mail| !mail.subject.contains("Bike 2")));
        system.mails().set_bouncing(ADA, false);
        let path = format!("{CHANNELS}/{}/resend", channel["id"].as_str().expect("an id"));
        assert_eq!(ada.act(&path).await.must_be(200)["status"], "PENDING");
        system.settle().await;
        let mail = mails(system, ADA).pop().expect("a mail");
        assert_eq!(confirm(system, &mail).await, "/confirm-email/done");
        system.post(&offer(BIKES, 3)).await;
        system.settle().await;
        assert!(mails(system, ADA).iter().any(|mail| mail.subject.contains("Bike 3")));
    });
}

#[test]
fn an_address_that_is_unsubscribed_and_entered_again_hears_nothing_until_it_is_confirmed() {
    journey(async |system| {
        let mut ada = ada_watches(system).await;
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let last = mails(system, ADA).pop().expect("a mail");
        assert!(system.mails().happen(&last.id, Status::Undeliverable, Some("UNSUBSCRIBED")));
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(channel["reason"], "the mail came back: UNSUBSCRIBED");
        let path = format!("{CHANNELS}/{}", channel["id"].as_str().expect("an id"));
        ada.send(Method::DELETE, &path, &[], Bytes::new()).await.must_be(204);
        let again = json!({ "channel_type": "EMAIL", "details": { "address": ADA } });
        let again = ada.post(CHANNELS, &again).await.must_be(201);
        assert_eq!(again["status"], "PENDING");
        let target = ada.get("/api/public/targets").await.must_be(200);
        let target = target["items"][0]["id"].as_str().expect("an id").to_owned();
        let id = again["id"].as_str().expect("an id");
        let linked = format!("/api/public/targets/{target}/channels/{id}");
        ada.json(Method::PUT, &linked, &json!({})).await.must_be(200);
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let sent = mails(system, ADA);
        assert!(sent.iter().all(|mail| !mail.subject.contains("Bike 2")));
        assert_eq!(confirm(system, sent.last().expect("a mail")).await, "/confirm-email/done");
        system.post(&offer(BIKES, 3)).await;
        system.settle().await;
        assert!(mails(system, ADA).iter().any(|mail| mail.subject.contains("Bike 3")));
    });
}

#[test]
fn an_address_that_a_test_message_comes_back_from_is_blocked() {
    journey(async |system| {
        let mut ada = ada_watches(system).await;
        let channel = channels(&mut ada).await.remove(0);
        let test = format!("{CHANNELS}/{}/test", channel["id"].as_str().expect("an id"));
        let taken = ada.act(&test).await.must_be(200);
        assert_eq!(taken, json!({ "delivered": false }), "nobody knows yet");
        system.settle().await;
        assert_eq!(channels(&mut ada).await[0]["status"], "ACTIVE");
        system.mails().set_bouncing(ADA, true);
        ada.act(&test).await.must_be(200);
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(channel["status"], "BLOCKED");
        assert_eq!(channel["reason"], "the mail came back: BOUNCED");
    });
}

#[test]
fn a_confirmation_that_comes_back_leaves_its_channel_pending_and_says_why() {
    journey(async |system| {
        system.mails().set_bouncing(ADA, true);
        let mut ada = system.sign_up("ada").await;
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(channel["status"], "PENDING");
        assert_eq!(channel["reason"], "the mail came back: BOUNCED");
    });
}

#[test]
fn news_of_mails_are_believed_with_couriers_signature_only() {
    journey(async |system| {
        let body = json!({ "type": "message:updated", "data": { "id": "1-2", "status": "SENT" } });
        let body = Bytes::from(body.to_string());
        let zero = format!("t=1700000000,signature={}", "0".repeat(64));
        for signature in ["", "t=1", &zero] {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::HeaderName::from_static("courier-signature"), signature),
            ];
            let path = "/api/webhooks/courier";
            let answer = system.stranger().send(Method::POST, path, &headers, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (403, "WRONG_SIGNATURE"));
        }
    });
}

#[test]
fn while_the_platforms_bot_is_stopped_mails_go_out_and_its_chats_hear_when_it_returns() {
    journey(async |system| {
        ada_watches(system).await;
        let bob = system.watcher("bob", &[BIKES]).await;
        let refused = FaultPlan { per_mille: Some(1_000), ..TelegramFault::Unauthorized.into() };
        system.telegram().inject(refused);
        for number in 1..=2 {
            system.post(&offer(BIKES, number)).await;
            system.pass(Duration::from_mins(10)).await;
        }
        let told = mails(system, ADA).into_iter().filter(|mail| mail.subject.contains("Bike"));
        let told: Vec<String> = told.map(|mail| mail.subject).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(about(&system.received(bob.chat), 1), 0);
        system.telegram().clear_faults();
        let app = &system.system.app;
        resume_bot(app, &BotId::default_bot(), |_| ()).await.expect("it returns");
        system.settle().await;
        let received = system.received(bob.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (1, 1), "{received:?}");
        assert_eq!(mails(system, ADA).len(), 3, "the confirmation, and each offer once");
    });
}

#[test]
fn confirmations_of_sign_ups_count_among_those_to_their_address() {
    journey(async |system| {
        for _ in 0..6 {
            let mut ada = system.sign_up("ada").await;
            system.settle().await;
            let password = json!({ "password": "correct horse" });
            ada.json(Method::DELETE, "/api/public/auth/me", &password).await.must_be(204);
            system.settle().await;
        }
        assert_eq!(mails(system, ADA).len(), 5);
        let mut ada = system.sign_up("ada").await;
        system.settle().await;
        let channel = channels(&mut ada).await.remove(0);
        assert_eq!(channel["status"], "PENDING");
        let resend = format!("{CHANNELS}/{}/resend", channel["id"].as_str().expect("an id"));
        assert_eq!(ada.act(&resend).await.status.as_u16(), 429);
        system.pass(Duration::from_hours(1)).await;
        ada.act(&resend).await.must_be(200);
        system.settle().await;
        let mail = mails(system, ADA).pop().expect("a mail");
        assert_eq!(confirm(system, &mail).await, "/confirm-email/done");
    });
}
