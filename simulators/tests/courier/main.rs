//! Courier's simulator keeps to what is known of Courier.

use std::sync::Arc;

use serde_json::{Value, json};
use simulators::courier::{Answer, Courier, Fault, Options, Request};
use simulators::telegram::VirtualClock;

const KEY: &str = "key";
const DAY_MS: u64 = 86_400_000;

fn courier(clock: &VirtualClock) -> Courier {
    let options = Options {
        clock: Arc::new(clock.clone()),
        api_key: KEY.to_owned(),
        log: None,
        webhook: None,
    };
    Courier::open(options).expect("no log is needed")
}

fn mail(text: &str) -> Value {
    let raw = json!({ "subject": "Hello", "html": "<p>Hello</p>", "text": text });
    let content = json!({ "type": "channel", "channel": "email", "raw": raw });
    json!({ "message": {
        "to": { "email": "ada@example.com" },
        "content": { "version": "2022-01-01", "elements": [content] },
        "routing": { "method": "single", "channels": ["email"] },
    } })
}

fn send(courier: &Courier, key: Option<&str>, body: &Value) -> Answer {
    let body = body.to_string();
    courier.send(&Request {
        authorization: Some("Bearer key"),
        idempotency_key: key,
        body: body.as_bytes(),
    })
}

#[test]
fn a_mail_is_taken_and_shown() {
    let courier = courier(&VirtualClock::at(1_000));
    let answer = send(&courier, None, &mail("Hello https://e.com/x"));
    let mails = courier.mails_to("ADA@example.com");
    assert_eq!((answer.status, &answer.body["requestId"]), (202, &json!(mails[0].id)));
    assert_eq!(mails[0].links(), ["https://e.com/x"]);
}

#[test]
fn another_key_and_a_faulty_message_are_refused() {
    let courier = courier(&VirtualClock::default());
    let body = mail("Hello").to_string();
    for authorization in [None, Some("Bearer other"), Some("key")] {
        let request = Request { authorization, idempotency_key: None, body: body.as_bytes() };
        assert_eq!(courier.send(&request).status, 401);
    }
    for (pointer, value) in [
        ("/message/to/email", json!("ada")),
        ("/message/content/version", json!("2021-01-01")),
        ("/message/content/elements", json!([])),
        ("/message/content/elements/0/raw/text", json!("")),
        ("/message/content/elements/0/raw/subject", json!("Hello {{name}}")),
        ("/message/routing/channels", json!(["sms"])),
    ] {
        let mut body = mail("Hello");
        *body.pointer_mut(pointer).expect("it is there") = value;
        assert_eq!(send(&courier, None, &body).status, 400, "{pointer}");
    }
    assert!(courier.mails().is_empty());
}

#[test]
fn an_answer_stands_under_its_key_for_a_day_even_one_of_a_failure() {
    let clock = VirtualClock::at(1_000);
    let courier = courier(&clock);
    let first = send(&courier, Some("a"), &mail("Hello"));
    assert_eq!(send(&courier, Some("a"), &mail("Hello")), first);
    courier.inject(Fault::ErrorBefore, 1);
    assert_eq!(send(&courier, Some("b"), &mail("Hello")).status, 500);
    assert_eq!(send(&courier, Some("b"), &mail("Hello")).status, 500);
    assert_eq!(send(&courier, Some("c"), &mail("Hello")).status, 202);
    assert_eq!(courier.mails().len(), 2);
    clock.advance_ms(DAY_MS);
    assert_eq!(send(&courier, Some("b"), &mail("Hello")).status, 202);
}

#[test]
fn who_is_limited_may_use_the_key_again() {
    let courier = courier(&VirtualClock::default());
    courier.inject(Fault::TooManyRequests { retry_after: 3 }, 1);
    let limited = send(&courier, Some("a"), &mail("Hello"));
    assert_eq!((limited.status, limited.retry_after), (429, Some(3)));
    assert_eq!(send(&courier, Some("a"), &mail("Hello")).status, 202);
}

#[test]
fn a_connection_may_break_before_or_after_the_mail_is_taken() {
    let courier = courier(&VirtualClock::default());
    for (fault, mails) in [(Fault::LostBefore, 0), (Fault::LostAfter, 1)] {
        courier.reset().expect("there is no log");
        courier.inject(fault, 1);
        assert!(send(&courier, Some("a"), &mail("Hello")).lost);
        assert_eq!(courier.mails().len(), mails);
        assert_eq!(send(&courier, Some("a"), &mail("Hello")).status, 202);
        assert_eq!(courier.mails().len(), 1);
    }
}

#[test]
fn it_goes_on_where_its_log_ends() {
    let file = std::env::temp_dir().join(format!("courier-{}.jsonl", std::process::id()));
    let open = || {
        Courier::open(Options {
            clock: Arc::new(VirtualClock::at(1_000)),
            api_key: KEY.to_owned(),
            log: Some(file.clone()),
            webhook: None,
        })
        .expect("the log is its own")
    };
    let first = send(&open(), Some("a"), &mail("Hello"));
    let again = open();
    assert_eq!(again.mails().len(), 1);
    assert_eq!(send(&again, Some("a"), &mail("Hello")), first);
    again.reset().expect("it can be emptied");
    assert!(open().mails().is_empty());
    std::fs::remove_file(&file).expect("it is there");
}
