use std::time::Duration;

use serde_json::json;

use crate::world::{SITE, World, ask, log_in, sign_up};

const ME: &str = "/api/public/auth/me";
const LOGOUT: &str = "/api/public/auth/logout";
const DAY: Duration = Duration::from_hours(24);

#[test]
fn without_a_session_that_lives_nobody_is_logged_in() {
    let world = World::new();
    let cookie = world.person("ann");
    for cookie in ["", "x=y", "hoopoe_session=", "hoopoe_session=abc", "hoopoe_session=\"; x"] {
        let answer = world.send(ask("GET", ME).by(cookie));
        assert_eq!(answer.code(), (401, "UNAUTHENTICATED".to_owned()), "{cookie}");
    }
    assert_eq!(world.send(ask("GET", ME)).status, 401);
    assert_eq!(world.send(ask("GET", ME).by(&format!("a=b; {cookie}; c=d"))).status, 200);
}

#[test]
fn logging_out_ends_the_session_and_twice_is_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let other = world.send(log_in("ann", "correct horse")).cookie();
    let out = world.send(ask("POST", LOGOUT).by(&cookie));
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.send(ask("GET", ME).by(&cookie)).status, 401);
    assert_eq!(world.send(ask("POST", LOGOUT).by(&cookie)).status, 204);
    assert_eq!(world.send(ask("POST", LOGOUT)).status, 204);
    assert_eq!(world.send(ask("GET", ME).by(&other)).status, 200, "another browser stays");
}

#[test]
fn a_session_that_is_not_used_ends_after_thirty_days() {
    let world = World::new();
    let cookie = world.person("ann");
    world.fixture.clock.pass(DAY * 30);
    assert_eq!(world.send(ask("GET", ME).by(&cookie)).status, 401);
}

#[test]
fn a_session_that_is_used_goes_on_and_its_cookie_with_it() {
    let world = World::new();
    let cookie = world.person("ann");
    let soon = world.send(ask("GET", ME).by(&cookie));
    assert_eq!(soon.header("set-cookie"), "", "a read stays a read");
    for _ in 0..4 {
        world.fixture.clock.pass(DAY * 20);
        let used = world.send(ask("GET", ME).by(&cookie));
        assert_eq!(used.status, 200);
        assert_eq!(used.cookie(), cookie);
        assert!(used.header("set-cookie").contains("Max-Age=2592000"));
    }
    world.fixture.clock.pass(DAY * 20);
    let out = world.send(ask("POST", LOGOUT).by(&cookie));
    assert!(out.header("set-cookie").contains("Max-Age=0"), "a logout is not undone");
}

#[test]
fn unsafe_requests_must_come_from_the_site() {
    let world = World::new();
    let cookie = world.person("ann");
    let body = json!({ "name": "Shoes", "page_urls": ["https://e.com"] });
    let with = |headers: &[(&str, &str)]| {
        let mut it = ask("POST", "/api/public/targets").by(&cookie).json(&body);
        for (name, value) in headers {
            it = it.header(name, *value);
        }
        world.send(it)
    };
    for foreign in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://hoopoe.example.evil.example")],
        &[("origin", "http://hoopoe.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("referer", "https://evil.example/https://hoopoe.example")],
        &[("referer", "nonsense")],
    ] {
        assert_eq!(with(foreign).code(), (403, "FOREIGN_ORIGIN".to_owned()), "{foreign:?}");
    }
    for own in [
        &[("origin", SITE)][..],
        &[("sec-fetch-site", "same-origin")],
        &[("referer", "https://hoopoe.example/targets?x=1")],
    ] {
        assert_eq!(with(own).status, 201, "{own:?}");
    }
    let read = world.send(ask("GET", ME).by(&cookie).header("origin", "https://evil.example"));
    assert_eq!(read.status, 200, "a read changes nothing");
    let log_in =
        world.send(log_in("ann", "correct horse").header("origin", "https://evil.example"));
    assert_eq!(log_in.status, 403, "nobody is logged in from elsewhere");
    let sign_up = world.send(sign_up("bob").header("origin", "https://evil.example"));
    assert_eq!(sign_up.status, 403);
    let out = world.send(ask("POST", LOGOUT).by(&cookie).header("origin", "https://evil.example"));
    assert_eq!(out.status, 403);
}
