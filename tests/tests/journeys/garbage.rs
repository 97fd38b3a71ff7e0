//! Whatever is sent to any route: a clear 4xx, never a 5xx, and nothing half-written.

use bytes::Bytes;
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use tests::{Answer, Browser, TestSystem, journey};

/// A path with ids in it that are well-formed, and with ids that are not.
fn paths(template: &str) -> [String; 3] {
    let fill = |id: &str| {
        let mut path = String::new();
        for part in template.split('/').skip(1) {
            path.push('/');
            path.push_str(if part.starts_with('{') { id } else { part });
        }
        path
    };
    [fill("01990000-0000-7000-8000-000000000001"), fill("%00%ff"), fill(&"x".repeat(3_000))]
}

/// Every route of every function, in the order of their paths.
pub(crate) fn routes() -> Vec<(Method, String)> {
    let mut routes = hoopoe::dev::served();
    routes.sort_by(|a, b| a.1.cmp(&b.1));
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

fn bodies() -> Vec<Bytes> {
    let deep = "[".repeat(100_000);
    let wrong = json!({
        "username": 5, "email": [], "password": {}, "timezone": 1.5, "name": null, "page_urls": "x",
        "channel_type": true, "details": [], "url": 7, "title": {}, "offers": {}, "page_url": [],
        "update_id": "one", "message": 3, "chat_id": {},
    });
    let strange = json!({
        "username": "a\u{0}b", "email": "\u{202e}@", "password": "x", "timezone": "Mars/Base",
        "name": "\u{0}", "page_urls": ["javascript:alert(1)", "http://127.0.0.1:1/", ""],
        "channel_type": "PIGEON", "details": { "chat_id": "1e400" }, "url": "file:///etc/passwd",
        "title": "", "offers": [1, null, {}], "page_url": "http://[::1", "price": "NaN",
        "surprise": "an unknown field",
    });
    [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "123",
        "{\"a\":}",
        "{}",
        "\u{feff}{}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"price\":1e999999}",
        &deep,
    ]
    .into_iter()
    .map(|text| Bytes::from(text.to_owned()))
    .chain([wrong, strange].map(|body: Value| Bytes::from(body.to_string())))
    .chain([Bytes::from_static(b"{\"name\":\"\xff\xfe\"}"), Bytes::from_static(b"\xff\xd8\xff")])
    .collect()
}

/// It is asked by its path: it ends sessions, or opens the one page that there is to pay on.
fn needs_no_body(method: &Method, path: &str) -> bool {
    path.ends_with("logout")
        || path.ends_with("create-checkout-session")
        || (*method == Method::DELETE && path.ends_with("/sessions"))
}

/// Whether so little is a whole request: a link may be asked for without a word.
fn says_enough(method: &Method, path: &str, body: &[u8]) -> bool {
    let nothing = body.is_empty() || body == b"{}";
    nothing && *method == Method::POST && path.trim_end_matches('/').ends_with("/telegram-links")
}

/// `true` for what may be said to garbage: a problem with a code, or a read that succeeded.
fn is_clear(method: &Method, path: &str, body: &[u8], answer: &Answer) -> bool {
    let webhook = path.contains("webhook");
    if answer.status.is_client_error() {
        return answer.body["code"].is_string() && answer.body["status"] == answer.status.as_u16();
    }
    // A webhook takes all that Telegram sends; a change of nothing changes nothing.
    let nothing = *method == Method::PATCH && (body.is_empty() || body == b"{}");
    let fits = webhook || nothing || *method == Method::GET || needs_no_body(method, path);
    answer.status.is_success() && fits
}

async fn throw(
    by: &mut Browser,
    method: &Method,
    path: &str,
    headers: &[(HeaderName, &str)],
    body: Bytes,
) {
    let answer = by.send(method.clone(), path, headers, body.clone()).await;
    let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
    let path = &path[..path.len().min(120)];
    assert!(is_clear(method, path, &body, &answer), "{method} {path} {shown} → {answer:?}");
}

async fn everyone(system: &TestSystem) -> Vec<Browser> {
    let mut user = system.sign_up("ada").await;
    user.key.clone_from(&system.scraper().key);
    let nothing = "A".repeat(43);
    let mut expired = system.stranger();
    expired.cookie = Some(format!("hoopoe_session={nothing}"));
    expired.key = Some(format!("hoopoe_{nothing}"));
    vec![user, expired, system.stranger()]
}

#[test]
fn garbage_at_every_route_gets_a_clear_4xx_and_writes_nothing() {
    journey(async |system| {
        let mut everyone = everyone(system).await;
        system.settle().await;
        let before = system.items.records();
        let json = [(header::CONTENT_TYPE, "application/json")];
        for (method, template) in routes() {
            // These end the session, or need no body to succeed.
            let ends =
                ["logout", "create-checkout-session"].iter().any(|it| template.ends_with(it));
            for path in paths(&template) {
                for body in bodies() {
                    // Nobody takes a large body from a read: its connection may end while it is still sent.
                    let untaken = method == Method::GET && body.len() > 10_000;
                    if untaken || says_enough(&method, &path, &body) {
                        continue;
                    }
                    for by in &mut everyone {
                        let cookie = by.cookie.clone();
                        if !ends || by.cookie.is_none() {
                            throw(by, &method, &path, &json, body.clone()).await;
                        }
                        by.cookie = cookie;
                    }
                }
                if !template.contains('{') {
                    break;
                }
            }
        }
        assert_eq!(system.items.records(), before);
    });
}

#[test]
fn ten_megabytes_of_another_type_or_with_a_wrong_secret_are_refused() {
    journey(async |system| {
        let mut everyone = everyone(system).await;
        system.settle().await;
        let before = system.items.records();
        let secret = HeaderName::from_static("x-telegram-bot-api-secret-token");
        let large = Bytes::from(vec![b' '; 10 << 20]);
        for (method, template) in routes().into_iter().filter(|it| it.0 != Method::GET) {
            if needs_no_body(&method, &template) {
                continue;
            }
            let path = &paths(&template)[0];
            let [user, ..] = &mut everyone[..] else { panic!("someone") };
            for headers in [
                vec![(header::CONTENT_TYPE, "application/json")],
                vec![(header::CONTENT_TYPE, "multipart/form-data")],
                vec![(header::CONTENT_TYPE, "application/json"), (secret.clone(), "wrong")],
            ] {
                throw(user, &method, path, &headers, large.clone()).await;
            }
        }
        assert_eq!(system.items.records(), before);
    });
}

#[test]
fn a_template_that_would_take_all_memory_is_a_422_when_saved_previewed_and_sent() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let me = ada.get("/api/public/auth/me").await.must_be(200);
        let mut service = system.stranger();
        let key = json!({ "name": "service", "scopes": ["alerts"] });
        let key = ada.post("/api/public/company/api-keys", &key).await.must_be(201);
        service.key = Some(key["key"].as_str().expect("a key").to_owned());
        let path = "/api/telegram/alert-templates/x";
        for text in [
            "{{ \"x\"|indent(99999999999) }}",
            "{{ \"x\"|indent(18446744073709551615) }}",
            "{{ \"x\" * 100000000 }}",
            "{{ \"\"[::-1] }}",
            "{{ 1 is divisibleby 0 }}",
            &format!("{{{{ {}1 }}}}", "-".repeat(5_000)),
            &format!("{{% set x = a %}}{}", "{% set x = x ~ x %}".repeat(100)),
        ] {
            for (field, template) in [
                ("title", json!({ "title": text })),
                ("body", json!({ "title": "T", "body": text })),
                ("sections[0].title", json!({ "title": "T", "sections": [{ "title": text }] })),
            ] {
                let refused = ada.json(Method::PUT, path, &template).await.must_be(422);
                assert_eq!(refused["errors"][0]["field"], field, "{text} {refused}");
            }
        }
        let grows = "{% for a in all %}{% for b in all %}{{ a }}{% endfor %}{% endfor %}";
        let template = json!({ "title": "T", "body": grows });
        ada.json(Method::PUT, path, &template).await.must_be(201);
        for (context, field) in [
            (json!({ "all": "x".repeat(9_000) }), "body"),
            (json!({ "all": "x".repeat(90_000) }), "context"),
            (json!({ "all": vec![1; 90_000] }), "context"),
        ] {
            let preview = json!({ "context": context });
            let refused = ada.post(&format!("{path}/preview"), &preview).await.must_be(422);
            assert_eq!(refused["errors"][0]["field"], field, "{refused}");
            let alert = json!({
                "company_id": me["company_id"], "category": "alerts", "template_key": "x", "context": context,
            });
            let refused = service.post("/api/internal/alerts", &alert).await.must_be(422);
            assert_eq!(refused["errors"][0]["field"], field, "{refused}");
        }
        system.settle().await;
    });
}
