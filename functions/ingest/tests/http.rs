//! The routes, called as a scraper calls them.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use domain::account::Scope;
use domain::engine::{Lane, Write};
use domain::url::{CanonicalUrl, PageId};
use fixture::Fixture;
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

const OFFERS: &str = "/api/internal/offers";
const JOBS: &str = "/api/internal/scraping-jobs";

struct Service {
    fixture: Fixture,
    key: String,
}

struct Got {
    status: u16,
    body: Value,
    replayed: bool,
}

impl Service {
    fn new() -> Self {
        let fixture = Fixture::new();
        let key = fixture.api_key(&[Scope::Scraper]);
        Self { fixture, key }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let bearer = format!("Bearer {}", self.key);
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, bearer)
    }

    fn send(&self, request: Request<Body>) -> Got {
        let router = ingest::router(self.fixture.app.clone());
        self.fixture.run(async {
            let Ok(response) = router.oneshot(request).await;
            read(response).await
        })
    }

    fn get(&self, path: &str) -> Got {
        self.send(self.request("GET", path).body(Body::empty()).expect("a request"))
    }

    fn post(&self, path: &str, body: &(impl ToString + ?Sized)) -> Got {
        let body = Body::from(body.to_string());
        self.send(self.request("POST", path).body(body).expect("a request"))
    }

    fn post_once(&self, key: &str, path: &str, body: &Value) -> Got {
        let request = self.request("POST", path).header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).expect("a request"))
    }
}

async fn read(response: Response<Body>) -> Got {
    let status = response.status().as_u16();
    let replayed = response.headers().contains_key("idempotency-replayed");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Got { status, body: serde_json::from_slice(&body).unwrap_or_default(), replayed }
}

fn offer(n: u32) -> Value {
    json!({
        "page_url": "https://shop.example/list", "url": format!("https://shop.example/{n}"),
        "title": "A lamp", "price": 12.5, "currency": "EUR",
    })
}

fn fields(got: &Got) -> Vec<&str> {
    let errors = got.body["errors"].as_array().expect("errors");
    errors.iter().filter_map(|error| error["field"].as_str()).collect()
}

#[test]
fn only_a_key_of_the_platform_with_the_scope_is_let_in() {
    let mut service = Service::new();
    assert_eq!(service.get(JOBS).status, 200);
    let company = service.fixture.app.env.id();
    service.fixture.know_api_key("company", Some(company), &[Scope::Scraper, Scope::Admin]);
    service.fixture.know_api_key("events", None, &[Scope::Events]);
    for (key, status, code) in [
        ("unknown", 401, "UNAUTHENTICATED"),
        ("events", 403, "SCOPE_MISSING"),
        ("company", 403, "PLATFORM_KEY_NEEDED"),
    ] {
        key.clone_into(&mut service.key);
        for got in [
            service.get(JOBS),
            service.get(&format!("{OFFERS}?url=https://e.com")),
            service.post(OFFERS, &offer(1)),
            service.post(&format!("{OFFERS}/batch"), &json!({"offers": [offer(1)]})),
            service.post(&format!("{JOBS}/{}/release", uuid()), &json!({"page_url": "x"})),
        ] {
            assert_eq!((got.status, got.body["code"].as_str()), (status, Some(code)));
        }
    }
    assert!(service.fixture.timers().is_empty());
}

const fn uuid() -> &'static str {
    "00000000-0000-7000-8000-000000000001"
}

#[test]
fn a_new_offer_is_201_and_again_200_without_a_second_message_unless_its_price_has_changed() {
    let service = Service::new();
    let first = service.post(OFFERS, &offer(1));
    assert_eq!((first.status, &first.body["created"]), (201, &json!(true)));
    let again = service.post(&format!("{OFFERS}/"), &offer(1));
    assert_eq!((again.status, &again.body["created"]), (200, &json!(false)));
    assert_eq!(again.body["offer_id"], first.body["offer_id"]);
    assert_eq!(service.fixture.queue.len(Lane::Bulk), 1);
    let mut cheaper = offer(1);
    cheaper["price"] = json!("9.90");
    let cheaper = service.post(OFFERS, &cheaper);
    assert_eq!((cheaper.status, &cheaper.body["price_changed"]), (200, &json!(true)));
    assert_eq!(cheaper.body["revision"], 2);
    assert_eq!(service.fixture.queue.len(Lane::Bulk), 2);
}

#[test]
fn an_offer_is_found_once_it_is_known() {
    let service = Service::new();
    let path = format!(
        "{OFFERS}?url=https%3A%2F%2Fshop.example%2F1&page_url=https%3A%2F%2Fshop.example%2Flist"
    );
    assert_eq!(service.get(&path).status, 404);
    service.post(OFFERS, &offer(1));
    let known = service.get(&path);
    assert_eq!((known.status, &known.body["items"][0]["price"]), (200, &json!("12.5")));
    assert_eq!(service.get(&format!("{OFFERS}?url=https://shop.example/1")).status, 200);
    let faulty = service.get(&format!("{OFFERS}?url=x&page_url=y"));
    assert_eq!((faulty.status, fields(&faulty)), (422, vec!["url", "page_url"]));
    assert_eq!(service.get(OFFERS).status, 422);
    assert_eq!(service.get(&format!("{OFFERS}?url=a&url=b")).status, 422);
}

#[test]
fn all_faulty_fields_are_named_and_nothing_is_written() {
    let service = Service::new();
    let posted = json!({"page_url": 1, "price": "much", "colour": "red"});
    let faulty = service.post(OFFERS, &posted);
    let expected = vec!["page_url", "url", "title", "price", "colour"];
    assert_eq!((faulty.status, fields(&faulty)), (422, expected));
    assert_eq!(service.post(OFFERS, "{\"a\": ").status, 400);
    assert_eq!(service.post(OFFERS, "[]").status, 422);
    assert_eq!(service.post(OFFERS, &" ".repeat(300 * 1024)).status, 413);
    assert!(service.fixture.timers().is_empty());
}

#[test]
fn a_batch_answers_for_each_offer_in_order() {
    let service = Service::new();
    let batch = json!({"offers": [offer(1), {"title": 7}, offer(1), offer(2)]});
    let got = service.post(&format!("{OFFERS}/batch"), &batch);
    assert_eq!(got.status, 200);
    let results = got.body["results"].as_array().expect("results");
    let brief = |r: &Value| (r["index"].as_u64(), r["status"].as_u64(), r["created"].as_bool());
    let expected = [
        (Some(0), Some(201), Some(true)),
        (Some(1), Some(422), None),
        (Some(2), Some(200), Some(false)),
        (Some(3), Some(201), Some(true)),
    ];
    assert_eq!(results.iter().map(brief).collect::<Vec<_>>(), expected);
    assert_eq!(results[1]["errors"].as_array().map(Vec::len), Some(3));
    assert_eq!(service.post(&format!("{OFFERS}/batch"), &json!({})).status, 422);
    assert_eq!(service.post(&format!("{OFFERS}/batch"), &json!({"offers": []})).status, 422);
}

#[test]
fn an_idempotency_key_repeats_the_answer() {
    let service = Service::new();
    let batch = format!("{OFFERS}/batch");
    for (key, path, body) in
        [("a", OFFERS, offer(1)), ("b", batch.as_str(), json!({"offers": [offer(2)]}))]
    {
        let first = service.post_once(key, path, &body);
        let again = service.post_once(key, path, &body);
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert!(!first.replayed && again.replayed, "{path}");
        let other = service.post_once(key, path, &json!({"offers": [offer(3)]}));
        let expected = if path == OFFERS { 422 } else { 409 };
        assert_eq!(other.status, expected, "{path}");
    }
    assert_eq!(service.post_once("a", OFFERS, &offer(9)).status, 409);
    assert_eq!(service.fixture.queue.len(Lane::Bulk), 2);
}

#[test]
fn pages_are_listed_leased_and_given_back() {
    let service = Service::new();
    let pages: Vec<Write> = (0..3)
        .map(|n| {
            let url = CanonicalUrl::parse(&format!("https://shop.example/{n}")).expect("a URL");
            Write::CountTarget { page_id: PageId::of(&url), url, joined: true }
        })
        .collect();
    service.fixture.write(pages);
    let first = service.get(&format!("{JOBS}?limit=2&lease_seconds=60"));
    let cursor = first.body["next_cursor"].as_str().expect("there is more").to_owned();
    let second = service.get(&format!("{JOBS}?limit=2&lease_seconds=60&cursor={cursor}"));
    let count = |got: &Got| got.body["items"].as_array().map(Vec::len);
    assert_eq!((count(&first), count(&second)), (Some(2), Some(1)));
    assert_eq!(count(&service.get(&format!("{JOBS}?lease_seconds=60"))), Some(0));
    let job = &first.body["items"][0];
    assert_eq!(job["lease_expires_at"], "2023-11-14T22:14:20.000Z");
    let release = format!("{JOBS}/{}/release", job["job_id"].as_str().expect("an id"));
    let page = json!({"page_url": job["page_url"]});
    assert_eq!(service.post(&release, &page).status, 204);
    assert_eq!(service.post(&release, &page).status, 404);
    assert_eq!(service.post(&format!("{JOBS}/x/release"), &page).status, 404);
    assert_eq!(count(&service.get(&format!("{JOBS}?lease_seconds=60"))), Some(1));
    for query in
        ["lease_seconds=0", "lease_seconds=3601", "lease_seconds=x", "limit=0", "cursor=OTk"]
    {
        assert_eq!(service.get(&format!("{JOBS}?{query}")).status, 422, "{query}");
    }
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    let service = Service::new();
    service.fixture.know_api_key("event-key", None, &[Scope::Scraper]);
    for (event, status) in [
        (include_str!("../../../events/ingest/post-offer.json"), StatusCode::CREATED),
        (include_str!("../../../events/ingest/post-batch-base64.json"), StatusCode::OK),
        (include_str!("../../../events/ingest/list-scraping-jobs.json"), StatusCode::OK),
        (include_str!("../../../events/ingest/find-unknown-offer.json"), StatusCode::NOT_FOUND),
        (include_str!("../../../events/ingest/without-key.json"), StatusCode::UNAUTHORIZED),
    ] {
        let request = lambda_http::request::from_str(event).expect("an event");
        let router = ingest::router(service.fixture.app.clone());
        let Ok(response) = service.fixture.run(router.oneshot(request));
        assert_eq!(response.status(), status, "{event}");
    }
}

#[test]
fn every_route_is_described() {
    let document = serde_json::to_value(ingest::openapi()).expect("JSON");
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    let expected = [
        "/api/internal/alerts",
        "/api/internal/offers",
        "/api/internal/offers/batch",
        "/api/internal/scraping-jobs",
        "/api/internal/scraping-jobs/{job_id}/release",
        "/api/internal/scraping-jobs/{job_id}/report",
    ];
    assert_eq!(paths, expected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("https://shop.example/\u{1F4A1}?b=\u{0}&a")),
    ];
    let name = prop_oneof![
        Just("page_url"),
        Just("url"),
        Just("title"),
        Just("price"),
        Just("attributes"),
        Just("offers"),
        Just("x")
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn nothing_that_is_sent_makes_a_5xx() {
    let service = Service::new();
    proptest!(|(body in any_json(), text in "[ -~]{0,30}", query in "(%[0-9a-f]{2}){0,30}")| {
        for got in [
            service.post(OFFERS, &body),
            service.post(&format!("{OFFERS}/batch"), &body),
            service.post(&format!("{OFFERS}/batch"), &json!({"offers": [body]})),
            service.post(OFFERS, &text),
            service.post(&format!("{JOBS}/{query}/release"), &body),
            service.get(&format!("{OFFERS}?url={query}&page_url={query}&cursor={query}")),
            service.get(&format!("{OFFERS}?url=https://e.com/{query}")),
            service.get(&format!("{JOBS}?cursor={query}&lease_seconds={query}")),
        ] {
            prop_assert!(got.status < 500, "{}", got.body);
        }
    });
}
