use std::time::Duration;

use domain::account::{PasswordReset, SecretHash};
use futures::future::join;
use serde_json::json;

use crate::deletion::run_jobs;
use crate::world::{Ask, World, ask, log_in, sign_up};

const ME: &str = "/api/public/auth/me";
const SESSIONS: &str = "/api/public/auth/sessions";

#[test]
fn signing_up_logs_in() {
    let world = World::new();
    let answer = world.send(sign_up("Ann"));
    assert_eq!(answer.status, 201);
    assert_eq!(
        (answer.text("username"), answer.text("email"), answer.text("tier"), answer.text("role")),
        ("Ann".into(), "Ann@example.com".into(), "free".into(), "admin".into())
    );
    assert_eq!(answer.text("created_at"), "2023-11-14T22:13:20.000Z");
    assert!(!answer.text.contains("argon2"), "the hash stays inside");
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let me = world.send(ask("GET", ME).by(&answer.cookie()));
    assert_eq!((me.status.as_u16(), me.text("id")), (200, answer.text("id")));
}

#[test]
fn a_local_site_without_tls_gets_its_cookie_back() {
    let world = World::limited(|site| site.url = "http://localhost:3000".to_owned());
    assert!(!world.send(sign_up("ann")).header("set-cookie").contains("Secure"));
}

#[test]
fn faulty_fields_are_all_told_at_once_and_make_nothing() {
    let world = World::new();
    let body = json!({ "username": "a b", "email": "x", "password": "short", "timezone": "Mars" });
    let answer = world.send(ask("POST", "/api/public/auth/signup").json(&body));
    assert_eq!(answer.code(), (422, "VALIDATION_FAILED".to_owned()));
    assert_eq!(answer.fields(), ["username", "email", "password", "timezone"]);
    assert!(!answer.text.contains("short"), "values are not repeated");
    let empty = world.send(ask("POST", "/api/public/auth/signup").json(&json!({})));
    assert_eq!(empty.fields(), ["username", "email", "password"]);
}

#[test]
fn names_are_unique_regardless_of_case() {
    let world = World::new();
    world.person("Ann");
    let taken = world.send(sign_up("aNN"));
    assert_eq!(taken.code(), (409, "TAKEN".to_owned()));
    assert_eq!(taken.fields(), ["username", "email"]);
    let body = json!({ "username": "bob", "email": "ANN@EXAMPLE.COM", "password": "12345678" });
    let taken = world.send(ask("POST", "/api/public/auth/signup").json(&body));
    assert_eq!(taken.fields(), ["email"]);
    // The name of the sign-up that failed is free.
    world.person("bob");
}

#[test]
fn of_two_racing_sign_ups_exactly_one_wins() {
    for _ in 0..5 {
        let world = World::racing();
        let (one, other) =
            world.fixture.run(join(world.answer(sign_up("ann")), world.answer(sign_up("ANN"))));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", one.text, other.text);
        let loser = if one.status == 409 { one } else { other };
        assert_eq!(loser.fields(), ["username", "email"]);
        assert_eq!(loser.header("set-cookie"), "");
    }
}

#[test]
fn people_log_in_by_name_or_address_regardless_of_case() {
    let world = World::new();
    world.person("Ann");
    for name in ["Ann", "ANN", "ann@EXAMPLE.com", " ann "] {
        let answer = world.send(log_in(name, "correct horse"));
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(world.send(ask("GET", ME).by(&answer.cookie())).status, 200);
    }
    let body = json!({ "email": "ann@example.com", "password": "correct horse" });
    assert_eq!(world.send(ask("POST", "/api/public/auth/login").json(&body)).status, 200);
}

#[test]
fn an_unknown_user_and_a_wrong_password_are_told_apart_by_nothing() {
    let world = World::new();
    world.person("ann");
    let wrong = world.send(log_in("ann", "wrong horse!"));
    world.app.table.meter().take();
    let unknown = world.send(log_in("nobody", "wrong horse!"));
    let calls_unknown = world.app.table.meter().take().calls;
    world.send(log_in("ann", "wrong horse!"));
    let calls_wrong = world.app.table.meter().take().calls;
    assert_eq!(wrong.code(), (401, "WRONG_CREDENTIALS".to_owned()));
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(calls_unknown, calls_wrong, "and each costs the same reads");
    let long = "x".repeat(100_000);
    assert_eq!(world.send(log_in(&long, &long)).text, wrong.text);
}

#[test]
fn a_log_in_without_name_or_password_is_faulty() {
    let world = World::new();
    let answer =
        world.send(ask("POST", "/api/public/auth/login").json(&json!({ "username": " " })));
    assert_eq!(
        (answer.status.as_u16(), answer.fields().join(" ")),
        (422, "username password".into())
    );
}

#[test]
fn too_many_log_ins_to_one_account_wait_and_others_do_not() {
    let world = World::limited(|site| site.attempts.logins_per_account = 3);
    world.person("ann");
    world.person("bob");
    for _ in 0..3 {
        assert_eq!(world.send(log_in("ann", "wrong horse!")).status, 401);
    }
    let held = world.send(log_in("ANN", "correct horse"));
    assert_eq!(held.code(), (429, "TOO_MANY_ATTEMPTS".to_owned()));
    let wait: u64 = held.header("retry-after").parse().expect("seconds");
    assert_eq!(world.send(log_in("bob", "correct horse")).status, 200);
    world.fixture.clock.pass(Duration::from_secs(wait));
    assert_eq!(world.send(log_in("ann", "correct horse")).status, 200);
}

#[test]
fn a_stranger_who_guesses_locks_nobody_out_elsewhere() {
    let world = World::limited(|site| {
        site.attempts.logins_per_account = 2;
        site.attempts.logins_per_account_in_all = 4;
    });
    let from = |name: &str, password: &str, ip: &str| {
        world.send(log_in(name, password).header("x-forwarded-for", ip))
    };
    let guess = |name: &str, ip: &str| from(name, "wrong horse!", ip).status.as_u16();
    assert_eq!(world.send(sign_up("ann").header("x-forwarded-for", "9.9.9.9")).status, 201);
    let guesses = [0; 3].map(|_| guess("ann", "1.1.1.1"));
    assert_eq!(guesses, [401, 401, 429], "the stranger waits");
    assert_eq!(from("ann", "correct horse", "2.2.2.2").status, 200, "who is elsewhere does not");

    assert_eq!(guess("ann", "3.3.3.3"), 401);
    assert_eq!(guess("ann", "4.4.4.4"), 429, "many addresses have not many more tries");
    let right = from("ann", "correct horse", "4.4.4.4");
    assert_eq!(right.code(), (429, "TOO_MANY_ATTEMPTS".to_owned()), "nor do they learn more");
    for known in ["2.2.2.2", "9.9.9.9"] {
        assert_eq!(from("ann", "correct horse", known).status, 200, "{known}");
    }
    let wrong = from("ann", "wrong horse!", "9.9.9.9");
    assert_eq!(wrong.text, right.text, "and a neighbour does not learn whom the network knows");
}

#[test]
fn an_account_that_is_guessed_at_too_often_is_told_from_an_unknown_one_by_nothing() {
    let world = World::limited(|site| site.attempts.logins_per_account_in_all = 1);
    world.person("ann");
    let from = |name: &str, ip: &str| {
        world.app.table.meter().take();
        let answer = world.send(log_in(name, "wrong horse!").header("x-forwarded-for", ip));
        (answer.code(), answer.text, world.app.table.meter().take().calls)
    };
    for ip in ["1.1.1.1", "1.1.1.2"] {
        assert_eq!(from("ann", ip), from("nobody", ip), "{ip}");
    }
    assert_eq!(from("ann", "1.1.1.3").0, (429, "TOO_MANY_ATTEMPTS".to_owned()));
}

/// An account that answers only where it is known, since it was guessed at.
fn guessed_at(world: &World, name: &str) {
    for ip in ["1.1.1.1", "1.1.1.2"] {
        world.send(log_in(name, "wrong horse!").header("x-forwarded-for", ip));
    }
    let elsewhere = log_in(name, "correct horse").header("x-forwarded-for", "1.1.1.3");
    assert_eq!(world.send(elsewhere).status, 429);
}

#[test]
fn whoever_sets_a_password_by_mail_is_let_in_there_however_often_others_guess() {
    let world = World::limited(|site| site.attempts.logins_per_account_in_all = 1);
    let ann = world.user_of(&world.person("ann"));
    guessed_at(&world, "ann");
    let reset = PasswordReset::new(&ann, SecretHash::of("by mail"), world.app.env.now());
    world.fixture.put([reset.into()]);
    let body = json!({ "token": "by mail", "new_password": "battery staple" });
    let confirm = ask("POST", "/api/public/auth/password-reset/confirm").json(&body);
    assert_eq!(world.send(confirm.header("x-forwarded-for", "2.2.2.2")).status, 204);
    let from = |ip: &str| {
        world.send(log_in("ann", "battery staple").header("x-forwarded-for", ip)).status.as_u16()
    };
    assert_eq!(from("3.3.3.3"), 429, "elsewhere they are a stranger");
    assert_eq!(from("2.2.2.2"), 200);
}

#[test]
fn a_password_that_is_set_by_mail_makes_strangers_of_all_who_had_the_one_before() {
    let world = World::limited(|site| site.attempts.logins_per_account_in_all = 1);
    let cookie = world.person("ann");
    let from = |password: &str, ip: &str| {
        world.send(log_in("ann", password).header("x-forwarded-for", ip)).status.as_u16()
    };
    assert_eq!(from("correct horse", "6.6.6.6"), 200, "a thief");
    let ann = world.user_of(&cookie);
    world.fixture.clock.pass(Duration::from_secs(1));
    let reset = PasswordReset::new(&ann, SecretHash::of("by mail"), world.app.env.now());
    world.fixture.put([reset.into()]);
    let body = json!({ "token": "by mail", "new_password": "battery staple" });
    let confirm = ask("POST", "/api/public/auth/password-reset/confirm").json(&body);
    assert_eq!(world.send(confirm.header("x-forwarded-for", "2.2.2.2")).status, 204);
    run_jobs(&world, Duration::from_secs(1));
    guessed_at(&world, "ann");
    assert_eq!(from("battery staple", "6.6.6.6"), 429);
    assert_eq!(from("battery staple", "2.2.2.2"), 200);
}

#[test]
fn whoever_has_had_the_password_is_a_stranger_once_another_session_is_ended_or_it_is_changed() {
    for how in ["one", "all", "password"] {
        let world = World::limited(|site| site.attempts.logins_per_account_in_all = 1);
        let from = |password: &str, ip: &str| {
            world.send(log_in("ann", password).header("x-forwarded-for", ip)).status.as_u16()
        };
        let ann = world.send(sign_up("ann").header("x-forwarded-for", "9.9.9.9")).cookie();
        assert_eq!(from("correct horse", "6.6.6.6"), 200, "a thief");
        let listed = world.send(ask("GET", SESSIONS).by(&ann));
        let items = listed.json["items"].as_array().expect("a list");
        let other = items.iter().find(|it| it["current"] == json!(false)).expect("the thief's");
        let one = format!("{SESSIONS}/{}", other["id"].as_str().expect("an id"));
        let change =
            json!({ "current_password": "correct horse", "new_password": "battery staple" });
        let (end, password) = match how {
            "one" => (ask("DELETE", one), "correct horse"),
            "all" => (ask("DELETE", SESSIONS), "correct horse"),
            _ => (ask("POST", "/api/public/auth/password").json(&change), "battery staple"),
        };
        assert_eq!(world.send(end.by(&ann)).status, 204, "{how}");
        guessed_at(&world, "ann");
        assert_eq!(from(password, "6.6.6.6"), 429, "{how}");
        assert_eq!(from(password, "9.9.9.9"), 200, "{how}: where their own session began");
    }
}

#[test]
fn whoever_logs_out_is_no_stranger_there_for_thirty_days() {
    const DAY: Duration = Duration::from_hours(24);
    let world = World::limited(|site| site.attempts.logins_per_account_in_all = 1);
    let here = |ask: Ask| world.send(ask.header("x-forwarded-for", "9.9.9.9"));
    let ann = here(sign_up("ann")).cookie();
    for _ in 0..2 {
        world.fixture.clock.pass(DAY * 20);
        assert_eq!(world.send(ask("GET", ME).by(&ann)).status, 200, "used, wherever they are");
    }
    assert_eq!(world.send(ask("POST", "/api/public/auth/logout").by(&ann)).status, 204);
    world.fixture.clock.pass(DAY * 29);
    guessed_at(&world, "ann");
    let back = here(log_in("ann", "correct horse"));
    assert_eq!(back.status, 200);
    world.fixture.clock.pass(DAY * 30);
    guessed_at(&world, "ann");
    assert_eq!(here(log_in("ann", "correct horse")).status, 429);
}

#[test]
fn too_many_from_one_address_wait_and_other_addresses_do_not() {
    let world = World::limited(|site| {
        site.attempts.logins_per_address = 2;
        site.attempts.sign_ups_per_address = 1;
    });
    let from =
        |it: crate::world::Ask, ip: &str| it.header("x-forwarded-for", format!("6.6.6.6, {ip}"));
    assert_eq!(world.send(from(sign_up("ann"), "1.1.1.1")).status, 201);
    assert_eq!(world.send(from(sign_up("bob"), "1.1.1.1")).status, 429);
    assert_eq!(world.send(from(sign_up("bob"), "1.1.1.2")).status, 201);
    for name in ["a", "b"] {
        assert_eq!(world.send(from(log_in(name, "x"), "1.1.1.1")).status, 401);
    }
    assert_eq!(world.send(from(log_in("c", "x"), "1.1.1.1")).status, 429);
    assert_eq!(world.send(from(log_in("c", "x"), "1.1.1.3")).status, 401);
}

#[test]
fn operators_make_admins_and_api_keys() {
    let world = World::new();
    let input = app::account::SignUpInput {
        username: Some("root".to_owned()),
        email: Some("root@example.com".to_owned()),
        password: Some("correct horse".to_owned()),
        ..app::account::SignUpInput::default()
    };
    let run = |work| world.fixture.run(work);
    assert!(run(app::account::create_admin(&world.app, &input)).is_ok());
    assert_eq!(
        run(app::account::create_admin(&world.app, &input)).err(),
        Some(app::AppError::Taken { fields: vec!["username", "email"] })
    );
    assert_eq!(world.send(log_in("root", "correct horse")).status, 200);
    let scopes = vec![domain::account::Scope::Scraper];
    let made = world.fixture.run(app::api_key::create(&world.app, "shop", scopes, None));
    let made = made.expect("made");
    assert!(made.key.starts_with("hoopoe_") && !made.record.hash.0.contains(&made.key));
    let faulty = world.fixture.run(app::api_key::create(&world.app, " ", Vec::new(), None));
    assert!(matches!(faulty, Err(app::AppError::Invalid(errors)) if errors.len() == 2));
}
