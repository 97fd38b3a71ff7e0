//! The webhook, called as Prodamus calls it.

use std::sync::Arc;

use app::App;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::account::SecretHash;
use domain::alert::Alert;
use domain::bot::{Bot, BotName, BotStatus, PayForm};
use domain::contact::Contact;
use domain::engine::Job;
use domain::engine::job::Words;
use domain::ids::{BotId, CompanyId};
use domain::payment::{KeptWord, Order, OrderNumber, OrderStatus, Outcome, WordKind};
use domain::seal::Sealed;
use domain::slug::Slug;
use fixture::Fixture;
use payments::prodamus::{Fields, sign};
use proptest::prelude::*;
use runtime::metrics::Metric;
use runtime::seal::{LocalKey, Sealer};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use serde_json::Value;
use table::keys;
use tower::ServiceExt;

const KEY: &str = "form-key";
const FORM: &str = "application/x-www-form-urlencoded";

fn bot_id() -> BotId {
    BotId("00000000-0000-0000-0000-000000000007".to_owned())
}

fn company() -> CompanyId {
    "00000000-0000-0000-0000-000000000001".parse().expect("an id")
}

fn number() -> OrderNumber {
    OrderNumber::from_random([7; 16])
}

/// An app with a bot `alerts` that contacts pay through, and an order of one of them.
fn world() -> (Fixture, App) {
    let fixture = Fixture::new();
    let env = fixture.app.env.clone();
    let key = LocalKey::parse(&env.secret(), env.clone()).expect("a key");
    let app = fixture.app.clone().sealing(Sealer::new(Arc::new(key), env.clone()));
    let form = PayForm { url: "https://demo.payform.ru/".to_owned(), secret: KEY.to_owned() };
    let form = serde_json::to_string(&form).expect("JSON");
    let form = fixture.run(app.sealer.seal(&Bot::about_form(&bot_id()), &form)).expect("sealed");
    let slug = Slug::parse("alerts").expect("a slug");
    let bot = Bot {
        id: bot_id(),
        company_id: company(),
        slug: slug.clone(),
        telegram_id: 7_000_000_002,
        username: "AlertsBot".to_owned(),
        secrets: Sealed::new("sealed"),
        webhook_secret: SecretHash::of("s"),
        form: Some(form),
        earlier_forms: Vec::new(),
        form_revision: 1,
        // Who pays while a bot is switched off has paid.
        status: BotStatus::Inactive,
        default_chat: None,
        created_at: env.now(),
        version: 0,
    };
    let sold = ("Premium course".to_owned(), Decimal::from(1_500));
    let order = Order::new(number(), (bot_id(), 42, slug.clone()), sold, env.now());
    let order = Order { form_revision: 1, ..order };
    let name = BotName { slug, bot: bot_id() };
    fixture.put([bot.into(), name.into(), order.into()]);
    (fixture, app)
}

fn post(fixture: &Fixture, app: &App, request: Request<Body>) -> (u16, String) {
    let router = prodamus_webhook::router(app.clone());
    fixture.run(async {
        let Ok(response) = router.oneshot(request).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    })
}

fn request(bot: &str, sign: Option<&str>, kind: &str, body: &str) -> Request<Body> {
    let path = format!("/api/webhooks/prodamus/{bot}");
    let mut request = Request::post(path).header("content-type", kind);
    if let Some(sign) = sign {
        request = request.header("Sign", sign);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

fn signed(fixture: &Fixture, app: &App, key: &str, body: &str) -> (u16, String) {
    let fields = Fields::read(FORM, body.as_bytes()).expect("a form");
    let sign = sign(&fields, &key.into());
    post(fixture, app, request("alerts", Some(&sign), FORM, body))
}

fn word(payment: &str, status: &str, sum: &str) -> String {
    format!(
        "order_id={payment}&order_num={}&sum={sum}&payment_status={status}\
         &date=2026-05-15T00:00:00%2B03:00&customer_phone=%2B79990000001\
         &products[0][name]=Premium+course",
        number()
    )
}

const TAKEN: u16 = 200;

fn order(fixture: &Fixture) -> Order {
    fixture.get(&keys::order(&bot_id(), &number())).expect("an order")
}

fn kept(fixture: &Fixture, payment: &str, kind: WordKind) -> Option<KeptWord> {
    fixture.get(&keys::kept_word(&bot_id(), payment, (kind, None)))
}

/// What the contact is told, and how often the admins are.
fn told(fixture: &Fixture) -> (Vec<Words>, usize) {
    let (mut said, mut alerts) = (Vec::new(), 0);
    for timer in fixture.timers() {
        match timer.job {
            Job::ScenarioWords { bot, chat_id, words, .. } => {
                assert_eq!((bot, chat_id), (bot_id(), 42));
                said.push(words);
            }
            Job::AlertFanout { company_id, alert_id, .. } => {
                let alert: Option<Alert> = fixture.get(&keys::alert(company(), alert_id));
                assert!(company_id == company() && alert.is_some());
                alerts += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    (said, alerts)
}

#[test]
fn a_payment_is_honoured_once_however_often_it_is_said() {
    let (fixture, app) = world();
    for _ in 0..3 {
        let answer = signed(&fixture, &app, KEY, &word("771", "success", "1500.00"));
        assert_eq!(answer, (TAKEN, "success".to_owned()));
    }
    let order = order(&fixture);
    assert_eq!((order.status, order.heard.len(), order.version), (OrderStatus::Paid, 1, 1));
    let thanks = Words::Paid { product: "Premium course".to_owned() };
    let contact: Contact = fixture.get(&keys::contact(&bot_id(), 42)).expect("known by it");
    assert_eq!(contact.run(&order.scenario).payment_date, order.paid_at);
    assert_eq!(
        told(&fixture),
        (vec![thanks], 1),
        "there is no scenario, and the admins hear of it"
    );
    let kept = kept(&fixture, "771", WordKind::Paid).expect("a word");
    assert_eq!((kept.outcome, kept.order), (Outcome::Honoured, Some(number())));
    let about = KeptWord::about(&bot_id(), "771");
    let raw = fixture.run(app.sealer.open(&about, &kept.raw)).expect("sealed");
    assert!(raw.expose_secret().contains("+79990000001"));
}

#[test]
fn what_is_not_honoured_is_recorded_and_the_admins_are_told_once() {
    for (key, body, outcome) in [
        (KEY, word("1", "success", "1499.99"), Outcome::WrongAmount),
        (KEY, word("1", "success", "1500").replace("Premium", "Basic"), Outcome::WrongProduct),
        (KEY, word("1", "success", "1500").replace("0707", "0808"), Outcome::UnknownOrder),
        (KEY, word("1", "success", "1500").replace("order_num", "x"), Outcome::UnknownOrder),
        ("form-keydemo", word("1", "success", "1500"), Outcome::Demo),
    ] {
        let (fixture, app) = world();
        for _ in 0..2 {
            assert_eq!(signed(&fixture, &app, key, &body).0, TAKEN, "{outcome:?}");
        }
        assert_eq!(order(&fixture).status, OrderStatus::Open, "{outcome:?}");
        let word = kept(&fixture, "1", WordKind::Paid).expect("a word");
        assert_eq!(word.outcome, outcome);
        assert_eq!(told(&fixture), (Vec::new(), 1), "{outcome:?}");
    }
}

#[test]
fn refusals_are_recorded_in_silence_and_a_refund_is_told() {
    let (fixture, app) = world();
    for (status, kind) in
        [("order_denied", WordKind::Denied), ("Order_Canceled", WordKind::Canceled)]
    {
        assert_eq!(signed(&fixture, &app, KEY, &word("1", status, "1500")).0, TAKEN);
        assert!(kept(&fixture, "1", kind).is_some(), "{status}");
    }
    assert_eq!(told(&fixture), (Vec::new(), 0));
    assert_eq!(signed(&fixture, &app, KEY, &word("2", "success", "1500")).0, TAKEN);
    assert_eq!(signed(&fixture, &app, KEY, &word("2", "refund", "1500")).0, TAKEN);
    assert_eq!(order(&fixture).status, OrderStatus::Refunded);
    assert_eq!(told(&fixture).1, 2, "there was nothing to give, and the money went back");
}

#[test]
fn a_wrong_or_missing_signature_is_400_and_the_admins_are_told_once_of_an_order_of_theirs() {
    let (mut fixture, app) = world();
    let lines = fixture.keep_metrics(prodamus_webhook::FUNCTION.name);
    let app = App { metrics: fixture.app.metrics.clone(), ..app };
    let body = word("771", "success", "1500");
    let fields = Fields::read(FORM, body.as_bytes()).expect("a form");
    let (right, other) = (sign(&fields, &KEY.into()), sign(&fields, &"other".into()));
    let bent = body.replace("1500", "1501");
    for (shown, body) in
        [(None, &body), (Some(""), &body), (Some(other.as_str()), &body), (Some(&*right), &bent)]
    {
        let (status, problem) = post(&fixture, &app, request("alerts", shown, FORM, body));
        let problem: Value = serde_json::from_str(&problem).expect("a problem");
        assert_eq!((status, problem["code"].as_str()), (400, Some("WRONG_SIGNATURE")), "{shown:?}");
    }
    assert_eq!((order(&fixture).heard.len(), told(&fixture)), (0, (Vec::new(), 1)));
    let shown = format!(" {} ", right.to_uppercase());
    let id = bot_id().to_string();
    assert_eq!(post(&fixture, &app, request(&id, Some(&shown), FORM, &body)).0, TAKEN);
    assert_eq!(lines.values(Metric::WebhookFailures), [1; 2], "a stranger's are no failures");
}

#[test]
fn a_word_about_an_order_that_is_not_known_is_refused_in_silence() {
    let (fixture, app) = world();
    let body = word("771", "success", "1500").replace("0707", "0808");
    assert_eq!(signed(&fixture, &app, "other", &body).0, 400);
    assert_eq!(told(&fixture), (Vec::new(), 0));
}

#[test]
fn who_pays_at_a_link_of_an_earlier_form_has_paid() {
    let (fixture, app) = world();
    let bot: Bot = fixture.get(&keys::bot(&bot_id())).expect("a bot");
    fixture.put([bot.with_form(None).into()]);
    assert_eq!(signed(&fixture, &app, KEY, &word("1", "success", "1500")).0, TAKEN);
    assert!(order(&fixture).is_paid());
}

#[test]
fn what_is_no_word_or_is_for_nobody_is_refused() {
    let (fixture, app) = world();
    let status = |bot: &str, kind: &str, body: &str| {
        post(&fixture, &app, request(bot, Some("x"), kind, body)).0
    };
    assert_eq!(status("nobody", FORM, "a=1"), 404);
    assert_eq!(status("default", FORM, "a=1"), 404);
    assert_eq!(status("alerts", "text/plain", "a=1"), 400);
    assert_eq!(status("alerts", "application/json", "{"), 400);
    assert_eq!(status("alerts", FORM, &"a".repeat(1 << 16)), 413);
    assert_eq!(signed(&fixture, &app, KEY, "order_id=1&sum=5").0, 400);
    assert_eq!(signed(&fixture, &app, KEY, "order_id=1&sum=x&payment_status=success").0, 400);
    let bot: Bot = fixture.get(&keys::bot(&bot_id())).expect("a bot");
    fixture.put([Bot { form: None, ..bot }.into()]);
    assert_eq!(signed(&fixture, &app, KEY, &word("1", "success", "1500")).0, 404, "no form");
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    for (event, status) in [
        (include_str!("../../../events/prodamus-webhook/paid-base64.json"), TAKEN),
        (include_str!("../../../events/prodamus-webhook/paid-urlencoded.json"), TAKEN),
        (include_str!("../../../events/prodamus-webhook/paid-json.json"), TAKEN),
        (include_str!("../../../events/prodamus-webhook/unsigned.json"), 400),
    ] {
        let (fixture, app) = world();
        let request = lambda_http::request::from_str(event).expect("an event");
        let router = prodamus_webhook::router(app.clone());
        let Ok(response) = fixture.run(router.oneshot(request));
        assert_eq!(response.status().as_u16(), status, "{event}");
        assert_eq!(order(&fixture).is_paid(), status == TAKEN);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn whatever_is_signed_is_no_error_of_ours(
        payment in "[ -~]{0,80}", status in any::<String>(), sum in "[0-9.eE-]{0,30}", extra in any::<String>(),
    ) {
        let (fixture, app) = world();
        let number = number();
        let pairs = [("order_id", payment.as_str()), ("payment_status", &status), ("sum", &sum),
            ("order_num", number.as_str()), ("customer_extra", &extra)];
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.put(name, value).expect("a name");
        }
        let body = serde_json::to_string(&pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>());
        let request = request("alerts", Some(&sign(&fields, &KEY.into())), "application/json", &body.expect("JSON"));
        let (status, _) = post(&fixture, &app, request);
        prop_assert!(status < 500, "{status}");
    }
}
