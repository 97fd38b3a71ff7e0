//! The webhook, called as Stripe calls it.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::subscription::Payments;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::engine::Job;
use domain::ids::UserId;
use domain::subscription::{Billing, Customer};
use fixture::{Fixture, Unreachable};
use payments::stripe::sign;
use proptest::prelude::*;
use runtime::metrics::Metric;
use serde_json::{Value, json};
use tower::ServiceExt;

const PATH: &str = "/api/webhooks/stripe";
const SECRET: &str = "whsec_test";

fn user() -> UserId {
    "00000000-0000-0000-0000-000000000007".parse().expect("an id")
}

/// An app that takes events of a customer, who is somebody.
fn world() -> (Fixture, App) {
    let fixture = Fixture::new();
    let config = runtime::config::Stripe {
        api_url: "http://stripe.invalid".to_owned(),
        price: Some("price_1".to_owned()),
        grace: Duration::from_hours(168),
        secret_key: Some("sk_test".to_owned().into()),
        webhook_secret: Some(SECRET.to_owned().into()),
    };
    let payments = Payments::new(config, Arc::new(Unreachable));
    let app = App { payments, ..fixture.app.clone() };
    let customer = Customer { customer: "cus_1".to_owned(), user_id: user() };
    fixture.put([customer.into(), Billing::new(user(), "cus_1".to_owned()).into()]);
    (fixture, app)
}

fn event(id: &str, kind: &str, object: &Value) -> Vec<u8> {
    json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } })
        .to_string()
        .into_bytes()
}

fn post(fixture: &Fixture, app: &App, signature: Option<&str>, body: Vec<u8>) -> (u16, Value) {
    let mut request = Request::builder().method("POST").uri(PATH);
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    let request = request.body(Body::from(body)).expect("a request");
    let router = stripe_webhook::router(app.clone());
    fixture.run(async {
        let Ok(response) = router.oneshot(request).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    })
}

fn signed(fixture: &Fixture, app: &App, body: Vec<u8>) -> (u16, Value) {
    let signature = sign(&body, SECRET, fixture.app.env.now());
    post(fixture, app, Some(&signature), body)
}

fn looks(fixture: &Fixture) -> usize {
    let jobs = fixture.timers().into_iter().map(|timer| timer.job);
    jobs.filter(|job| matches!(job, Job::RefreshSubscription { user_id } if *user_id == user()))
        .count()
}

#[test]
fn an_event_is_taken_once_however_often_it_comes() {
    let (fixture, app) = world();
    let body = event("evt_1", "customer.subscription.updated", &json!({ "customer": "cus_1" }));
    for _ in 0..3 {
        assert_eq!(signed(&fixture, &app, body.clone()), (200, json!({ "received": true })));
    }
    assert_eq!(looks(&fixture), 1);
}

#[test]
fn a_wrong_missing_or_stale_signature_is_400_and_does_nothing() {
    let (mut fixture, app) = world();
    let lines = fixture.keep_metrics(stripe_webhook::FUNCTION.name);
    let app = App { metrics: fixture.app.metrics.clone(), ..app };
    let body = event("evt_1", "invoice.paid", &json!({ "customer": "cus_1" }));
    let now = fixture.app.env.now();
    let other = sign(&body, "whsec_other", now);
    let old = sign(&body, SECRET, now - Duration::from_secs(301));
    let early = sign(&body, SECRET, now + Duration::from_secs(301));
    for signature in [None, Some(""), Some("t=1,v1=x"), Some(&*other), Some(&*old), Some(&*early)] {
        let (status, problem) = post(&fixture, &app, signature, body.clone());
        assert_eq!((status, &problem["code"]), (400, &json!("WRONG_SIGNATURE")), "{signature:?}");
    }
    assert_eq!(lines.values(Metric::WebhookFailures), [1; 4], "a stranger's are no failures");
    let mut bent = body.clone();
    bent.push(b' ');
    let signature = sign(&body, SECRET, now);
    assert_eq!(post(&fixture, &app, Some(&signature), bent).0, 400);
    assert_eq!(looks(&fixture), 0);
    let in_time = sign(&body, SECRET, now - Duration::from_mins(5));
    assert_eq!(post(&fixture, &app, Some(&in_time), body).0, 200);
    assert_eq!(looks(&fixture), 1);
    assert_eq!(lines.values(Metric::WebhookFailures), [1; 5]);
}

#[test]
fn kinds_that_are_not_known_and_customers_of_others_are_taken_and_do_nothing() {
    let (fixture, app) = world();
    for (kind, object) in [
        ("payout.paid", json!({ "customer": "cus_1" })),
        ("customer.subscription.invented", json!({ "customer": "cus_1" })),
        ("invoice.paid", json!({ "customer": "cus_stranger" })),
        ("invoice.paid", json!({})),
        ("checkout.session.completed", json!({ "customer": "cus_2", "client_reference_id": "x" })),
        // The user has another customer already.
        (
            "checkout.session.completed",
            json!({ "customer": "cus_2", "client_reference_id": user().to_string() }),
        ),
    ] {
        assert_eq!(signed(&fixture, &app, event("evt_1", kind, &object)).0, 200, "{kind}");
    }
    assert!(fixture.timers().is_empty());
}

#[test]
fn a_signed_body_that_is_no_event_is_400_and_without_a_secret_there_is_no_webhook() {
    let (fixture, app) = world();
    for body in [&b""[..], b"{", b"[]", b"{}", b"\xff\xfe"] {
        let (status, problem) = signed(&fixture, &app, body.to_vec());
        assert_eq!((status, &problem["code"]), (400, &json!("NO_EVENT")));
    }
    let none = App { payments: Payments::default(), ..app };
    assert_eq!(signed(&fixture, &none, b"{}".to_vec()).0, 404);
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    let (fixture, app) = world();
    for (event, status) in [
        (include_str!("../../../events/stripe-webhook/updated.json"), 200),
        (include_str!("../../../events/stripe-webhook/updated-base64.json"), 200),
        (include_str!("../../../events/stripe-webhook/unsigned.json"), 400),
        (include_str!("../../../events/stripe-webhook/stale.json"), 400),
    ] {
        let request = lambda_http::request::from_str(event).expect("an event");
        let router = stripe_webhook::router(app.clone());
        let Ok(response) = fixture.run(router.oneshot(request));
        assert_eq!(response.status().as_u16(), status, "{event}");
    }
    assert_eq!(looks(&fixture), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn whatever_stripe_signs_is_no_error_of_ours(
        kind in prop_oneof![Just("invoice.paid".to_owned()), any::<String>()],
        customer in prop_oneof![Just(json!("cus_1")), any::<String>().prop_map(Value::from), Just(json!({ "id": 5 }))],
        id in "[ -~]{1,300}",
    ) {
        let (fixture, app) = world();
        let (status, _) = signed(&fixture, &app, event(&id, &kind, &json!({ "customer": customer })));
        prop_assert!(status < 500, "{status}");
    }
}
