//! The webhook, called as Telegram calls it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::engine::Job;
use domain::message::Notice;
use fixture::wire::Cuttable;
use fixture::{Fixture, WEBHOOK_SECRET};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

const DEFAULT: &str = "/api/webhooks/telegram";
const SECRET: &str = "x-telegram-bot-api-secret-token";

fn send(app: &app::App, fixture: &Fixture, request: Request<Body>) -> (u16, Value) {
    let router = telegram_webhook::router(app.clone());
    fixture.run(async {
        let Ok(response) = router.oneshot(request).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    })
}

fn call(fixture: &Fixture, path: &str, secret: &str, body: impl Into<Body>) -> (u16, Value) {
    let request = Request::builder().method("POST").uri(path).header(SECRET, secret);
    send(&fixture.app, fixture, request.body(body.into()).expect("a request"))
}

fn start(update_id: i64) -> String {
    let message = json!({"chat": {"id": 42, "type": "private"}, "text": "/start"});
    json!({"update_id": update_id, "message": message}).to_string()
}

fn told(fixture: &Fixture) -> Vec<Notice> {
    let jobs = fixture.timers().into_iter().filter_map(|timer| match timer.job {
        Job::Messages { notices, .. } => Some(notices),
        _ => None,
    });
    jobs.flatten().collect()
}

#[test]
fn an_update_is_taken_on_either_path_with_and_without_a_slash() {
    let fixture = Fixture::new();
    for (update_id, path) in (1..).zip([
        DEFAULT,
        "/api/webhooks/telegram/",
        "/api/telegram/webhook/default",
        "/api/telegram/webhook/default/",
    ]) {
        let taken = call(&fixture, path, WEBHOOK_SECRET, start(update_id));
        assert_eq!(taken, (200, json!({"ok": true})), "{path}");
    }
    assert_eq!(told(&fixture), vec![Notice::Welcome; 4]);
}

#[test]
fn a_wrong_or_missing_secret_is_403_and_an_unknown_bot_404() {
    let fixture = Fixture::new();
    for secret in ["", "guess", "webhook-secre", "webhook-secret1", "WEBHOOK-SECRET"] {
        let (status, problem) = call(&fixture, DEFAULT, secret, start(1));
        assert_eq!((status, &problem["code"]), (403, &json!("WRONG_SECRET")), "{secret}");
    }
    let request = Request::builder().method("POST").uri(DEFAULT);
    let request = request.body(Body::from(start(1))).expect("a request");
    assert_eq!(send(&fixture.app, &fixture, request).0, 403);
    let unknown = call(&fixture, "/api/telegram/webhook/nobody", WEBHOOK_SECRET, start(1));
    assert_eq!(unknown.0, 404);
    let odd = call(&fixture, "/api/telegram/webhook/%ff", WEBHOOK_SECRET, start(1));
    assert_eq!(odd.0, 404);
    assert!(fixture.timers().is_empty());
}

#[test]
fn a_repeated_update_is_taken_and_does_nothing_twice() {
    let fixture = Fixture::new();
    for _ in 0..3 {
        assert_eq!(call(&fixture, DEFAULT, WEBHOOK_SECRET, start(1)).0, 200);
    }
    assert_eq!(told(&fixture), [Notice::Welcome]);
}

#[test]
fn what_is_no_update_is_taken_and_dropped() {
    let fixture = Fixture::new();
    for body in [&b""[..], b"{", b"[]", b"{}", b"\xff\xfe", br#"{"update_id": "x"}"#] {
        let taken = call(&fixture, DEFAULT, WEBHOOK_SECRET, body.to_vec());
        assert_eq!(taken, (200, json!({"ok": true})));
    }
    let poll = call(&fixture, DEFAULT, WEBHOOK_SECRET, r#"{"update_id": 1, "poll": {}}"#);
    assert_eq!(poll.0, 200);
    let long = call(&fixture, DEFAULT, WEBHOOK_SECRET, vec![b' '; (1 << 20) + 1]);
    assert_eq!(long.0, 413);
    assert!(fixture.timers().is_empty());
}

#[test]
fn what_cannot_be_handled_is_kept_and_what_cannot_be_kept_comes_again() {
    let fixture = Fixture::new();
    for (wire, status) in [(Cuttable::for_reads(), 200), (Cuttable::for_all(), 503)] {
        let app = fixture.over(wire.clone());
        wire.cut(true);
        let request = Request::builder().method("POST").uri(DEFAULT).header(SECRET, WEBHOOK_SECRET);
        let request = request.body(Body::from(start(1))).expect("a request");
        let router = telegram_webhook::router(app);
        let Ok(response) = fixture.run(router.oneshot(request));
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers().contains_key("retry-after"), status == 503);
    }
    let kept = |job: &Job| matches!(job, Job::KeptUpdate { update_id: 1, chat_id: 42, .. });
    assert!(fixture.timers().iter().any(|timer| kept(&timer.job)));
    assert_eq!(call(&fixture, DEFAULT, WEBHOOK_SECRET, start(2)).0, 200);
    assert!(told(&fixture).is_empty(), "it waits behind the kept one");
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    let fixture = Fixture::new();
    for (event, status) in [
        (include_str!("../../../events/telegram-webhook/start.json"), StatusCode::OK),
        (include_str!("../../../events/telegram-webhook/blocked.json"), StatusCode::OK),
        (include_str!("../../../events/telegram-webhook/wrong-secret.json"), StatusCode::FORBIDDEN),
        (include_str!("../../../events/telegram-webhook/unknown-bot.json"), StatusCode::NOT_FOUND),
    ] {
        let request = lambda_http::request::from_str(event).expect("an event");
        let router = telegram_webhook::router(fixture.app.clone());
        let Ok(response) = fixture.run(router.oneshot(request));
        assert_eq!(response.status(), status, "{event}");
    }
    assert_eq!(told(&fixture), [Notice::Welcome]);
}

/// Updates of any shape, with the names that are read more often than chance would have them.
fn any_update() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("message"),
        Just("chat"),
        Just("id"),
        Just("type"),
        Just("callback_query"),
        Just("my_chat_member"),
        Just("migrate_to_chat_id"),
        Just("text"),
        Just("data"),
        Just("from"),
        Just("message_id"),
        Just("new_chat_member"),
        Just("status"),
    ];
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        Just(Value::from("private")),
        Just(Value::from("group")),
        Just(Value::from("kicked")),
        "(/start|/stop|/help|pause:|)[ -~]{0,9}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let tree = leaf.prop_recursive(4, 48, 8, move |inner| {
        let name = name.clone().prop_map(str::to_owned);
        proptest::collection::btree_map(name, inner, 0..8)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    });
    let text = "(/start|/stop|/help|/x|)( |)[\\PC]{0,20}";
    let message = (any::<i64>(), text, any::<bool>()).prop_map(|(chat, text, private)| {
        let kind = if private { "private" } else { "group" };
        json!({"message": {"chat": {"id": chat, "type": kind}, "text": text}})
    });
    (any::<i64>(), prop_oneof![tree, message]).prop_map(|(update_id, mut update)| {
        if let Some(fields) = update.as_object_mut() {
            fields.insert("update_id".to_owned(), update_id.into());
        }
        update
    })
}

#[test]
fn whatever_an_update_holds_it_is_taken() {
    let fixture = Fixture::new();
    let taken = || (200, json!({"ok": true}));
    proptest!(|(update in any_update(), bytes in any::<Vec<u8>>())| {
        let update = update.to_string();
        prop_assert_eq!(call(&fixture, DEFAULT, WEBHOOK_SECRET, update.clone()), taken());
        prop_assert_eq!(call(&fixture, DEFAULT, WEBHOOK_SECRET, update), taken());
        prop_assert_eq!(call(&fixture, DEFAULT, WEBHOOK_SECRET, bytes), taken());
    });
    let kept = |job: &Job| matches!(job, Job::KeptUpdate { .. });
    assert!(!fixture.timers().iter().any(|timer| kept(&timer.job)), "handled, not kept");
}
