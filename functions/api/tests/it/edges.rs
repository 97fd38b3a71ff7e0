use app::App;
use axum::http::StatusCode;
use fixture::wire::Cuttable;
use serde_json::json;
use tower::ServiceExt;

use crate::world::{World, ask, log_in, sign_up};

const POSTS: [&str; 4] = [
    "/api/public/auth/signup",
    "/api/public/auth/login",
    "/api/public/targets",
    "/api/notifications/channels",
];

#[test]
fn garbage_bodies_get_clear_answers() {
    let world = World::new();
    let cookie = world.person("ann");
    let big = vec![b'x'; 10 * 1024 * 1024];
    for path in POSTS {
        let post = |body: Vec<u8>| world.send(ask("POST", path).by(&cookie).raw(body));
        for (body, code) in [
            (b"{".to_vec(), (400, "MALFORMED_JSON")),
            (b"\xff\xfe".to_vec(), (400, "MALFORMED_JSON")),
            (vec![b'['; 100_000], (400, "MALFORMED_JSON")),
            (b"[]".to_vec(), (422, "VALIDATION_FAILED")),
            (b"{\"surprise\":1}".to_vec(), (422, "VALIDATION_FAILED")),
            (Vec::new(), (422, "VALIDATION_FAILED")),
            (big.clone(), (413, "BODY_TOO_LARGE")),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            let answer = post(body);
            assert_eq!(answer.code(), (code.0, code.1.to_owned()), "{path} {shown}");
        }
        let form = ask("POST", path).by(&cookie).raw("a=b").header("content-type", "text/plain");
        assert_eq!(world.send(form).status, 415, "{path}");
    }
}

#[test]
fn a_body_may_leave_its_type_out_or_name_a_dialect() {
    let world = World::new();
    world.person("ann");
    let body = json!({ "username": "ann", "password": "correct horse" }).to_string();
    for kind in [None, Some("application/json; charset=utf-8"), Some("application/vnd.x+json")] {
        let mut it = ask("POST", "/api/public/auth/login").raw(body.clone());
        if let Some(kind) = kind {
            it = it.header("content-type", kind);
        }
        assert_eq!(world.send(it).status, 200, "{kind:?}");
    }
}

#[test]
fn a_trailing_slash_is_accepted_everywhere() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    for (method, path, status) in [
        ("GET", "/healthz/".to_owned(), 200),
        ("GET", "/docs/".to_owned(), 200),
        ("GET", "/api/public/targets/?limit=1".to_owned(), 200),
        ("GET", format!("/api/public/targets/{target}/"), 200),
        ("POST", format!("/api/public/targets/{target}/disable/"), 200),
        ("GET", "/nowhere/".to_owned(), 404),
    ] {
        assert_eq!(world.send(ask(method, &*path).by(&cookie)).status, status, "{path}");
    }
}

#[test]
fn unknown_paths_and_methods_are_problems_too() {
    let world = World::new();
    assert_eq!(world.send(ask("GET", "/")).code(), (404, "NO_SUCH_ROUTE".to_owned()));
    assert_eq!(world.send(ask("GET", "/api")).code(), (404, "NO_SUCH_ROUTE".to_owned()));
    let wrong = world.send(ask("DELETE", "/api/public/targets"));
    assert_eq!(wrong.code(), (405, "METHOD_NOT_ALLOWED".to_owned()));
    let mut allowed: Vec<&str> = wrong.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[test]
fn a_handler_that_panics_is_an_answer_without_details() {
    async fn panics() {
        panic!("the secret is 42");
    }
    let world = World::new();
    let panicking = axum::Router::new().route("/panic", axum::routing::get(panics));
    let router = web::serve::finish(panicking, world.app.clone());
    let answer = World { router, ..world }.send(ask("GET", "/panic"));
    assert_eq!(answer.code(), (500, "INTERNAL".to_owned()));
    assert!(!answer.text.contains("secret"));
    assert!(!answer.header("x-request-id").is_empty());
}

#[test]
fn answers_are_named_private_and_what_they_say() {
    let world = World::new();
    let answer = world.send(ask("GET", "/healthz").header("x-request-id", "abc-1"));
    assert_eq!(answer.header("x-request-id"), "abc-1");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let odd = world.send(ask("GET", "/nowhere").header("x-request-id", "a b"));
    assert!(odd.header("x-request-id").len() == 36, "one of our own");
}

#[test]
fn a_table_that_does_not_answer_is_503_and_nothing_is_half_written() {
    let world = World::new();
    let cookie = world.person("ann");
    let wire = Cuttable::for_all();
    let app = App { telegram: world.app.telegram.clone(), ..world.fixture.over(wire.clone()) };
    let cut = World { router: api::router(app.clone()), app, ..world };
    assert_eq!(cut.send(ask("GET", "/readyz")).status, 200);
    wire.cut(true);
    let body = json!({ "name": "x", "page_urls": ["https://e.com/a"] });
    for it in [
        sign_up("bob"),
        log_in("ann", "correct horse"),
        ask("GET", "/api/public/auth/me").by(&cookie),
        ask("POST", "/api/public/targets").by(&cookie).json(&body),
        ask("GET", "/readyz"),
    ] {
        let answer = cut.send(it);
        assert_eq!(answer.code(), (503, "UNAVAILABLE".to_owned()));
        assert!(!answer.header("retry-after").is_empty());
    }
    assert_eq!(cut.send(ask("GET", "/healthz")).status, 200, "the process is well");
    wire.cut(false);
    let listed = cut.send(ask("GET", "/api/public/targets").by(&cookie));
    assert_eq!(listed.json["items"], json!([]));
}

#[test]
fn the_events_of_the_gateway_are_answered() {
    let world = World::new();
    for (event, status) in [
        (include_str!("../../../../events/api/sign-up.json"), StatusCode::CREATED),
        (include_str!("../../../../events/api/me-without-session.json"), StatusCode::UNAUTHORIZED),
        (include_str!("../../../../events/api/ready.json"), StatusCode::OK),
    ] {
        let request = lambda_http::request::from_str(event).expect("an event");
        let router = api::router(world.app.clone());
        let Ok(response) = world.fixture.run(router.oneshot(request));
        assert_eq!(response.status(), status, "{event}");
    }
}
