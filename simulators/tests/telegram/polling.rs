use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use simulators::telegram::Request;

use crate::setup::{ANNA, BOT, TOKEN, setup};

fn ids(updates: &Value) -> Vec<i64> {
    updates.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

#[test]
fn updates_stay_until_a_higher_offset_confirms_them() {
    let setup = setup();
    for text in ["one", "two", "three"] {
        setup.telegram.say(BOT, ANNA, text, None).unwrap();
    }
    let all = ids(&setup.ok("getUpdates", &json!({})));
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert_eq!(ids(&setup.ok("getUpdates", &json!({ "limit": 2 }))), all[..2]);
    assert_eq!(ids(&setup.ok("getUpdates", &json!({ "offset": all[0] + 1 }))), all[1..]);
    assert_eq!(ids(&setup.ok("getUpdates", &json!({}))), all[1..]);
    assert_eq!(ids(&setup.ok("getUpdates", &json!({ "offset": -1 }))), all[2..]);
    assert_eq!(ids(&setup.ok("getUpdates", &json!({}))), all[2..]);
}

#[test]
fn a_webhook_and_polling_exclude_each_other() {
    let setup = setup();
    setup.ok("setWebhook", &json!({ "url": "https://example.org/hook" }));
    let refused = setup.refused("getUpdates", &json!({}));
    assert_eq!(
        refused,
        "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    );
    setup.ok("deleteWebhook", &json!({}));
    assert_eq!(setup.updates().len(), 0);
}

#[test]
fn a_long_poll_returns_when_something_comes_or_its_time_is_over() {
    let setup = setup();
    let request = Request {
        token: TOKEN,
        method: "getUpdates",
        query: Some("timeout=30"),
        ..Request::default()
    };
    let mut context = Context::from_waker(Waker::noop());

    let mut poll = pin!(setup.telegram.respond(&request));
    assert!(poll.as_mut().poll(&mut context).is_pending());
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    let Poll::Ready(answer) = poll.as_mut().poll(&mut context) else { panic!("still waiting") };
    let last = ids(&answer.body["result"])[0];

    let query = format!("timeout=30&offset={}", last + 1);
    let request = Request { query: Some(&query), ..request };
    let mut poll = pin!(setup.telegram.respond(&request));
    setup.clock.advance_ms(0);
    assert!(poll.as_mut().poll(&mut context).is_pending());
    setup.clock.advance_ms(29_999);
    assert!(poll.as_mut().poll(&mut context).is_pending());
    setup.clock.advance_ms(1);
    let Poll::Ready(answer) = poll.as_mut().poll(&mut context) else { panic!("still waiting") };
    assert_eq!(answer.body["result"], json!([]));
}

#[test]
fn allowed_updates_stay_as_they_were_until_said_otherwise() {
    let setup = setup();
    let kinds = |setup: &crate::setup::Setup| {
        setup.ok("getWebhookInfo", &json!({}))["allowed_updates"].clone()
    };
    assert_eq!(kinds(&setup), Value::Null);
    setup.ok("getUpdates", &json!({ "allowed_updates": ["callback_query"] }));
    setup.telegram.say(BOT, ANNA, "unheard", None).unwrap();
    setup.ok("getUpdates", &json!({}));
    assert_eq!(kinds(&setup), json!(["callback_query"]));
    setup.ok("getUpdates", &json!({ "allowed_updates": [] }));
    assert_eq!(kinds(&setup), Value::Null);
    setup.telegram.say(BOT, ANNA, "heard", None).unwrap();
    assert_eq!(setup.updates().len(), 1);
}

#[test]
fn old_updates_are_dropped_after_a_day() {
    let setup = setup();
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    setup.clock.advance_ms(86_400_000);
    assert_eq!(setup.updates().len(), 1);
    setup.clock.advance_ms(1);
    assert_eq!(setup.updates().len(), 0);
}
