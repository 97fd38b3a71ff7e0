//! The Prodamus simulator, as its clients and the people on its pages meet it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures::FutureExt;
use futures::executor::block_on;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::Sha256;
use simulators::prodamus::{Deed, Encoding, Options, Payer, Prodamus, WordSender, router};
use simulators::telegram::{Posting, VirtualClock, WebhookAnswer};
use tower::ServiceExt;

const KEY: &str = "key";
const START: i64 = 1_778_792_400_000;

struct Setup {
    clock: VirtualClock,
    prodamus: Prodamus,
}

fn setup() -> Setup {
    let clock = VirtualClock::at(START);
    let prodamus = Prodamus::open(Options {
        clock: Arc::new(clock.clone()),
        key: KEY.to_owned(),
        webhook: Some("http://hoopoe/hook/{form}".to_owned()),
        base_url: "http://pay".to_owned(),
        file: None,
    });
    Setup { clock, prodamus: prodamus.expect("no file is read") }
}

fn hex(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

const PRODUCTS: (&str, &str) = (
    "products[0][name]=A/B&products[0][price]=1500.50&products[0][quantity]=2",
    r#""products":[{"name":"A\/B","price":"1500.50","quantity":"2"}]"#,
);

/// A query that asks for a link. `field` is one with a name between `do` and `products`: the text that
/// is signed has the fields in the order of their names.
fn asked(field: Option<(&str, &str)>) -> String {
    let mut fields = vec![("do", "link"), ("order_id", "n1")];
    fields.extend(field);
    fields.sort_unstable();
    let query: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "%20")))
        .collect();
    let json: Vec<String> =
        fields.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    let text = format!(r#"{{{},{},"urlSuccess":"http:\/\/h\/yes"}}"#, json.join(","), PRODUCTS.1);
    let (query, sign) = (query.join("&"), hex(KEY, &text));
    format!("{query}&{}&urlSuccess=http://h/yes&signature={sign}", PRODUCTS.0)
}

impl Setup {
    fn send(&self, method: &str, path: &str, body: &str) -> (StatusCode, String, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let exchange = async {
            let Ok(response) = router(self.prodamus.clone()).oneshot(request).await;
            let status = response.status();
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            (status, location, String::from_utf8_lossy(&body).into_owned())
        };
        exchange.now_or_never().expect("the router waits for nothing")
    }

    /// The path of a new link's page.
    fn link(&self, query: &str) -> String {
        let (status, _, answer) =
            self.send("GET", &format!("/simulator/prodamus/forms/alerts?{query}"), "");
        assert_eq!(status, 200);
        answer.strip_prefix("http://pay").expect(&answer).to_owned()
    }

    fn id(&self, query: &str) -> String {
        let path = self.link(query);
        path.rsplit('/').next().expect("a name").to_owned()
    }

    fn api(&self, path: &str, body: &Value) -> StatusCode {
        self.send("POST", &format!("/simulator/prodamus/api{path}"), &body.to_string()).0
    }
}

#[test]
fn a_link_is_made_for_who_signs_and_for_nobody_else() {
    let setup = setup();
    let path = setup.link(&asked(None));
    let (status, _, page) = setup.send("GET", &path, "");
    assert!(status == 200 && page.contains("3001.00 ₽") && page.contains(">Pay<"), "{page}");
    let form = "/simulator/prodamus/forms/alerts";
    for query in [
        asked(None).replace("1500.50", "1500.51"),
        asked(None).replace("signature=", "sign="),
        "do=link".to_owned(),
    ] {
        let (status, _, answer) = setup.send("GET", &format!("{form}?{query}"), "");
        assert!(status == 200 && !answer.starts_with("http"), "{answer}");
    }
    let (_, _, answer) = setup.send("POST", &format!("{form}/"), &asked(None));
    assert!(answer.starts_with("http://pay/simulator/prodamus/pay/"));
    assert_eq!(setup.send("GET", "/simulator/prodamus/pay/none", "").0, 404);
}

#[test]
fn on_its_page_one_pays_fails_gives_up_and_gets_the_money_back() {
    let setup = setup();
    let path = setup.link(&asked(None));
    let (_, _, page) = setup.send("POST", &format!("{path}/fail"), "");
    assert!(page.contains("declined"));
    let (_, _, page) = setup.send("POST", &format!("{path}/cancel"), "");
    assert!(page.contains("cancelled"));
    let (status, location, _) = setup.send("POST", &path, "phone=%2B7999&email=a%40b.example");
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "http://h/yes"));
    let payment = *setup.prodamus.links()[0].payments.keys().next().expect("a payment");
    let refund = format!("/simulator/prodamus/payments/{payment}/refund");
    let (status, location, _) = setup.send("POST", &refund, "");
    assert_eq!((status, location), (StatusCode::SEE_OTHER, path));
    assert_eq!(setup.send("POST", &refund, "").0, 404, "once");
    let words = setup.prodamus.words();
    let said: Vec<_> = words
        .iter()
        .map(|it| (it.field("payment_status"), it.field("order_num"), it.field("sum")))
        .collect();
    let of = |status| (Some(status), Some("n1"), Some("3001.00"));
    assert_eq!(said, ["order_denied", "order_canceled", "success", "refund"].map(of));
    assert_eq!(words[2].field("customer_phone"), Some("+7999"));
    assert_eq!(words[2].field("order_id"), words[3].field("order_id"));
    assert_eq!(words[2].field("date"), Some("2026-05-15T00:00:00+03:00"));
    assert_eq!(words[2].url, "http://hoopoe/hook/alerts");
    let (status, _, page) = setup.send("GET", "/simulator/prodamus", "");
    assert!(status == 200 && page.contains("order_denied") && page.contains("(refunded)"));
}

#[test]
fn a_page_closes_when_its_time_is_over_or_its_payments_are_taken() {
    let setup = setup();
    let link = setup.id(&asked(Some(("link_expired", "2026-05-15 00:10"))));
    setup.clock.advance_ms(11 * 60_000);
    assert!(setup.prodamus.act(&link, Deed::Pay, &Payer::default()).is_err());
    let link = setup.id(&asked(Some(("payments_limit", "1"))));
    assert!(setup.prodamus.act(&link, Deed::Pay, &Payer::default()).is_ok());
    assert!(setup.prodamus.act(&link, Deed::Pay, &Payer::default()).is_err());
}

#[test]
fn faults_are_for_the_next_requests_only() {
    let setup = setup();
    assert_eq!(setup.api("/faults", &json!({ "status": 503, "times": 2 })), 200);
    let form = format!("/simulator/prodamus/forms/x?{}", asked(None));
    let statuses = [(); 3].map(|()| setup.send("GET", &form, "").0.as_u16());
    assert_eq!(statuses, [503, 503, 200]);
}

/// A post as it came.
#[derive(Clone, Debug, PartialEq)]
struct Came {
    url: String,
    sign: String,
    content_type: String,
    body: String,
}

/// Answers as it is told, and remembers what came.
#[derive(Default)]
struct Hook {
    refuse: Mutex<usize>,
    came: Mutex<Vec<Came>>,
}

impl WordSender for Hook {
    fn post(&self, url: &str, sign: &str, content_type: &str, body: Vec<u8>) -> Posting {
        let mut refuse = self.refuse.lock().unwrap_or_else(PoisonError::into_inner);
        let status = if *refuse > 0 { 500 } else { 200 };
        *refuse = refuse.saturating_sub(1);
        let body = String::from_utf8(body).expect("UTF-8");
        let (url, sign) = (url.to_owned(), sign.to_owned());
        let came = Came { url, sign, content_type: content_type.to_owned(), body };
        self.came.lock().unwrap_or_else(PoisonError::into_inner).push(came);
        Box::pin(async move { Ok(WebhookAnswer { status, retry_after: None }) })
    }
}

impl Setup {
    /// Posts what is due until nothing is, and lets the time pass for what is not.
    fn deliver(&self, hook: &Arc<Hook>) -> Vec<Came> {
        let sender: Arc<dyn WordSender> = Arc::<Hook>::clone(hook);
        let run = self.prodamus.run_webhooks(sender);
        let passing = async {
            while !self.prodamus.idle() {
                self.clock.advance_ms(30_000);
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
        hook.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[test]
fn a_word_is_posted_again_until_it_is_taken_signed_each_time() {
    let setup = setup();
    let link = setup.id(&asked(None));
    setup.prodamus.act(&link, Deed::Pay, &Payer::default()).expect("it is open");
    let hook = Arc::new(Hook { refuse: Mutex::new(2), ..Hook::default() });
    let came = setup.deliver(&hook);
    assert_eq!(came.len(), 3);
    assert_ne!(came[0].sign, came[1].sign, "the number of the attempt is signed");
    assert!(came[2].body.contains("name=\"attempt\"\r\n\r\n3\r\n"));
    assert!(came[0].content_type.starts_with("multipart/form-data; boundary="));
    let statuses: Vec<_> = setup.prodamus.words()[0].attempts.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Some(500), Some(500), Some(200)]);
    let hook = Arc::new(Hook { refuse: Mutex::new(99), ..Hook::default() });
    setup.prodamus.act(&link, Deed::Fail, &Payer::default()).expect("it is open");
    assert_eq!(setup.deliver(&hook).len(), 24, "once, and 23 times again");
}

#[test]
fn words_are_written_in_three_encodings_and_signed_by_what_they_say() {
    let setup = setup();
    let said = json!({ "form": "f", "fields": { "a[0]": "x/y", "b": "ы" } });
    let text = "{\"a\":[\"x\\/y\"],\"attempt\":\"1\",\"b\":\"ы\"}";
    for (encoding, content_type, body) in [
        ("multipart", "multipart/form-data", "name=\"a[0]\"\r\n\r\nx/y\r\n"),
        ("urlencoded", "application/x-www-form-urlencoded", "a%5B0%5D=x%2Fy&b=%D1%8B&attempt=1"),
        ("json", "application/json", text),
    ] {
        assert_eq!(setup.api("/words/delivery", &json!({ "encoding": encoding })), 200);
        assert_eq!(setup.api("/words", &said), 200);
        let came = setup.deliver(&Arc::new(Hook::default())).remove(0);
        assert!(came.content_type.starts_with(content_type), "{came:?}");
        assert!(came.body.contains(body), "{came:?}");
        assert_eq!((came.sign, came.url), (hex(KEY, text), "http://hoopoe/hook/f".to_owned()));
    }
    let demo = json!({ "form": "f", "fields": { "a[0]": "x/y", "b": "ы" }, "demo": true });
    assert_eq!(setup.api("/words", &demo), 200);
    let came = setup.deliver(&Arc::new(Hook::default())).remove(0);
    assert_eq!(came.sign, hex("keydemo", text));
    setup.prodamus.write_as(Encoding::Json, true);
    let link = setup.id(&asked(None));
    setup.prodamus.act(&link, Deed::Pay, &Payer::default()).expect("it is open");
    let came = setup.deliver(&Arc::new(Hook::default())).remove(0);
    let body: Value = serde_json::from_str(&came.body).expect("JSON");
    let products: Value =
        serde_json::from_str(body["products"].as_str().expect("a text")).expect("JSON");
    let product = json!({ "name": "A/B", "price": "1500.50", "quantity": "2", "sum": "3001.00" });
    assert_eq!(products, json!([product]));
}

#[test]
fn words_are_held_back_reordered_and_doubled_on_demand() {
    let setup = setup();
    let link = setup.id(&asked(None));
    let hook = Arc::new(Hook::default());
    assert_eq!(setup.api("/words/delivery", &json!({ "hold": true })), 200);
    let payment = setup.prodamus.act(&link, Deed::Pay, &Payer::default()).expect("it is open");
    setup.prodamus.refund(payment).expect("it is paid");
    assert_eq!(setup.deliver(&hook), []);
    let ids: Vec<String> = setup.prodamus.words().into_iter().map(|it| it.id).collect();
    let order = json!({ "words": [ids[1], ids[0], ids[1]] });
    assert_eq!(setup.api("/words/release", &order), 200);
    let came = setup.deliver(&hook);
    let refunds: Vec<bool> = came.iter().map(|it| it.body.contains("refund")).collect();
    assert_eq!(refunds, [true, false, true]);
    assert_eq!(setup.api("/words/delivery", &json!({ "hold": false, "copies": 3 })), 200);
    let at = format!("/links/{link}/cancel");
    assert_eq!(setup.api(&at, &json!({})), 200);
    assert_eq!(setup.deliver(&hook).len(), came.len() + 3);
    assert_eq!(setup.api("/words/release", &json!({ "words": ["none"] })), 404);
}

#[test]
fn a_file_keeps_everything_from_one_start_to_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("prodamus.json");
    let open = || {
        Prodamus::open(Options {
            clock: Arc::new(VirtualClock::at(START)),
            key: KEY.to_owned(),
            webhook: None,
            base_url: "http://pay".to_owned(),
            file: Some(file.clone()),
        })
    };
    let first = Setup { clock: VirtualClock::at(START), prodamus: open().expect("a new file") };
    let link = first.id(&asked(None));
    let payment = first.prodamus.act(&link, Deed::Pay, &Payer::default()).expect("it is open");
    let second = Setup { clock: VirtualClock::at(START), prodamus: open().expect("its own file") };
    assert!(second.prodamus.refund(payment).is_ok());
    assert_ne!(second.id(&asked(None)), link, "ids go on");
    std::fs::write(&file, "{").expect("written");
    assert!(open().is_err(), "a file of someone else's");
}
