//! What the logs and the metrics say of a whole journey, and what they never say.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hoopoe::dev::{SIMULATED_BOT, SIMULATED_TOKEN};
use http::{HeaderName, Method, header};
use runtime::metrics::Metric;
use runtime::telemetry::{LogFormat, logs_to};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulators::courier::Status;
use simulators::prodamus::Deed;
use tests::log_interest::ask_each_thread;
use tests::{TestSystem, journey};

use crate::accounts::tokens;
use crate::bots::{add_account, received};
use crate::emails::confirm;
use crate::payments::{payer, shop};
use crate::{about, hooks, offer};

const BIKES: &str = "https://shop.example/bikes";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "ada.lovelace@example.com";
const DEVICE: &str = "Analytical-Engine/1.0 (brass; steam)";
const WORDS: &str = "my knee hurts, call me at 555-0142";

/// Whose address is confirmed, whose password is forgotten, and who pays for more.
const READER: &str = "grace.hopper@example.com";
const NEW_PASSWORD: &str = "battery staple forever";

/// Every crate of ours that runs in a function.
const OURS: &str = "api=trace,app=trace,channels=trace,clock=trace,courier_webhook=trace,deliver=trace,\
    domain=trace,embedded=trace,events=trace,hoopoe=trace,ingest=trace,payments=trace,prodamus_webhook=trace,\
    queue=trace,runtime=trace,stripe_webhook=trace,table=trace,telegram_webhook=trace,web=trace,\
    logs_test=trace,info";

/// What was logged.
#[derive(Clone, Debug, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Logged {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned()
    }

    /// The lines of one kind of unit, as they are written for `CloudWatch`.
    fn of(&self, unit: &str) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(json_of).collect();
        lines.into_iter().filter(|line| line["unit"] == unit).collect()
    }
}

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).expect("each line is JSON")
}

/// Runs a journey; answers what was logged in it.
fn logged(test: impl AsyncFnOnce(&TestSystem, &Logged)) {
    ask_each_thread();
    let logged = Logged::default();
    let writer = logged.clone();
    let logs = logs_to(LogFormat::Json, OURS, move || writer.clone());
    let _guard = tracing::dispatcher::set_default(&logs);
    journey(async |system| test(system, &logged).await);
}

/// A journey from a sign-up to a stop; answers all that no log may hold.
async fn whole_journey(system: &TestSystem) -> Vec<String> {
    let mut ada = system.stranger();
    let account = json!({ "username": "lovelace-1815", "email": EMAIL, "password": PASSWORD });
    let from = [(header::USER_AGENT, DEVICE), (header::CONTENT_TYPE, "application/json")];
    let account = Bytes::from(account.to_string());
    ada.send(Method::POST, "/api/public/auth/signup", &from, account).await.must_be(201);
    let wrong = json!({ "email": EMAIL, "password": "not the right one" });
    ada.post("/api/public/auth/login", &wrong).await;
    let target = json!({ "name": "Bikes for Byron", "page_urls": [BIKES] });
    let target = ada.post("/api/public/targets", &target).await.must_be(201);
    let target = target["id"].as_str().expect("an id").to_owned();
    let link = ada.act(&format!("/api/public/targets/{target}/telegram-link")).await.must_be(201);
    let link = link["url"].as_str().expect("a link").to_owned();
    let chat = system.phone("Augusta");
    system.open(chat, &link);
    system.settle().await;
    let posted = [(REQUEST_ID, "offer-1"), (header::CONTENT_TYPE, "application/json")];
    let body = Bytes::from(offer(BIKES, 1).to_string());
    let mut scraper = system.scraper();
    let answer = scraper.send(Method::POST, "/api/internal/offers", &posted, body).await;
    assert_eq!(answer.headers[REQUEST_ID], "offer-1");
    answer.must_be(201);
    system.settle().await;
    assert_eq!(about(&system.received(chat), 1), 1);
    for words in [WORDS, "/stop"] {
        system.telegram().say(SIMULATED_BOT, chat, words, None).expect("it is said");
        system.settle().await;
    }
    let bots = &system.system.app.bots.bots;
    let secret = bots[0].webhook_secret.expose_secret().to_owned();
    let cookie = ada.cookie.expect("a session");
    let session = cookie.split_once('=').expect("name=value").1.to_owned();
    let token = link.split_once("start=").expect("a payload").1;
    let token = token.rsplit_once('_').map_or(token, |(_, token)| token).to_owned();
    let texts = system.received(chat).into_iter().flat_map(|text| {
        text.lines().filter(|line| line.len() > 3).map(str::to_owned).collect::<Vec<_>>()
    });
    let own =
        [EMAIL, DEVICE, PASSWORD, "not the right one", "lovelace-1815", "Augusta", WORDS, "Byron"];
    let own = own.into_iter().chain([SIMULATED_TOKEN, &system.system.scraper_key]);
    let made = [secret, session, token, chat.to_string()];
    own.map(str::to_owned).chain(made).chain(texts).collect()
}

/// The legs by mail and for money: an address is confirmed and a mail to it comes back, the tier is paid for, a
/// password is forgotten, a contact pays a company's bot. Answers all that no log may hold.
async fn by_mail_and_for_money(system: &TestSystem) -> Vec<String> {
    let mut grace = system.stranger();
    let account = json!({ "username": "hopper-1906", "email": READER, "password": PASSWORD });
    grace.post("/api/public/auth/signup", &account).await.must_be(201);
    system.settle().await;
    let mail = system.mails().mails_to(READER).remove(0);
    assert_eq!(confirm(system, &mail).await, "/confirm-email/done");
    let page = "/api/public/subscriptions/create-checkout-session";
    let page = grace.act(page).await.must_be(200);
    let page = page["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("an address");
    system.stripe().pay(page).expect("it is open");
    system.settle().await;
    let reset = "/api/public/auth/password-reset";
    system.stranger().post(reset, &json!({ "email": READER })).await.must_be(202);
    system.settle().await;
    let token = tokens(system, READER, "/reset-password").pop().expect("a mail");
    let new = json!({ "token": token, "new_password": NEW_PASSWORD });
    system.stranger().post(&format!("{reset}/confirm"), &new).await.must_be(204);
    assert!(system.mails().happen(&mail.id, Status::Undeliverable, Some("BOUNCED")));
    let shop = shop(system).await;
    let link = shop.link(system, 1_500).await;
    system.prodamus().act(&link, Deed::Pay, &payer()).expect("it is open");
    system.settle().await;

    let app = &system.system.app;
    let courier = app.mailer.webhook_secret.as_ref().expect("a secret").expose_secret();
    let stripe = app.payments.webhook_secret().expect("a secret");
    let cookie = grace.cookie.expect("a session");
    let session = cookie.split_once('=').expect("name=value").1;
    let (payer, form) = (payer(), system.prodamus().key());
    let signs = system.prodamus().words().into_iter().flat_map(|word| word.attempts);
    let signs: Vec<String> = signs.map(|attempt| attempt.sign).collect();
    assert!(!signs.is_empty(), "Prodamus has said something");
    let confirmed = tokens(system, READER, "/confirm-email");
    let texts = received(system, &shop.username, shop.chat).into_iter().flat_map(|text| {
        text.lines().filter(|line| line.len() > 3).map(str::to_owned).collect::<Vec<_>>()
    });
    let own = [READER, NEW_PASSWORD, "hopper-1906", "ada@example.com", "Premium", page, session];
    let own = own.into_iter().chain([&*token, courier, stripe, "sk_test_hoopoe_dev", form]);
    let own = own.chain([&*payer.phone, &*payer.email]).map(str::to_owned);
    own.chain([shop.chat.to_string()]).chain(signs).chain(confirmed).chain(texts).collect()
}

/// The legs to addresses of services, which are gone after an offer, and through a company's own bot. Answers all that
/// no log may hold.
async fn at_addresses_and_through_a_bot(system: &TestSystem) -> Vec<String> {
    let mut secrets = Vec::new();
    for (number, kind) in (1..).zip(hooks::ALL) {
        let (_, made) = hooks::watches(system, &format!("weaver{number}"), kind).await;
        let (_, service, place) = kind;
        secrets.push(format!("{}/{place}", service.name()));
        secrets.extend(made["signing_secret"].as_str().map(str::to_owned));
    }
    assert_eq!(secrets.len(), 4, "three addresses and a secret");
    system.post(&offer(BIKES, 2)).await;
    system.settle().await;
    for kind in hooks::ALL {
        assert_eq!(hooks::about(system, kind, 2), 1, "{kind:?}");
        system.system.hooks.set_gone(kind.1, kind.2, true);
    }
    system.post(&offer(BIKES, 3)).await;
    system.settle().await;
    let mut jacquard = system.sign_up("jacquard").await;
    let (_, account) = add_account(system, &mut jacquard, "loom").await;
    let chat = system.phone("Basile");
    system.telegram().start(&account.username, chat, None).expect("it starts");
    system.telegram().say(&account.username, chat, "/help", None).expect("it is said");
    system.settle().await;
    assert!(!received(system, &account.username, chat).is_empty(), "the bot answers");
    let secret = system.telegram().webhook_secret(&account.username).expect("a secret");
    secrets.extend([account.token, secret, chat.to_string()]);
    secrets
}

#[test]
fn every_crate_that_runs_in_a_function_is_listened_to() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let folders = ["functions", "shared"].map(|it| fs::read_dir(root.join(it)).expect("a folder"));
    for folder in folders.into_iter().flatten() {
        let manifest = folder.expect("an entry").path().join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).expect("a manifest");
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
        let name = name.trim_matches('"').replace('-', "_");
        let heard = OURS.split(',').any(|it| it == format!("{name}=trace"));
        assert!(heard || name == "fixture", "{name} is not listened to");
    }
}

#[test]
fn no_log_line_of_a_whole_journey_holds_what_is_secret_or_personal() {
    logged(async |system, logged| {
        let mut secrets = whole_journey(system).await;
        secrets.extend(Box::pin(by_mail_and_for_money(system)).await);
        secrets.extend(Box::pin(at_addresses_and_through_a_bot(system)).await);
        for unit in ["mail_news", "event", "payment"] {
            assert!(!logged.of(unit).is_empty(), "no {unit}: a leg is missing");
        }
        tracing::trace!(target: "logs_test", "a line of the finest kind is caught");
        let text = logged.text();
        assert!(text.contains("a line of the finest kind"), "the test would see nothing");
        assert!(secrets.len() > 25, "{secrets:?}");
        for secret in &secrets {
            let found: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
            assert!(found.is_empty(), "{secret:?} stands in {found:#?}");
        }
        let metrics = Value::from(system.metrics.lines()).to_string();
        assert!(secrets.iter().all(|secret| !metrics.contains(secret)), "{metrics}");
    });
}

#[test]
fn each_unit_of_work_of_a_journey_has_its_line() {
    logged(async |system, logged| {
        whole_journey(system).await;
        let requests = logged.of("request");
        let sign_up = requests.iter().find(|line| line["route"] == "/api/public/auth/signup");
        let sign_up = sign_up.expect("the sign-up's line");
        assert_eq!((&sign_up["status"], &sign_up["outcome"]), (&json!(201), &json!("done")));
        assert!(sign_up["write_units"].as_f64().expect("a number") > 1.0, "{sign_up}");
        assert!(requests.iter().any(|line| line["outcome"] == "refused"));
        let updates = logged.of("update");
        assert_eq!(updates.len(), 3, "the link, the words, the stop: {updates:#?}");
        assert!(updates.iter().all(|line| line["outcome"] == "handled"));
        let jobs = logged.of("job");
        let done =
            |kind| jobs.iter().filter(move |it| it["kind"] == kind && it["outcome"] == "done");
        assert_eq!(done("messages").count(), 3, "{jobs:#?}");
        assert_eq!(done("offer_fanout").count(), 1, "{jobs:#?}");
        // The confirmation of the address, the answers, the offer.
        assert_eq!(logged.of("message").len(), 5);
        for unit in ["request", "update", "job", "batch", "tick"] {
            for line in logged.of(unit) {
                for field in ["outcome", "millis", "calls", "read_units", "write_units"] {
                    assert!(!line[field].is_null(), "{unit} without {field}: {line}");
                }
            }
            assert!(!logged.of(unit).is_empty(), "no {unit}");
        }
    });
}

#[test]
fn one_id_leads_from_a_request_to_its_messages() {
    logged(async |system, logged| {
        whole_journey(system).await;
        let of_offer = |unit| {
            let lines = logged.of(unit).into_iter();
            lines.filter(|line| line["correlation"] == "offer-1").collect::<Vec<_>>()
        };
        assert_eq!(of_offer("request")[0]["route"], "/api/internal/offers");
        assert_eq!(of_offer("job")[0]["kind"], "offer_fanout");
        let messages = of_offer("message");
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["outcome"], "sent");
        assert!(messages[0]["lateness_ms"].is_u64() && messages[0]["slot_wait_ms"].is_u64());
        // An id of our own leads from an update to the answers to it.
        for update in logged.of("update") {
            let same = |line: &Value| line["correlation"] == update["correlation"];
            assert!(logged.of("request").iter().any(same), "{update}");
            assert!(logged.of("message").iter().any(same), "{update}");
        }
    });
}

#[test]
fn metrics_count_what_was_accepted_and_sent_and_how_late() {
    logged(async |system, _| {
        whole_journey(system).await;
        let of = |metric| system.metrics.values(metric);
        assert_eq!(of(Metric::OffersAccepted), [1]);
        assert_eq!(of(Metric::MessagesSent).iter().sum::<u64>(), 5);
        assert_eq!((of(Metric::LatenessMs).len(), of(Metric::SlotWaitMs).len()), (5, 5));
        // A chat takes a message a second: what is late by more than that wait is late by us.
        let (late, waits) = (of(Metric::LatenessMs), of(Metric::SlotWaitMs));
        assert!(late.iter().zip(&waits).all(|(late, wait)| (*wait..*wait + 500).contains(late)));
        assert!(of(Metric::MessagesFailed).is_empty() && of(Metric::WebhookFailures).is_empty());
        assert!(!of(Metric::ClockTicks).is_empty());
    });
}

#[test]
fn a_webhook_that_is_called_with_a_wrong_secret_is_a_failure_and_a_stranger_is_none() {
    logged(async |system, _| {
        let failures = async |headers: &[(HeaderName, &str)]| {
            let path = "/api/webhooks/telegram";
            let answer = system.stranger().send(Method::POST, path, headers, Bytes::new()).await;
            assert_eq!(answer.status, 403);
            system.metrics.values(Metric::WebhookFailures)
        };
        assert!(failures(&[]).await.is_empty());
        let secret = HeaderName::from_static("x-telegram-bot-api-secret-token");
        assert_eq!(failures(&[(secret, "of-an-earlier-registration")]).await, [1]);
    });
}

#[test]
fn an_update_of_a_kind_that_nobody_knows_is_counted_and_named() {
    logged(async |system, logged| {
        let secret = system.system.app.bots.bots[0].webhook_secret.expose_secret().to_owned();
        let shown = HeaderName::from_static("x-telegram-bot-api-secret-token");
        let headers = [(shown, secret.as_str()), (header::CONTENT_TYPE, "application/json")];
        let body = Bytes::from(json!({ "update_id": 1, "telepathy": {} }).to_string());
        let path = "/api/webhooks/telegram";
        system.stranger().send(Method::POST, path, &headers, body).await.must_be(200);
        assert_eq!(system.metrics.values(Metric::UnknownUpdates), [1]);
        assert_eq!(logged.of("update")[0]["kind"], "telepathy");
    });
}
