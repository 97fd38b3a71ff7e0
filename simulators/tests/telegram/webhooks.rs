use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use serde_json::{Value, json};
use simulators::telegram::{NewChat, Posting, WebhookAnswer, WebhookSender};

use crate::setup::{ANNA, BOT, NOON, Setup, setup, setup_with};

/// A webhook that notes what it is sent, and answers what it was told to.
#[derive(Clone, Default)]
struct Receiver {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    posts: Vec<(String, Option<String>, Value)>,
    answers: VecDeque<Result<WebhookAnswer, String>>,
    /// Posts wait until this is false.
    held: bool,
}

impl WebhookSender for Receiver {
    fn post(&self, url: &str, secret: Option<&str>, body: Vec<u8>) -> Posting {
        let update = serde_json::from_slice(&body).unwrap();
        self.inner.lock().unwrap().posts.push((url.to_owned(), secret.map(str::to_owned), update));
        let receiver = self.clone();
        Box::pin(std::future::poll_fn(move |_| {
            let mut inner = receiver.inner.lock().unwrap();
            if inner.held {
                return std::task::Poll::Pending;
            }
            let ok = || Ok(WebhookAnswer { status: 200, retry_after: None });
            std::task::Poll::Ready(inner.answers.pop_front().unwrap_or_else(ok))
        }))
    }
}

impl Receiver {
    fn will_answer(&self, status: u16, retry_after: Option<u64>) {
        self.inner.lock().unwrap().answers.push_back(Ok(WebhookAnswer { status, retry_after }));
    }

    fn texts(&self) -> Vec<String> {
        let inner = self.inner.lock().unwrap();
        let text = |update: &Value| update["message"]["text"].as_str().unwrap_or("-").to_owned();
        inner.posts.iter().map(|(_, _, update)| text(update)).collect()
    }

    fn count(&self) -> usize {
        self.inner.lock().unwrap().posts.len()
    }
}

/// The delivery, polled by hand.
struct Delivery {
    run: Pin<Box<dyn Future<Output = ()>>>,
}

impl Delivery {
    fn of(setup: &Setup, receiver: &Receiver) -> Self {
        let (telegram, sender) = (setup.telegram.clone(), Arc::new(receiver.clone()));
        Self { run: Box::pin(async move { telegram.run_webhooks(sender).await }) }
    }

    fn go(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(self.run.as_mut().poll(&mut context).is_pending());
    }
}

fn with_webhook() -> (Setup, Receiver, Delivery) {
    let setup = setup();
    setup.ok("setWebhook", &json!({ "url": "https://example.org/hook", "secret_token": "s3cret" }));
    let receiver = Receiver::default();
    let delivery = Delivery::of(&setup, &receiver);
    (setup, receiver, delivery)
}

#[test]
fn updates_go_to_the_webhook_with_its_secret_and_then_nothing_is_left() {
    let (setup, receiver, mut delivery) = with_webhook();
    assert!(setup.telegram.idle());
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    assert!(!setup.telegram.idle());
    delivery.go();
    let posts = receiver.inner.lock().unwrap().posts.clone();
    assert_eq!(posts[0].0, "https://example.org/hook");
    assert_eq!(posts[0].1.as_deref(), Some("s3cret"));
    assert_eq!(posts[0].2["message"]["text"], "hello");
    assert!(setup.telegram.idle());
    assert_eq!(setup.ok("getWebhookInfo", &json!({}))["pending_update_count"], 0);
}

#[test]
fn one_update_of_a_chat_is_in_flight_and_other_chats_do_not_wait_for_it() {
    let (setup, receiver, mut delivery) = with_webhook();
    let bob = setup.telegram.add_chat(&NewChat::person(None, "Bob")).unwrap().id;
    receiver.inner.lock().unwrap().held = true;
    for text in ["a1", "a2"] {
        setup.telegram.say(BOT, ANNA, text, None).unwrap();
    }
    setup.telegram.say(BOT, bob, "b1", None).unwrap();
    delivery.go();
    assert_eq!(receiver.texts(), ["a1", "b1"]);
    assert_eq!(setup.telegram.in_flight(), 2);
    receiver.inner.lock().unwrap().held = false;
    // The posts hold no waker, so the delivery is built anew; what was in
    // flight is sent again, as after a lost connection.
    drop(delivery);
    assert_eq!(setup.telegram.in_flight(), 0);
    Delivery::of(&setup, &receiver).go();
    assert_eq!(receiver.texts(), ["a1", "b1", "a1", "b1", "a2"]);
    assert!(setup.telegram.idle());
}

#[test]
fn a_failing_webhook_is_tried_at_once_and_then_after_2_4_8_up_to_60_seconds() {
    let (setup, receiver, mut delivery) = with_webhook();
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    for _ in 0..9 {
        receiver.will_answer(500, None);
    }
    delivery.go();
    assert_eq!(receiver.count(), 2);
    let mut pauses = Vec::new();
    while let Some(at) = setup.telegram.next_departure_ms() {
        let before = receiver.count();
        let wait = u64::try_from(at - simulators::telegram::Clock::now_ms(&setup.clock)).unwrap();
        setup.clock.advance_ms(wait - 1);
        delivery.go();
        assert_eq!(receiver.count(), before, "too early");
        setup.clock.advance_ms(1);
        delivery.go();
        pauses.push(wait / 1_000);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(receiver.count(), 10);
    assert!(setup.telegram.idle());
}

#[test]
fn a_failure_shows_in_the_webhook_info_and_keeps_the_order_of_its_chat() {
    let (setup, receiver, mut delivery) = with_webhook();
    for text in ["one", "two"] {
        setup.telegram.say(BOT, ANNA, text, None).unwrap();
    }
    receiver.will_answer(503, None);
    receiver.will_answer(503, None);
    delivery.go();
    assert_eq!(receiver.texts(), ["one", "one"]);
    let info = setup.ok("getWebhookInfo", &json!({}));
    assert_eq!(info["pending_update_count"], 2);
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 503 Service Unavailable"
    );
    assert_eq!(info["last_error_date"], NOON / 1_000);
    setup.clock.advance_ms(2_000);
    delivery.go();
    assert_eq!(receiver.texts(), ["one", "one", "one", "two"]);
}

#[test]
fn retry_after_of_the_webhook_is_honoured() {
    let (setup, receiver, mut delivery) = with_webhook();
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    receiver.will_answer(429, Some(17));
    delivery.go();
    setup.clock.advance_ms(16_999);
    delivery.go();
    assert_eq!(receiver.count(), 1);
    setup.clock.advance_ms(1);
    delivery.go();
    assert_eq!(receiver.count(), 2);
}

#[test]
fn a_button_press_is_given_up_after_150_seconds_and_a_message_after_a_day() {
    let (setup, receiver, mut delivery) = with_webhook();
    let keyboard = json!({ "inline_keyboard": [[{ "text": "a", "callback_data": "x" }]] });
    let send = json!({ "chat_id": ANNA, "text": "hello", "reply_markup": keyboard });
    let message_id = setup.ok("sendMessage", &send)["message_id"].as_i64().unwrap();
    setup.telegram.press(BOT, ANNA, message_id, "x").unwrap();
    for _ in 0..2_000 {
        receiver.inner.lock().unwrap().answers.push_back(Err("Connection refused".into()));
    }
    let mut run_until_idle = || {
        let begin = simulators::telegram::Clock::now_ms(&setup.clock);
        delivery.go();
        while let Some(at) = setup.telegram.next_departure_ms() {
            let now = simulators::telegram::Clock::now_ms(&setup.clock);
            setup.clock.advance_ms(u64::try_from(at - now).unwrap_or(0));
            delivery.go();
        }
        simulators::telegram::Clock::now_ms(&setup.clock) - begin
    };
    let gave_up = run_until_idle();
    assert!((90_000..=150_000).contains(&gave_up), "{gave_up}");
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    let gave_up = run_until_idle();
    assert!((86_280_000..=86_400_000).contains(&gave_up), "{gave_up}");
    let info = setup.ok("getWebhookInfo", &json!({}));
    assert_eq!(
        (&info["pending_update_count"], &info["last_error_message"]),
        (&json!(0), &json!("Connection refused"))
    );
}

#[test]
fn max_connections_bounds_what_is_in_flight() {
    let (setup, receiver, mut delivery) = with_webhook();
    setup.ok("setWebhook", &json!({ "url": "https://example.org/hook", "max_connections": 3 }));
    receiver.inner.lock().unwrap().held = true;
    for id in 600..610 {
        setup.telegram.add_chat(&NewChat::person(Some(id), "Someone")).unwrap();
        setup.telegram.say(BOT, id, "hello", None).unwrap();
    }
    delivery.go();
    assert_eq!((receiver.count(), setup.telegram.in_flight()), (3, 3));
}

#[test]
fn a_webhook_set_anew_starts_at_once_and_may_drop_what_waited() {
    let (setup, receiver, mut delivery) = with_webhook();
    setup.telegram.say(BOT, ANNA, "old", None).unwrap();
    receiver.will_answer(500, None);
    receiver.will_answer(500, None);
    delivery.go();
    setup.ok("setWebhook", &json!({ "url": "https://example.org/new" }));
    delivery.go();
    assert_eq!(receiver.texts(), ["old", "old", "old"]);
    setup.ok("deleteWebhook", &json!({}));
    setup.telegram.say(BOT, ANNA, "dropped", None).unwrap();
    setup.ok(
        "setWebhook",
        &json!({ "url": "https://example.org/new", "drop_pending_updates": true }),
    );
    delivery.go();
    assert_eq!(receiver.count(), 3);
    assert!(setup.telegram.idle());
}

#[test]
fn webhook_addresses_and_secrets_are_as_telegram_wants_them() {
    let setup = setup();
    let table = [
        (
            json!({ "url": "http://example.org/" }),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            json!({ "url": "https://example.org:9000/" }),
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (json!({ "url": "nonsense" }), "invalid webhook URL specified"),
        (
            json!({ "url": "https://example.org/", "secret_token": "a b" }),
            "secret token contains unallowed characters",
        ),
        (
            json!({ "url": "https://example.org/", "secret_token": "x".repeat(257) }),
            "secret token is too long",
        ),
    ];
    for (parameters, reason) in table {
        assert_eq!(setup.refused("setWebhook", &parameters), format!("400 Bad Request: {reason}"));
    }
    for port in [443, 80, 88, 8443] {
        setup.ok("setWebhook", &json!({ "url": format!("https://example.org:{port}/") }));
    }
    let local = setup_with(|options| options.allow_local_webhooks = true);
    local.ok("setWebhook", &json!({ "url": "http://127.0.0.1:8080/hook" }));
}

#[test]
fn setting_and_deleting_a_webhook_say_whether_anything_changed() {
    let setup = setup();
    let set = || setup.call("setWebhook", &json!({ "url": "https://example.org/" }));
    assert_eq!(set().body["description"], "Webhook was set");
    assert_eq!(set().body["description"], "Webhook is already set");
    let delete = || setup.call("deleteWebhook", &json!({}));
    assert_eq!(delete().body["description"], "Webhook was deleted");
    assert_eq!(delete().body["description"], "Webhook is already deleted");
}
