//! The Stripe simulator, as its clients and the people on its pages meet it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures::FutureExt;
use futures::executor::block_on;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulators::stripe::{EventSender, Impossible, Options, Status, Stripe, Webhook, router};
use simulators::telegram::{Posting, VirtualClock, WebhookAnswer};
use tower::ServiceExt;

const KEY: &str = "sk_test_1";
const START: i64 = 1_700_000_000_000;

struct Setup {
    clock: VirtualClock,
    stripe: Stripe,
}

fn setup() -> Setup {
    let clock = VirtualClock::at(START);
    let webhook = Webhook { url: "http://hoopoe/hook".to_owned(), secret: "whsec_test".to_owned() };
    let stripe = Stripe::open(Options {
        clock: Arc::new(clock.clone()),
        secret_key: KEY.to_owned(),
        webhook: Some(webhook),
        base_url: "http://stripe".to_owned(),
        file: None,
    });
    Setup { clock, stripe: stripe.expect("no file is read") }
}

impl Setup {
    fn send(&self, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
        let exchange = async {
            let Ok(response) = router(self.stripe.clone()).oneshot(request).await;
            let status = response.status();
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            (status, location, body.to_vec())
        };
        exchange.now_or_never().expect("the router waits for nothing")
    }

    fn call(&self, method: &str, path: &str, form: &str, key: Option<&str>) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {KEY}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(form.to_owned())).expect("a request");
        let (status, _, body) = self.send(request);
        (status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    fn customer(&self) -> String {
        let (_, customer) = self.call("POST", "/v1/customers", "metadata[user_id]=u", None);
        customer["id"].as_str().expect("an id").to_owned()
    }

    fn session(&self, customer: &str, key: Option<&str>) -> (u16, Value) {
        let form = format!(
            "mode=subscription&customer={customer}&client_reference_id=u&\
             subscription_data[metadata][user_id]=u&line_items[0][price]=price_1&\
             line_items[0][quantity]=1&success_url=http://h/yes&cancel_url=http://h/no"
        );
        self.call("POST", "/v1/checkout/sessions", &form, key)
    }

    /// A subscription that was paid on the page.
    fn subscription(&self) -> String {
        let (_, session) = self.session(&self.customer(), None);
        self.stripe.pay(session["id"].as_str().expect("an id")).expect("it is open").1
    }

    fn kinds(&self) -> Vec<String> {
        self.stripe.events().into_iter().map(|event| event.kind).collect()
    }
}

#[test]
fn a_checkout_is_paid_once_on_its_page_and_becomes_a_subscription() {
    let setup = setup();
    let customer = setup.customer();
    let (status, session) = setup.session(&customer, None);
    assert_eq!((status, &session["status"]), (200, &json!("open")));
    let id = session["id"].as_str().expect("an id");
    assert_eq!(session["url"], format!("http://stripe/simulator/stripe/checkout/{id}"));
    let page = |path: &str, method: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        setup.send(request.expect("a request"))
    };
    let at = format!("/simulator/stripe/checkout/{id}");
    let (status, _, html) = page(&at, "GET");
    assert!(status == 200 && String::from_utf8_lossy(&html).contains(">Pay<"));
    let (_, _, html) = page(&format!("{at}/fail"), "POST");
    assert!(String::from_utf8_lossy(&html).contains("declined"));
    let (status, location, _) = page(&format!("{at}/pay"), "POST");
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "http://h/yes"));
    assert_eq!(page(&format!("{at}/pay"), "POST").0, 404, "once");
    let list = format!("/v1/subscriptions?customer={customer}");
    let (_, list) = setup.call("GET", &list, "", None);
    assert_eq!(list["data"][0]["status"], "active");
    assert_eq!(list["data"][0]["metadata"]["user_id"], "u");
    assert_eq!(
        setup.kinds(),
        [
            "customer.created",
            "payment_intent.payment_failed",
            "customer.subscription.created",
            "invoice.paid",
            "customer.subscription.updated",
            "checkout.session.completed",
        ]
    );
}

#[test]
fn a_customer_who_is_deleted_is_said_to_be_and_pays_for_nothing() {
    let setup = setup();
    let customer = setup.customer();
    let (_, paid) = setup.session(&customer, None);
    setup.stripe.pay(paid["id"].as_str().expect("an id")).expect("it is open");
    let (_, open) = setup.session(&customer, None);
    let at = format!("/v1/customers/{customer}");
    let gone = json!({ "id": customer, "object": "customer", "deleted": true });
    assert_eq!(setup.call("DELETE", &at, "", None), (200, gone.clone()));
    assert_eq!(setup.call("GET", &at, "", None), (200, gone));
    assert_eq!(setup.call("DELETE", &at, "", None).0, 404, "once");
    assert_eq!(setup.session(&customer, None).0, 400);
    let open = open["id"].as_str().expect("an id");
    assert_eq!(setup.stripe.pay(open), Err(Impossible::NoOpenCheckout));
    let kinds = setup.kinds();
    assert_eq!(kinds[kinds.len() - 2..], ["customer.subscription.deleted", "customer.deleted"]);
    assert_eq!(setup.stripe.delete_customer("cus_none"), Err(Impossible::NoCustomer));
}

#[test]
fn what_stripe_refuses_is_refused() {
    let setup = setup();
    let code = |(status, body): (u16, Value)| (status, body["error"]["code"].clone());
    let session = |form: &str| code(setup.call("POST", "/v1/checkout/sessions", form, None));
    assert_eq!(session("mode=payment"), (400, json!("parameter_invalid")));
    assert_eq!(session("mood=good"), (400, json!("parameter_unknown")));
    assert_eq!(session("mode=subscription&customer=cus_x"), (400, json!("resource_missing")));
    let missing = code(setup.call("GET", "/v1/customers/cus_x", "", None));
    assert_eq!(missing, (404, json!("resource_missing")));
    let request = Request::get("/v1/customers/cus_x").body(Body::empty()).expect("a request");
    assert_eq!(setup.send(request).0, 401);
}

#[test]
fn a_key_is_one_request() {
    let setup = setup();
    let customer = setup.customer();
    let first = setup.session(&customer, Some("k"));
    assert_eq!(setup.session(&customer, Some("k")), first);
    let other = setup.call("POST", "/v1/customers", "email=a@b.example", Some("k"));
    assert_eq!((other.0, &other.1["error"]["type"]), (400, &json!("idempotency_error")));
}

#[test]
fn an_old_checkout_cannot_be_paid() {
    let setup = setup();
    let (_, session) = setup.session(&setup.customer(), None);
    let id = session["id"].as_str().expect("an id");
    setup.clock.advance_ms(86_400_000);
    assert!(setup.stripe.pay(id).is_err());
    let (_, session) = setup.call("GET", &format!("/v1/checkout/sessions/{id}"), "", None);
    assert_eq!((&session["status"], &session["url"]), (&json!("expired"), &Value::Null));
}

#[test]
fn faults_are_for_the_next_requests_only() {
    let setup = setup();
    setup.stripe.inject(429, 2);
    let statuses = [(); 3].map(|()| setup.call("POST", "/v1/customers", "", None).0);
    assert_eq!(statuses, [429, 429, 200]);
}

/// Answers as it is told, and remembers what came.
#[derive(Default)]
struct Hook {
    refuse: Mutex<usize>,
    came: Mutex<Vec<(String, Value)>>,
}

impl EventSender for Hook {
    fn post(&self, _: &str, signature: &str, body: Vec<u8>) -> Posting {
        let mut refuse = self.refuse.lock().unwrap_or_else(PoisonError::into_inner);
        let status = if *refuse > 0 { 500 } else { 200 };
        *refuse = refuse.saturating_sub(1);
        let event = serde_json::from_slice(&body).expect("JSON");
        let came = (signature.to_owned(), event);
        self.came.lock().unwrap_or_else(PoisonError::into_inner).push(came);
        Box::pin(async move { Ok(WebhookAnswer { status, retry_after: None }) })
    }
}

impl Setup {
    /// Posts what is due until nothing is, and lets the time pass for what is not.
    fn deliver(&self, hook: &Arc<Hook>) {
        let sender: Arc<dyn EventSender> = Arc::<Hook>::clone(hook);
        let run = self.stripe.run_webhooks(sender);
        let passing = async {
            while !self.stripe.idle() {
                self.clock.advance_ms(1_000);
                futures::pending!();
            }
        };
        block_on(async {
            let mut run = Box::pin(run);
            let mut passing = Box::pin(passing);
            std::future::poll_fn(|context| {
                let _ = run.as_mut().poll(context);
                context.waker().wake_by_ref();
                passing.as_mut().poll(context)
            })
            .await;
        });
    }

    fn came(hook: &Hook) -> Vec<(String, String)> {
        let came = hook.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.iter()
            .map(|(_, event)| {
                let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                (text("id"), text("type"))
            })
            .collect()
    }
}

#[test]
fn events_are_signed_and_posted_again_until_they_are_taken() {
    let setup = setup();
    setup.customer();
    let hook = Arc::new(Hook { refuse: Mutex::new(2), ..Hook::default() });
    setup.deliver(&hook);
    let came = Setup::came(&hook);
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|it| *it == came[0]), "the same event each time");
    let attempts = setup.stripe.events()[0].attempts.clone();
    let statuses: Vec<_> = attempts.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Some(500), Some(500), Some(200)]);
    assert!(attempts[1].at > attempts[0].at, "each is signed when it leaves");
    assert_ne!(attempts[0].signature, attempts[1].signature);
}

#[test]
fn events_are_held_back_reordered_and_doubled_on_demand() {
    let setup = setup();
    let subscription = setup.subscription();
    let hook = Arc::new(Hook::default());
    setup.deliver(&hook);
    setup.stripe.hold(true);
    let before = setup.stripe.events().len();
    setup.stripe.renew(&subscription, false).expect("it is there");
    setup.stripe.become_status(&subscription, Status::Canceled).expect("it is there");
    setup.deliver(&hook);
    assert_eq!(Setup::came(&hook).len(), before, "held back");
    let ids: Vec<String> =
        setup.stripe.events().split_off(before).into_iter().map(|it| it.id).collect();
    let order = [ids[2].clone(), ids[0].clone(), ids[2].clone()];
    setup.stripe.release(&order).expect("they are there");
    setup.deliver(&hook);
    let came: Vec<String> =
        Setup::came(&hook).split_off(before).into_iter().map(|it| it.0).collect();
    assert_eq!(came, order);
    setup.stripe.hold(false);
    setup.stripe.copies(3);
    setup.stripe.refund(&subscription).expect("it is there");
    setup.deliver(&hook);
    let refunds = Setup::came(&hook).iter().filter(|it| it.1 == "charge.refunded").count();
    assert_eq!(refunds, 3);
    assert!(setup.stripe.release(&["evt_nobody".to_owned()]).is_err());
}

#[test]
fn a_file_keeps_everything_from_one_start_to_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("stripe.json");
    let open = || {
        Stripe::open(Options {
            clock: Arc::new(VirtualClock::at(START)),
            secret_key: KEY.to_owned(),
            webhook: None,
            base_url: "http://stripe".to_owned(),
            file: Some(file.clone()),
        })
    };
    let first = Setup { clock: VirtualClock::at(START), stripe: open().expect("a new file") };
    let subscription = first.subscription();
    let second = Setup { clock: VirtualClock::at(START), stripe: open().expect("its own file") };
    let (status, found) =
        second.call("GET", &format!("/v1/subscriptions/{subscription}"), "", None);
    assert_eq!((status, &found["status"]), (200, &json!("active")));
    assert_ne!(second.subscription(), subscription, "ids go on");
    std::fs::write(&file, "{").expect("written");
    assert!(open().is_err(), "a file of someone else's");
}
