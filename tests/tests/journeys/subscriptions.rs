//! From “Upgrade to Pro” to the tier, and back: with Stripe's simulator on the other side.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use simulators::stripe::{Impossible, Status};
use tests::{Browser, TestSystem, journey};

const SUBSCRIPTIONS: &str = "/api/public/subscriptions";
/// Five minutes less than the system of journeys waits for a payment.
const NEARLY_GRACE: Duration = Duration::from_mins(115);

async fn checkout(browser: &mut Browser) -> String {
    let page = browser.act(&format!("{SUBSCRIPTIONS}/create-checkout-session")).await.must_be(200);
    page["url"].as_str().expect("an address").to_owned()
}

/// The id that a page's address ends with.
fn id(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

async fn current(browser: &mut Browser) -> Value {
    browser.get(&format!("{SUBSCRIPTIONS}/current")).await.must_be(200)
}

async fn tier(browser: &mut Browser) -> String {
    let current = current(browser).await;
    let me = browser.get("/api/public/auth/me").await.must_be(200);
    assert_eq!(me["tier"], current["tier"]);
    current["tier"].as_str().expect("a tier").to_owned()
}

/// Someone who has paid, and their subscription.
async fn subscriber(system: &TestSystem, name: &str) -> (Browser, String) {
    let mut browser = system.sign_up(name).await;
    let url = checkout(&mut browser).await;
    let (_, subscription) = system.stripe().pay(id(&url)).expect("it is open");
    system.settle().await;
    (browser, subscription)
}

#[test]
fn subscription_management_stripe_an_upgrade_is_paid_and_raises_the_limits() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        assert_eq!(
            current(&mut ada).await,
            json!({
                "tier": "free", "status": null, "current_period_end": null,
                "cancel_at_period_end": false, "grace_until": null,
            })
        );
        let url = checkout(&mut ada).await;
        assert_eq!(checkout(&mut ada).await, url, "an open page is used again");
        system.stripe().fail(id(&url)).expect("it is open");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "free", "a card that is declined pays nothing");

        let (back, _) = system.stripe().pay(id(&url)).expect("it is open");
        assert!(back.ends_with("/subscription?checkout=success"), "{back}");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
        let current = current(&mut ada).await;
        assert_eq!(current["status"], "active");
        assert!(current["current_period_end"].is_string(), "{current}");

        for number in 0..5 {
            let pages = [format!("https://shop.example/{number}")];
            let target = json!({ "name": "Bikes", "page_urls": pages });
            ada.post("/api/public/targets", &target).await.must_be(201);
        }
        let again = ada.act(&format!("{SUBSCRIPTIONS}/create-checkout-session")).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "ALREADY_SUBSCRIBED"));
    });
}

#[test]
fn who_cancels_in_the_portal_is_free_again() {
    journey(async |system| {
        let mut bob = system.sign_up("bob").await;
        let none = bob.act(&format!("{SUBSCRIPTIONS}/create-portal-session")).await;
        assert_eq!((none.status.as_u16(), none.code()), (409, "NO_SUBSCRIPTION"));

        let (mut ada, subscription) = subscriber(system, "ada").await;
        let portal = ada.act(&format!("{SUBSCRIPTIONS}/create-portal-session")).await.must_be(200);
        assert!(portal["url"].as_str().is_some_and(|url| url.contains("/portal/")), "{portal}");
        system.stripe().cancel(&subscription, Some(false)).expect("it is there");
        system.settle().await;
        assert_eq!(current(&mut ada).await["cancel_at_period_end"], true);
        assert_eq!(tier(&mut ada).await, "pro", "what is paid for is kept");
        system.stripe().cancel(&subscription, Some(true)).expect("it is there");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "free");
        let url = checkout(&mut ada).await;
        system.stripe().pay(id(&url)).expect("a new page");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
    });
}

#[test]
fn an_account_with_a_subscription_goes_when_the_subscription_has_ended() {
    journey(async |system| {
        let (mut ada, subscription) = subscriber(system, "ada").await;
        let password = json!({ "password": "correct horse" });
        let kept = ada.json(Method::DELETE, "/api/public/auth/me", &password).await;
        assert_eq!((kept.status.as_u16(), kept.code()), (409, "SUBSCRIPTION_GOES_ON"));
        system.stripe().become_status(&subscription, Status::Canceled).expect("it is there");
        system.settle().await;
        let gone = ada.json(Method::DELETE, "/api/public/auth/me", &password).await;
        assert_eq!(gone.status, 204);
        system.settle().await;
        // What Stripe still says of it is about nobody.
        system.stripe().become_status(&subscription, Status::Unpaid).expect("it is there");
        system.settle().await;
    });
}

#[test]
fn nobody_pays_for_an_account_that_is_gone() {
    journey(async |system| {
        let password = json!({ "password": "correct horse" });
        let mut ada = system.sign_up("ada").await;
        let url = checkout(&mut ada).await;
        let gone = ada.json(Method::DELETE, "/api/public/auth/me", &password).await;
        assert_eq!(gone.status, 204);
        assert_eq!(system.stripe().pay(id(&url)), Err(Impossible::NoOpenCheckout));

        let mut bob = system.sign_up("bob").await;
        let url = checkout(&mut bob).await;
        system.stripe().hold(true);
        system.stripe().pay(id(&url)).expect("it is open");
        let kept = bob.json(Method::DELETE, "/api/public/auth/me", &password).await;
        assert_eq!((kept.status.as_u16(), kept.code()), (409, "SUBSCRIPTION_GOES_ON"));
        system.stripe().hold(false);
        let held: Vec<String> = system.stripe().events().into_iter().map(|it| it.id).collect();
        system.stripe().release(&held).expect("they are there");
        system.settle().await;
        assert_eq!(tier(&mut bob).await, "pro");
    });
}

/// Stripe's ids of whoever was made a customer, in their order.
fn customers(system: &TestSystem) -> Vec<String> {
    let events = system.stripe().events().into_iter();
    let made = events.filter(|event| event.kind == "customer.created");
    made.map(|event| {
        let event: Value = serde_json::from_str(&event.body).expect("JSON");
        event["data"]["object"]["id"].as_str().expect("an id").to_owned()
    })
    .collect()
}

#[test]
fn whoever_was_deleted_at_stripe_can_subscribe_again() {
    journey(async |system| {
        let (mut ada, _) = subscriber(system, "ada").await;
        system.stripe().delete_customer(&customers(system)[0]).expect("she is there");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "free");
        let portal = ada.act(&format!("{SUBSCRIPTIONS}/create-portal-session")).await;
        assert_eq!((portal.status.as_u16(), portal.code()), (409, "NO_SUBSCRIPTION"));
        let first = checkout(&mut ada).await;
        assert_eq!(customers(system).len(), 2, "another customer");

        // Gone once more, with a page that is open and events that come late.
        system.stripe().pay(id(&first)).expect("it is open");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
        let before = system.stripe().events().len();
        system.stripe().hold(true);
        system.stripe().delete_customer(&customers(system)[1]).expect("she is there");
        let late = system.stripe().events().split_off(before);
        system.stripe().hold(false);
        let second = checkout(&mut ada).await;
        assert_eq!(checkout(&mut ada).await, second, "the page is kept");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "free", "before any event has said so");
        system.stripe().delete_customer(&customers(system)[2]).expect("she is there");
        let third = checkout(&mut ada).await;
        assert_ne!(third, second, "nobody can pay on the page of who is gone");
        system.stripe().pay(id(&third)).expect("it is open");
        system.settle().await;
        let late: Vec<String> = late.into_iter().map(|event| event.id).collect();
        system.stripe().release(&late).expect("they are there");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
        assert_eq!(customers(system).len(), 4);
    });
}

#[test]
fn a_page_in_its_last_minutes_is_closed_before_another_is_opened() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let first = checkout(&mut ada).await;
        system.pass(Duration::from_mins(24 * 60 - 5)).await;
        let second = checkout(&mut ada).await;
        assert_ne!(second, first);
        assert_eq!(system.stripe().pay(id(&first)), Err(Impossible::NoOpenCheckout));
        system.stripe().pay(id(&second)).expect("it is open");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
    });
}

#[test]
fn a_failed_payment_is_waited_for_and_then_the_tier_falls() {
    journey(async |system| {
        let (mut ada, subscription) = subscriber(system, "ada").await;
        system.stripe().renew(&subscription, false).expect("it is there");
        system.pass(Duration::from_mins(1)).await;
        let waiting = current(&mut ada).await;
        assert_eq!((&waiting["tier"], &waiting["status"]), (&json!("pro"), &json!("past_due")));
        assert!(waiting["grace_until"].is_string(), "{waiting}");
        system.pass(NEARLY_GRACE).await;
        assert_eq!(tier(&mut ada).await, "pro");
        system.pass(Duration::from_mins(6)).await;
        assert_eq!(tier(&mut ada).await, "free", "no event says so: a timer does");
        system.stripe().renew(&subscription, true).expect("it is there");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
    });
}

/// The events of a life that ends so, in this order of their places, each `copies` times.
async fn told(
    system: &TestSystem,
    name: &str,
    last: Status,
    order: impl FnOnce(Vec<String>) -> Vec<String>,
) -> String {
    let (mut browser, subscription) = subscriber(system, name).await;
    system.stripe().hold(true);
    let before = system.stripe().events().len();
    system.stripe().renew(&subscription, false).expect("it is there");
    system.stripe().renew(&subscription, true).expect("it is there");
    system.stripe().become_status(&subscription, Status::Unpaid).expect("it is there");
    system.stripe().become_status(&subscription, last).expect("it is there");
    let events = system.stripe().events().split_off(before);
    system.stripe().hold(false);
    let events = order(events.into_iter().map(|event| event.id).collect());
    system.stripe().release(&events).expect("they are there");
    system.settle().await;
    tier(&mut browser).await
}

#[test]
fn any_order_and_any_number_of_events_end_in_the_same_tier() {
    journey(async |system| {
        for (last, expected) in
            [(Status::Active, "pro"), (Status::Canceled, "free"), (Status::Trialing, "pro")]
        {
            let name = |order: &str| format!("{order}-{expected}-{last:?}").to_lowercase();
            let straight = told(system, &name("straight"), last, |events| events).await;
            let backwards = |events: Vec<String>| events.into_iter().rev().collect();
            let backwards = told(system, &name("backwards"), last, backwards).await;
            let doubled = |events: Vec<String>| {
                let again = events.iter().rev().chain(&events).cloned();
                events.iter().cloned().chain(again).collect()
            };
            let doubled = told(system, &name("doubled"), last, doubled).await;
            let last_only = |mut events: Vec<String>| events.split_off(events.len() - 1);
            let last_only = told(system, &name("last"), last, last_only).await;
            assert_eq!([straight, backwards, doubled, last_only], [expected; 4], "{last:?}");
        }
    });
}

#[test]
fn a_stripe_that_does_not_answer_is_asked_again_and_its_events_come_again() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        system.stripe().inject(503, 1);
        let refused = ada.act(&format!("{SUBSCRIPTIONS}/create-checkout-session")).await;
        assert_eq!(refused.status, 503);
        let url = checkout(&mut ada).await;
        system.stripe().inject(500, 3);
        system.stripe().pay(id(&url)).expect("it is open");
        system.settle().await;
        assert_eq!(tier(&mut ada).await, "pro");
    });
}

#[test]
fn events_of_kinds_that_nobody_knows_are_taken() {
    journey(async |system| {
        let (mut ada, _) = subscriber(system, "ada").await;
        // Nobody becomes another customer by what an event says.
        let me = ada.get("/api/public/auth/me").await.must_be(200);
        let object = json!({ "customer": "cus_other", "client_reference_id": me["id"] });
        system.stripe().happen("checkout.session.completed", &object);
        for kind in ["payout.paid", "customer.subscription.invented", "invoice.finalized"] {
            let object = json!({ "object": "something", "customer": "cus_x" });
            system.stripe().happen(kind, &object);
        }
        system.settle().await;
        for event in system.stripe().events() {
            let answers: Vec<_> = event.attempts.iter().map(|it| it.status).collect();
            assert_eq!(answers, [Some(200)], "{}", event.kind);
        }
        assert_eq!(tier(&mut ada).await, "pro");
    });
}
