use super::*;
use crate::stub::{Answer, Stub, answer};
use futures::executor::block_on;

const KEY: &str = "secret-key";

fn send(given: Answer) -> (Outcome, Vec<(String, Value)>) {
    let stub = Arc::new(Stub::answering(vec![given]));
    let courier = CourierApi::new(stub.clone(), "https://courier.example/", KEY.into());
    let letter = domain::mail::confirm_channel(
        domain::contact::Language::En,
        "Ada",
        "https://e.com/confirm-email?token=t",
    );
    let post = Post {
        to: "ada@example.com",
        letter: &letter,
        idempotency_key: "job.0",
        tag: "confirm_channel",
        repeat: false,
    };
    (block_on(courier.send(post)), stub.asked())
}

#[test]
fn a_mail_is_posted_with_its_words_in_both_forms() {
    let (outcome, asked) = send(answer(202, r#"{"requestId":"1-2-3"}"#));
    assert_eq!(outcome, Outcome::Taken { reference: Some("1-2-3".to_owned()) });
    let [(path, body)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(path, "/send");
    let message = &body["message"];
    assert_eq!(message["to"], json!({ "email": "ada@example.com" }));
    let raw = &message["content"]["elements"][0]["raw"];
    assert_eq!(raw["subject"], "Confirm your e-mail address");
    for form in ["html", "text"] {
        let words = raw[form].as_str().unwrap_or_default();
        assert!(words.contains("https://e.com/confirm-email?token=t"), "{words}");
    }
}

#[test]
fn each_answer_says_what_follows() {
    let refused = |status| send(answer(status, r#"{"message":"why"}"#)).0;
    assert!(matches!(refused(400), Outcome::ContentRefused { reason } if reason == "400: why"));
    for status in [401, 402, 403, 404, 409] {
        assert!(matches!(refused(status), Outcome::NotSent { .. }), "{status}");
    }
    for status in [500, 502, 504] {
        assert!(matches!(refused(status), Outcome::Faulted { .. }), "{status}");
    }
    assert_eq!(refused(429), Outcome::RateLimited { retry_after_ms: 5_000 });
    let mut limited = Response::new(Bytes::new());
    *limited.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    limited.headers_mut().insert(header::RETRY_AFTER, 7.into());
    assert_eq!(send(Ok(limited)).0, Outcome::RateLimited { retry_after_ms: 7_000 });
}

#[test]
fn what_did_not_leave_is_not_sent_and_what_got_no_answer_is_unknown() {
    let not_sent = send(Err(TransportError::NotSent("no route".to_owned()))).0;
    assert_eq!(not_sent, Outcome::NotSent { reason: "no route".to_owned() });
    let unknown = send(Err(TransportError::Unknown("timed out".to_owned()))).0;
    assert_eq!(unknown, Outcome::Unknown { reason: "timed out".to_owned() });
}

#[test]
fn a_success_without_an_id_is_a_success() {
    assert_eq!(send(answer(202, "")).0, Outcome::Taken { reference: None });
}

#[test]
fn the_key_is_never_shown() {
    let stub = Arc::new(Stub::default());
    let courier = CourierApi::new(stub, "https://courier.example", KEY.into());
    assert!(!format!("{courier:?}").contains(KEY));
}
