use std::collections::BTreeMap;

use domain::ids::TargetId;
use domain::message::{DigestMessage, Notice, OfferMessage};
use domain::offer::Listing;
use domain::url::CanonicalUrl;
use futures::executor::block_on;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::*;
use crate::stub::{Answer, Stub, answer};

const DISCORD: &str = "https://discord.com/api/webhooks/123/abc-DEF";
const SLACK: &str = "https://hooks.slack.com/services/T0/B0/abcdef";
const SERVER: &str = "https://receiver.example/hook?key=hush";

fn address(kind: HookKind) -> Url {
    let text = match kind {
        HookKind::Discord => DISCORD,
        HookKind::Slack => SLACK,
        HookKind::Webhook => SERVER,
    };
    read_address(kind, text, &config::Hooks::default()).expect("it is one of its own")
}

fn offer(title: &str) -> Content {
    let listing = Listing {
        title: title.to_owned(),
        price: Some("120.00".parse().expect("a price")),
        currency: Some("EUR".to_owned()),
        image_url: Some("https://shop.example/shoes.jpg".to_owned()),
        description: Some("Red & *light* <b>shoes</b>".to_owned()),
        attributes: BTreeMap::from([("brand".to_owned(), "Acme".to_owned())]),
    };
    Content::from(OfferMessage {
        listing,
        url: CanonicalUrl::parse("https://shop.example/shoes").expect("an address"),
        previous_price: None,
        target_id: TargetId(uuid::Uuid::nil()),
        target_name: "Shoes".to_owned(),
    })
}

fn send_with(
    kind: HookKind,
    content: &Content,
    answers: Vec<Answer>,
) -> (Outcome, Vec<(String, Value)>) {
    let stub = Arc::new(Stub::answering(answers));
    let hooks = Hooks::new(stub.clone(), config::Hooks::default());
    let (url, secret) = (address(kind), new_secret(&[7; 32]));
    let message = Message {
        url: &url,
        secret: Some(&secret),
        content,
        site: "https://hoopoe.example",
        id: "msg_1",
        at: Timestamp::from_millis(1_700_000_000_000),
        repeat: false,
    };
    (block_on(hooks.send(kind, &message)), stub.asked())
}

fn outcome(kind: HookKind, given: Answer) -> Outcome {
    let content = Content::from(Notice::TestMessage);
    send_with(kind, &content, vec![given, answer(500, "")]).0
}

#[expect(clippy::unnecessary_wraps, reason = "an answer may also be an error")]
fn with_header(status: u16, name: &'static str, value: &'static str, body: &'static str) -> Answer {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    Ok(response)
}

#[test]
fn only_a_services_own_addresses_are_taken() {
    let places = config::Hooks::default();
    for (kind, text) in [
        (HookKind::Discord, DISCORD),
        (HookKind::Discord, "https://canary.discord.com/api/webhooks/1/a?thread_id=2"),
        (HookKind::Slack, SLACK),
        (HookKind::Webhook, SERVER),
        (HookKind::Webhook, "https://receiver.example:8443/"),
    ] {
        assert!(read_address(kind, text, &places).is_ok(), "{text}");
    }
    for (kind, text) in [
        (HookKind::Discord, "https://discord.com/channels/1/2"),
        (HookKind::Discord, "https://discord.com.evil.example/api/webhooks/1/a"),
        (HookKind::Discord, "https://discord.com@evil.example/api/webhooks/1/a"),
        (HookKind::Discord, "http://discord.com/api/webhooks/1/a"),
        (HookKind::Discord, "https://discord.com/api/webhooks/1/"),
        (HookKind::Discord, SLACK),
        (HookKind::Slack, "https://hooks.slack.com.evil.example/services/T/B/x"),
        (HookKind::Slack, "https://hooks.slack.com/"),
        (HookKind::Slack, DISCORD),
        (HookKind::Webhook, "http://receiver.example/"),
        (HookKind::Webhook, "https://user:password@receiver.example/"),
        (HookKind::Webhook, "ftp://receiver.example/"),
        (HookKind::Webhook, "receiver.example"),
        (HookKind::Webhook, ""),
    ] {
        assert!(read_address(kind, text, &places).is_err(), "{text}");
    }
}

#[test]
fn what_is_shown_of_an_address_gives_it_away_to_nobody() {
    let shown = |kind| super::shown(&address(kind));
    assert_eq!(shown(HookKind::Discord), "https://discord.com/api/webhooks/123/…");
    assert_eq!(shown(HookKind::Slack), "https://hooks.slack.com/services/T0/B0/…");
    assert_eq!(shown(HookKind::Webhook), "https://receiver.example/…");
}

#[test]
fn an_offer_takes_the_form_of_each_service() {
    for kind in HookKind::ALL {
        let (outcome, asked) = send_with(*kind, &offer("Shoes"), vec![answer(204, "")]);
        assert_eq!(outcome, Outcome::Taken { reference: None });
        insta::assert_json_snapshot!(format!("offer_{}", kind.as_str()), asked[0].1);
    }
}

#[test]
fn limits_say_how_long_to_wait_in_each_services_own_field() {
    let wait = |kind, given| match outcome(kind, given) {
        Outcome::RateLimited { retry_after_ms } => retry_after_ms,
        other => panic!("{other:?}"),
    };
    let body = r#"{"message":"You are being rate limited.","retry_after":0.65,"global":false}"#;
    assert_eq!(wait(HookKind::Discord, answer(429, body)), 650);
    assert_eq!(wait(HookKind::Discord, with_header(429, "retry-after", "3", "")), 3_000);
    assert_eq!(wait(HookKind::Slack, with_header(429, "retry-after", "30", "")), 30_000);
    assert_eq!(wait(HookKind::Webhook, with_header(429, "retry-after", "7", "")), 7_000);
    assert_eq!(wait(HookKind::Webhook, with_header(503, "retry-after", "8", "")), 8_000);
}

#[test]
fn an_address_that_is_gone_is_blocked() {
    for (kind, status) in [
        (HookKind::Discord, 404),
        (HookKind::Discord, 401),
        (HookKind::Slack, 404),
        (HookKind::Slack, 410),
        (HookKind::Slack, 403),
        (HookKind::Webhook, 410),
    ] {
        let outcome = outcome(kind, answer(status, "gone"));
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{kind:?} {status}: {outcome:?}");
    }
    let forbidden = || Err(TransportError::Forbidden("not public".to_owned()));
    let blocked = outcome(HookKind::Webhook, forbidden());
    assert_eq!(blocked, Outcome::Blocked { reason: "not public".to_owned() });
}

#[test]
fn a_failure_is_unknown_but_where_the_receiver_knows_a_repeat() {
    let lost = || Err(TransportError::Unknown("reset".to_owned()));
    for kind in [HookKind::Discord, HookKind::Slack] {
        assert!(matches!(outcome(kind, answer(502, "")), Outcome::Unknown { .. }));
        assert!(matches!(outcome(kind, lost()), Outcome::Unknown { .. }));
    }
    for given in [answer(500, ""), answer(404, ""), answer(302, ""), lost()] {
        assert!(matches!(outcome(HookKind::Webhook, given), Outcome::NotSent { .. }));
    }
}

#[test]
fn a_form_that_is_refused_goes_again_as_bare_words() {
    for kind in [HookKind::Discord, HookKind::Slack] {
        let answers = vec![answer(400, "invalid_blocks"), answer(200, "ok")];
        let (outcome, asked) = send_with(kind, &offer("Shoes <!channel> @everyone"), answers);
        assert_eq!(outcome, Outcome::Taken { reference: None });
        let bare = asked[1].1.to_string();
        assert!(
            bare.contains("https://shop.example/shoes") && !bare.contains("<!channel>")
                || kind == HookKind::Discord
        );
        assert!(asked[1].1.get("embeds").is_none() && asked[1].1.get("blocks").is_none());
    }
}

#[test]
fn long_words_are_cut_to_what_services_take() {
    let long = "<&>é".repeat(5_000);
    for kind in [HookKind::Discord, HookKind::Slack] {
        let (_, asked) = send_with(kind, &offer(&long), vec![answer(400, ""), answer(200, "")]);
        let length = |value: &Value| value.as_str().unwrap_or_default().chars().count();
        let (full, bare) = (&asked[0].1, &asked[1].1);
        if kind == HookKind::Discord {
            assert!(length(&full["embeds"][0]["title"]) <= 256);
            assert!(length(&full["embeds"][0]["description"]) <= 4_096);
            assert!(length(&bare["content"]) <= 2_000);
        } else {
            assert!(
                full["blocks"]
                    .as_array()
                    .expect("blocks")
                    .iter()
                    .all(|block| { length(&block["text"]["text"]) <= 3_000 })
            );
            assert!(length(&bare["text"]) <= 4_000);
        }
    }
}

#[test]
fn several_offers_are_told_whole_as_many_as_fit() {
    let one = |n: usize| match offer(&format!("{n} {}", "long ".repeat(70))) {
        Content::Offer(offer) => *offer,
        other => panic!("an offer: {other:?}"),
    };
    let digest = DigestMessage { offers: (0..10).map(one).collect(), more: 1 };
    let answers = vec![answer(400, ""), answer(200, "")];
    let (_, asked) = send_with(HookKind::Discord, &Content::from(digest), answers);
    let full = asked[0].1["embeds"][0]["description"].as_str().unwrap_or_default();
    let bare = asked[1].1["content"].as_str().unwrap_or_default();
    for text in [full, bare] {
        let told = text.matches("Open the offer").count();
        assert!((1..10).contains(&told), "{text}");
        assert!(text.contains(&format!("and {} more", 11 - told)), "{text}");
    }
}

#[test]
fn a_webhook_without_its_secret_is_not_sent() {
    let url = address(HookKind::Webhook);
    let content = Content::from(Notice::TestMessage);
    let message = Message {
        url: &url,
        secret: None,
        content: &content,
        site: "",
        id: "a",
        at: Timestamp::from_millis(0),
        repeat: false,
    };
    assert!(service(HookKind::Webhook).write(&message).is_none());
}

#[test]
fn a_signature_is_the_one_of_the_specification() {
    // The specification's own example.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into();
    let body = r#"{"test": 2432232314}"#;
    let signature =
        super::webhook::sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
    assert_eq!(signature.as_deref(), Some("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert!(new_secret(&[0; 32]).expose_secret().starts_with("whsec_"));
}
