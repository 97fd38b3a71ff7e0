use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::subscription::Payments;
use fixture::Unreachable;
use runtime::config::Stripe;

use crate::world::{World, ask};

const CHECKOUT: &str = "/api/public/subscriptions/create-checkout-session";
const PORTAL: &str = "/api/public/subscriptions/create-portal-session";
const CURRENT: &str = "/api/public/subscriptions/current";

#[test]
fn without_a_payment_service_nothing_can_be_paid_for_and_the_answer_says_so() {
    let world = World::new();
    let cookie = world.person("ann");
    for path in [CHECKOUT, PORTAL] {
        let answer = world.send(ask("POST", path).by(&cookie));
        assert_eq!(answer.code(), (409, "PAYMENTS_NOT_CONFIGURED".to_owned()), "{path}");
    }
    let current = world.send(ask("GET", CURRENT).by(&cookie));
    assert_eq!((current.status.as_u16(), current.text("tier")), (200, "free".to_owned()));
}

#[test]
fn nobody_pays_without_a_session_or_from_another_site() {
    let world = World::new();
    let cookie = world.person("ann");
    for (method, path) in [("POST", CHECKOUT), ("POST", PORTAL), ("GET", CURRENT)] {
        assert_eq!(world.send(ask(method, path)).status, 401, "{path}");
    }
    let foreign = ask("POST", CHECKOUT).by(&cookie).header("origin", "https://evil.example");
    assert_eq!(world.send(foreign).code(), (403, "FOREIGN_ORIGIN".to_owned()));
}

#[test]
fn a_stripe_that_cannot_be_reached_is_503_and_nothing_is_kept() {
    let world = World::new();
    let cookie = world.person("ann");
    let config = Stripe {
        api_url: "http://stripe.invalid".to_owned(),
        price: Some("price_1".to_owned()),
        grace: Duration::from_hours(168),
        secret_key: Some("sk_test".to_owned().into()),
        webhook_secret: None,
    };
    let payments = Payments::new(config, Arc::new(Unreachable));
    let app = App { payments, ..world.app.clone() };
    let world = World { router: api::router(app), ..world };
    let answer = world.send(ask("POST", CHECKOUT).by(&cookie));
    assert_eq!(answer.status, 503);
    assert!(!answer.text.contains("sk_test"), "{}", answer.text);
    let portal = world.send(ask("POST", PORTAL).by(&cookie));
    assert_eq!(portal.code(), (409, "NO_SUBSCRIPTION".to_owned()));
}
