//! Subscriptions: their states change at Stripe while its events come late, doubled and out of order
//! to processes that die.

use std::sync::Arc;
use std::time::Duration;

use app::subscription::{Payments, receive_event};
use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use domain::account::{Role, Tier, User};
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use domain::subscription::{Billing, Customer};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use payments::stripe::{StripeEvent, verify};
use runtime::config;
use runtime::http::{Transport, TransportError};
use simulators::stripe::{EventSender, Options, Status, Stripe, Webhook, router};
use simulators::telegram::{Posting, WebhookAnswer};
use table::keys;
use tower::ServiceExt;
use uuid::Uuid;

use crate::harness::Harness;
use crate::world::{BEGIN, World};

const KEY: &str = "sk_test_simulation";
const SECRET: &str = "whsec_simulation";
/// It ends within the run, whoever is past due at the end.
const GRACE: Duration = Duration::from_mins(2);

fn user_id() -> UserId {
    UserId(Uuid::from_u128(0x5AB5))
}

/// Stripe, in the time of this world.
pub(crate) fn stripe(world: &World) -> Stripe {
    let webhook = Webhook { url: "http://hoopoe/stripe".to_owned(), secret: SECRET.to_owned() };
    Stripe::open(Options {
        clock: world.clock(0),
        secret_key: KEY.to_owned(),
        webhook: Some(webhook),
        base_url: "http://stripe".to_owned(),
        file: None,
    })
    .expect("no file is read")
}

/// How a process reaches it.
pub(crate) fn payments(harness: &Harness) -> Payments {
    let line = Line {
        world: harness.world.clone(),
        router: router(harness.stripe.clone()),
        refused: harness.plan.line.refused,
        lost: harness.plan.line.timeout_after,
    };
    let config = config::Stripe {
        api_url: "http://stripe".to_owned(),
        price: Some("price_1".to_owned()),
        grace: GRACE,
        secret_key: Some(KEY.to_owned().into()),
        webhook_secret: Some(SECRET.to_owned().into()),
    };
    Payments::new(config, Arc::new(line))
}

/// The way to Stripe: slow, and sometimes broken.
#[derive(Debug)]
struct Line {
    world: World,
    router: Router,
    refused: f64,
    lost: f64,
}

impl Transport for Line {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            self.world.pause(20..600).await;
            if self.world.mishap("stripe refuses the connection", self.refused) {
                return Err(TransportError::NotSent("refused".to_owned()));
            }
            let Ok(answer) = self.router.clone().oneshot(request.map(Body::from)).await;
            // What was true when it was written may not be when it is read.
            self.world.pause(20..600).await;
            if self.world.mishap("stripe times out", self.lost) {
                return Err(TransportError::Unknown("timed out".to_owned()));
            }
            let (parts, body) = answer.into_parts();
            let body = to_bytes(body, usize::MAX).await;
            let body = body.map_err(|error| TransportError::Unknown(error.to_string()))?;
            Ok(Response::from_parts(parts, body))
        })
    }
}

/// Someone subscribes; then the subscription changes now and then, and each event comes more than
/// once.
pub(crate) async fn live(harness: Harness) {
    let (world, stripe) = (harness.world.clone(), harness.stripe.clone());
    stripe.copies(u32::try_from(world.between(1, 4)).unwrap_or(1));
    let user = user_id().to_string();
    let env = harness.table.env();
    let made = payments::stripe::StripeApi::new(
        Arc::new(Line {
            world: world.clone(),
            router: router(stripe.clone()),
            refused: 0.0,
            lost: 0.0,
        }),
        "http://stripe",
        KEY.to_owned().into(),
    );
    let customer = made.create_customer(&user, None, None).await.expect("nothing is in the way");
    let known = User {
        id: user_id(),
        company_id: env.id(),
        username: "subscriber".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: Tier::Free,
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: BEGIN,
        version: 0,
    };
    let decision = Decision::new(env.id(), world.now(), ())
        .write(Write::Put(known.into()))
        .write(Write::Put(Billing::new(user_id(), customer.clone()).into()))
        .write(Write::Put(Customer { customer: customer.clone(), user_id: user_id() }.into()));
    harness.table.commit(&decision).await.expect("this view of the table has no mishaps");
    let new = payments::stripe::NewCheckout {
        customer: &customer,
        user: &user,
        price: "price_1",
        success_url: "https://hoopoe.example/yes",
        cancel_url: "https://hoopoe.example/no",
    };
    let session = made.create_checkout(new, "checkout").await.expect("nothing is in the way");
    let (_, subscription) = stripe.pay(&session.id).expect("it is open");
    for _ in 0..world.between(0, 7) {
        world.pause(0..15_000).await;
        let states =
            [Status::Active, Status::PastDue, Status::Unpaid, Status::Trialing, Status::Canceled];
        let which = usize::try_from(world.between(0, 5)).unwrap_or(0);
        stripe.become_status(&subscription, states[which]).expect("it is there");
    }
}

/// Carries events into the use case that takes them, out of order.
pub(crate) struct Events(pub(crate) Harness);

impl EventSender for Events {
    fn post(&self, _: &str, signature: &str, body: Vec<u8>) -> Posting {
        let (harness, signature) = (self.0.clone(), signature.to_owned());
        Box::pin(async move {
            harness.world.pause(0..8_000).await;
            let process = crate::process::Process::start(&harness, 0);
            let app = &process.app;
            let work = async {
                verify(&signature, &body, SECRET, app.env.now()).ok()?;
                let event = StripeEvent::parse(&body).ok()?;
                receive_event(app, &event).await.ok()
            };
            let end = crate::process::mortal(&harness, &process, work.boxed()).await;
            let status = match end {
                crate::process::End::Done(Some(_)) => 200,
                crate::process::End::Done(None) => 503,
                crate::process::End::Died => return Err("the connection broke".to_owned()),
            };
            Ok(WebhookAnswer { status, retry_after: None })
        })
    }
}

/// The tier is the one of the state that Stripe has in the end.
pub(crate) async fn judge(harness: &Harness) -> Vec<String> {
    if harness.plan.subscribers == 0 {
        return Vec::new();
    }
    let user = harness.table.get::<User>(&keys::user(user_id())).await.ok().flatten();
    let events = harness.stripe.events();
    let state = events.iter().rev().find(|event| event.kind.starts_with("customer.subscription."));
    let (Some(user), Some(state)) = (user, state) else {
        return vec!["nobody has subscribed".to_owned()];
    };
    let object: serde_json::Value = serde_json::from_str(&state.body).unwrap_or_default();
    let status = object["data"]["object"]["status"].as_str().unwrap_or_default().to_owned();
    // The run rests until the grace period has ended, too.
    let expected = match status.as_str() {
        "active" | "trialing" => Tier::Pro,
        _ => Tier::Free,
    };
    if user.tier == expected {
        return Vec::new();
    }
    vec![format!("the subscription is {status}, and the tier is {:?}", user.tier)]
}
