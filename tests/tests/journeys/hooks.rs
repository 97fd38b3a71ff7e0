//! Addresses of services become channels, and are written to.

use domain::channel::HookKind;
use http::Method;
use serde_json::{Value, json};
use simulators::hook::{Fault, Service};
use tests::{Browser, TestSystem, journey};

use crate::offer;

const BIKES: &str = "https://shop.example/bikes";
const CHANNELS: &str = "/api/notifications/channels";
const DISCORD: &str = "api/webhooks/1/token";
const SLACK: &str = "services/T0/B0/token";
const SERVER: &str = "mine";

pub(crate) const ALL: [(&str, Service, &str); 3] = [
    ("DISCORD", Service::Discord, DISCORD),
    ("SLACK", Service::Slack, SLACK),
    ("WEBHOOK", Service::Webhook, SERVER),
];

#[test]
fn every_kind_of_address_is_in_the_list_of_these_journeys() {
    let kinds: Vec<&str> = HookKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(ALL.map(|(kind, ..)| kind).to_vec(), kinds);
}

fn address(system: &TestSystem, service: Service, address: &str) -> String {
    format!("{}/simulator/{}/{address}", system.system.base_url, service.name())
}

fn channel(system: &TestSystem, (kind, service, place): (&str, Service, &str)) -> Value {
    json!({ "channel_type": kind, "details": { "url": address(system, service, place) } })
}

async fn links(browser: &mut Browser, channel: &Value) {
    let target = json!({ "name": "Bikes", "page_urls": [BIKES] });
    let target = browser.post("/api/public/targets", &target).await.must_be(201);
    let path = format!(
        "/api/public/targets/{}/channels/{}",
        target["id"].as_str().expect("an id"),
        channel["id"].as_str().expect("an id"),
    );
    browser.json(Method::PUT, &path, &json!({})).await.must_be(200);
}

/// Someone who watches, told at this address.
pub(crate) async fn watches(
    system: &TestSystem,
    name: &str,
    kind: (&str, Service, &str),
) -> (Browser, Value) {
    let mut browser = system.sign_up(name).await;
    let channel = browser.post(CHANNELS, &channel(system, kind)).await.must_be(201);
    links(&mut browser, &channel).await;
    (browser, channel)
}

/// How many messages about an offer arrived at an address.
pub(crate) fn about(
    system: &TestSystem,
    (_, service, place): (&str, Service, &str),
    number: u32,
) -> usize {
    let arrived = system.system.hooks.arrived(service, place);
    let title = format!("Bike {number}");
    arrived.iter().filter(|body| body.to_string().contains(&title)).count()
}

#[test]
fn an_address_that_takes_the_test_message_is_a_channel_and_hears_of_offers() {
    journey(async |system| {
        for (number, kind) in (1..).zip(ALL) {
            let (mut ada, made) = watches(system, &format!("ada{number}"), kind).await;
            assert_eq!(made["status"], "ACTIVE");
            let shown = made["details"]["url"].as_str().expect("a beginning");
            assert!(!shown.contains("token") && !shown.contains("mine"), "{shown}");
            system.post(&offer(BIKES, number)).await;
            system.settle().await;
            assert_eq!(about(system, kind, number), 1, "{kind:?}");
            // The same address is the same channel. Slack takes one message a second.
            system.pass(std::time::Duration::from_secs(3)).await;
            let again = ada.post(CHANNELS, &channel(system, kind)).await.must_be(200);
            assert_eq!(again["id"], made["id"]);
            let gone = format!("{CHANNELS}/{}", made["id"].as_str().expect("an id"));
            ada.send(Method::DELETE, &gone, &[], bytes::Bytes::new()).await.must_be(204);
        }
    });
}

#[test]
fn an_address_that_two_requests_add_at_once_is_one_channel() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let mut twin = ada.clone();
        // Slack would not take the second test message so soon.
        for kind in [ALL[0], ALL[2]] {
            let body = channel(system, kind);
            let (one, other) =
                futures::future::join(ada.post(CHANNELS, &body), twin.post(CHANNELS, &body)).await;
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 201], "{kind:?}");
            assert_eq!(one.body["id"], other.body["id"]);
            let secrets = [&one, &other].map(|it| it.body["signing_secret"].is_string());
            let made = [&one, &other].map(|it| it.status == 201 && kind.0 == "WEBHOOK");
            assert_eq!(secrets, made, "only whoever made it is shown its secret");
            let listed = ada.get(CHANNELS).await.must_be(200);
            let listed = listed["items"].as_array().expect("a list");
            let of_kind = listed.iter().filter(|it| it["channel_type"] == kind.0);
            assert_eq!(of_kind.count(), 1, "{kind:?}");
        }
    });
}

#[test]
fn an_address_that_refuses_is_no_channel_and_says_why() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        for kind in ALL {
            system.system.hooks.set_gone(kind.1, kind.2, true);
            let answer = ada.post(CHANNELS, &channel(system, kind)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (422, "CHANNEL_REFUSED"),
                "{kind:?}"
            );
        }
        for (kind, url) in [
            ("DISCORD", "https://discord.com.evil.example/api/webhooks/1/a"),
            ("SLACK", "https://evil.example/services/T/B/x"),
            ("WEBHOOK", "ftp://evil.example/"),
        ] {
            let channel = json!({ "channel_type": kind, "details": { "url": url } });
            let answer = ada.post(CHANNELS, &channel).await;
            assert_eq!(answer.status.as_u16(), 422);
            assert_eq!(answer.body["errors"][0]["field"], "details.url", "{url}");
        }
    });
}

#[test]
fn messages_to_a_webhook_are_signed_with_a_secret_that_is_shown_once() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let kind = ALL[2];
        let keyed = [
            (http::header::CONTENT_TYPE, "application/json"),
            (http::HeaderName::from_static("idempotency-key"), "one"),
        ];
        let body = bytes::Bytes::from(channel(system, kind).to_string());
        let made = ada.send(Method::POST, CHANNELS, &keyed, body.clone()).await.must_be(201);
        let secret = made["signing_secret"].as_str().expect("it is shown").to_owned();
        assert!(secret.starts_with("whsec_"));
        let replayed = ada.send(Method::POST, CHANNELS, &keyed, body).await.must_be(201);
        assert_eq!((&replayed["id"], &replayed["signing_secret"]), (&made["id"], &Value::Null));
        system.system.hooks.expect_secret(SERVER, &secret);
        links(&mut ada, &made).await;
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert_eq!(about(system, kind, 1), 1);
        let posts = system.system.hooks.posts(Service::Webhook);
        assert!(posts.iter().all(|post| post.taken), "{posts:?}");
        // Nothing of it stands in the table as it is.
        let items: String = system.items.all().into_values().collect();
        assert!(!items.contains(&secret) && !items.contains("/simulator/webhook/mine"));
    });
}

#[test]
fn each_service_may_fail_in_every_way_and_each_offer_arrives() {
    journey(async |system| {
        for (person, kind) in ALL.into_iter().enumerate() {
            watches(system, &format!("ada{person}"), kind).await;
        }
        let faults = [
            Fault::TooManyRequests { retry_after_ms: 30_400 },
            Fault::Status { status: 502 },
            Fault::LostBefore,
        ];
        for (number, fault) in (1..).zip(faults) {
            for service in Service::ALL {
                system.system.hooks.inject(service, fault.clone(), 2);
            }
            system.post(&offer(BIKES, number)).await;
            system.settle().await;
            for kind in ALL {
                assert_eq!(about(system, kind, number), 1, "{fault:?} {kind:?}");
            }
        }
    });
}

#[test]
fn a_webhook_knows_a_repeat_by_its_id_and_people_by_a_line() {
    journey(async |system| {
        for (person, kind) in ALL.into_iter().enumerate() {
            watches(system, &format!("ada{person}"), kind).await;
            system.system.hooks.inject(kind.1, Fault::LostAfter, 1);
        }
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        for kind in ALL {
            assert_eq!(about(system, kind, 1), 2, "{kind:?}");
        }
        let posts = system.system.hooks.posts(Service::Webhook);
        let ids: Vec<_> = posts.iter().rev().take(2).map(|post| post.id.clone()).collect();
        assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
        for kind in &ALL[..2] {
            let arrived = system.system.hooks.arrived(kind.1, kind.2);
            let marks = arrived.iter().filter(|body| body.to_string().contains("already")).count();
            assert_eq!(marks, 1, "{kind:?}");
        }
    });
}

#[test]
fn an_address_that_is_gone_is_blocked_until_a_test_message_arrives() {
    journey(async |system| {
        for (person, kind) in ALL.into_iter().enumerate() {
            let (mut ada, made) = watches(system, &format!("ada{person}"), kind).await;
            let path = format!("{CHANNELS}/{}", made["id"].as_str().expect("an id"));
            let test = format!("{path}/test");
            system.system.hooks.set_gone(kind.1, kind.2, true);
            system.post(&offer(BIKES, 1 + u32::try_from(person).expect("small"))).await;
            system.settle().await;
            let blocked = ada.get(&path).await.must_be(200);
            assert_eq!(blocked["status"], "BLOCKED", "{kind:?}");
            assert!(blocked["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
            ada.act(&test).await.must_be(422);
            system.system.hooks.set_gone(kind.1, kind.2, false);
            // Slack takes one message a second.
            system.pass(std::time::Duration::from_secs(3)).await;
            ada.act(&test).await.must_be(200);
            assert_eq!(ada.get(&path).await.must_be(200)["status"], "ACTIVE");
        }
    });
}

#[test]
fn a_test_while_a_service_is_out_of_order_blocks_nothing() {
    journey(async |system| {
        for (number, kind) in (1..).zip(ALL) {
            let (mut ada, made) = watches(system, &format!("ada{number}"), kind).await;
            let path = format!("{CHANNELS}/{}", made["id"].as_str().expect("an id"));
            for fault in [
                Fault::Status { status: 502 },
                Fault::Status { status: 400 },
                Fault::LostBefore,
                Fault::LostAfter,
            ] {
                // Slack takes one message a second.
                system.pass(std::time::Duration::from_secs(3)).await;
                // What is refused is tried once more in its plainest form.
                system.system.hooks.inject(kind.1, fault.clone(), 2);
                let refused = ada.act(&format!("{path}/test")).await;
                let said = (refused.status.as_u16(), refused.code());
                assert_eq!(said, (422, "CHANNEL_REFUSED"), "{fault:?} {kind:?}");
                assert_eq!(ada.get(&path).await.must_be(200)["status"], "ACTIVE", "{fault:?}");
                system.system.hooks.clear_faults();
            }
            system.pass(std::time::Duration::from_secs(3)).await;
            system.post(&offer(BIKES, number)).await;
            system.settle().await;
            assert_eq!(about(system, kind, number), 1, "{kind:?}");
        }
    });
}

#[test]
fn redirects_are_not_followed() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let location = address(system, Service::Discord, DISCORD);
        system.system.hooks.inject(Service::Webhook, Fault::Redirect { location }, 1);
        let answer = ada.post(CHANNELS, &channel(system, ALL[2])).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "CHANNEL_REFUSED"));
        let said = answer.body["detail"].as_str().unwrap_or_default();
        assert!(said.contains("redirect"), "{said}");
        assert!(system.system.hooks.posts(Service::Discord).is_empty());
    });
}

#[test]
fn who_does_not_answer_holds_up_nobody_else() {
    journey(async |system| {
        let (_, _) = watches(system, "slow", ALL[2]).await;
        let other = ("WEBHOOK", Service::Webhook, "other");
        watches(system, "other", other).await;
        let friend = system.watcher("friend", &[BIKES]).await;
        // The first address answers nothing but 500 for hours.
        system.system.hooks.set_gone(Service::Webhook, SERVER, false);
        system.system.hooks.inject(Service::Webhook, Fault::Status { status: 500 }, 1);
        system.post(&offer(BIKES, 1)).await;
        system.pass(std::time::Duration::from_secs(1)).await;
        let received = system.received(friend.chat);
        assert_eq!(crate::about(&received, 1), 1);
        system.settle().await;
        assert_eq!(about(system, ALL[2], 1) + about(system, other, 1), 2);
    });
}
