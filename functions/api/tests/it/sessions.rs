use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{SITE, World, ask, log_in, sign_up};

const ME: &str = "/api/public/auth/me";
const SESSIONS: &str = "/api/public/auth/sessions";
const PASSWORD: &str = "/api/public/auth/password";
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

#[test]
fn a_cookie_of_the_right_place_with_another_secret_is_nobodys() {
    let world = World::new();
    let cookie = world.person("ann");
    let (place, secret) = cookie.rsplit_once('.').expect("a place and a secret");
    for forged in
        [format!("{place}.{}", "A".repeat(secret.len())), format!("{place}."), place.to_owned()]
    {
        let answer = world.send(ask("GET", ME).by(&forged));
        assert_eq!(answer.code(), (401, "UNAUTHENTICATED".to_owned()), "{forged}");
    }
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::new();
    let cookie = world.person("ann");
    world.fixture.clock.pass(Duration::from_secs(1));
    let phone = world.send(log_in("ann", "correct horse")).cookie();
    let stranger = world.person("bob");
    let listed = world.send(ask("GET", SESSIONS).by(&phone));
    assert_eq!(listed.status, 200);
    let items = listed.json["items"].as_array().cloned().expect("a list");
    let current: Vec<_> = items.iter().map(|it| it["current"] == json!(true)).collect();
    assert_eq!(current, [false, true], "oldest first");
    assert!(!listed.text.contains("hash"), "{}", listed.text);
    let first = format!("{SESSIONS}/{}", items[0]["id"].as_str().expect("an id"));
    let foreign = world.send(ask("DELETE", &first).by(&stranger));
    assert_eq!(foreign.status, 404, "someone else's");
    assert_eq!(world.send(ask("DELETE", &first).by(&phone)).status, 204);
    assert_eq!(world.send(ask("DELETE", &first).by(&phone)).status, 404, "it is gone");
    assert_eq!(world.send(ask("GET", ME).by(&cookie)).status, 401);
    assert_eq!(world.send(ask("GET", ME).by(&phone)).status, 200);
    assert_eq!(world.send(ask("DELETE", format!("{SESSIONS}/x")).by(&phone)).status, 404);
}

#[test]
fn sessions_tell_their_device_and_when_they_were_used_last() {
    let world = World::new();
    let cookie = world.person("ann");
    world.fixture.clock.pass(Duration::from_secs(1));
    let said = format!("Mozilla/5.0 (Phone)  {}", "x".repeat(200));
    world.send(log_in("ann", "correct horse").header("user-agent", &said));
    world.fixture.clock.pass(DAY * 2);
    let listed = world.send(ask("GET", SESSIONS).by(&cookie));
    let (first, phone) = (&listed.json["items"][0], &listed.json["items"][1]);
    assert_eq!(first["device"], Value::Null);
    assert_eq!(phone["device"].as_str(), Some(&said.replace("  ", " ")[..120]));
    assert_eq!(phone["last_used_at"], phone["created_at"], "nobody has used it since");
    assert!(first["last_used_at"].as_str() > phone["last_used_at"].as_str(), "{}", listed.text);
}

#[test]
fn all_other_sessions_end_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let others = [(); 3].map(|()| world.send(log_in("ann", "correct horse")).cookie());
    let stranger = world.person("bob");
    assert_eq!(world.send(ask("DELETE", SESSIONS).by(&cookie)).status, 204);
    assert_eq!(world.send(ask("DELETE", SESSIONS).by(&cookie)).status, 204, "twice is once");
    for other in others {
        assert_eq!(world.send(ask("GET", ME).by(&other)).status, 401);
    }
    for stays in [cookie, stranger] {
        assert_eq!(world.send(ask("GET", ME).by(&stays)).status, 200);
    }
}

#[test]
fn a_new_password_counts_and_ends_other_sessions() {
    let world = World::new();
    let cookie = world.person("ann");
    let other = world.send(log_in("ann", "correct horse")).cookie();
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        world.send(ask("POST", PASSWORD).by(&cookie).json(&body))
    };
    let wrong = change("wrong horse", "battery staple");
    assert_eq!((wrong.status.as_u16(), wrong.fields()), (422, vec!["current_password".to_owned()]));
    let short = change("correct horse", "short");
    assert_eq!((short.status.as_u16(), short.fields()), (422, vec!["new_password".to_owned()]));
    assert_eq!(world.send(ask("GET", ME).by(&other)).status, 200, "nothing has changed");
    assert_eq!(change("correct horse", "battery staple").status, 204);
    assert_eq!(world.send(ask("GET", ME).by(&cookie)).status, 200);
    assert_eq!(world.send(ask("GET", ME).by(&other)).status, 401);
    assert_eq!(world.send(log_in("ann", "correct horse")).status, 401);
    assert_eq!(world.send(log_in("ann", "battery staple")).status, 200);
    let missing = world.send(ask("POST", PASSWORD).by(&cookie).json(&json!({})));
    assert_eq!(missing.fields(), ["current_password", "new_password"]);
}

#[test]
fn guesses_at_the_current_password_are_limited() {
    let world = World::new();
    let cookie = world.person("ann");
    let body = json!({ "current_password": "guess", "new_password": "battery staple" });
    let statuses: Vec<u16> = (0..25)
        .map(|_| world.send(ask("POST", PASSWORD).by(&cookie).json(&body)).status.as_u16())
        .collect();
    assert!(statuses.contains(&422) && statuses.ends_with(&[429]), "{statuses:?}");
}

#[test]
fn a_profile_changes_by_what_is_said() {
    let world = World::new();
    let cookie = world.person("ann");
    let patch = |body| world.send(ask("PATCH", ME).by(&cookie).json(&body));
    let changed = patch(json!({ "timezone": "Asia/Kolkata", "locale": "ru" }));
    assert_eq!(
        (changed.status.as_u16(), changed.text("timezone")),
        (200, "Asia/Kolkata".to_owned())
    );
    assert_eq!(patch(json!({})).text("locale"), "ru", "what is absent stays");
    let faulty = patch(json!({ "timezone": "Mars", "locale": "tlh" }));
    assert_eq!(
        (faulty.status.as_u16(), faulty.fields()),
        (422, vec!["timezone".to_owned(), "locale".to_owned()])
    );
    assert_eq!(patch(json!({ "role": "admin" })).fields(), ["role"], "nobody promotes themselves");
    let me = world.send(ask("GET", ME).by(&cookie));
    assert_eq!(
        (me.text("timezone"), me.text("locale")),
        ("Asia/Kolkata".to_owned(), "ru".to_owned())
    );
}
