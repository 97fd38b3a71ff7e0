use std::time::Duration;

use futures::future::join;
use serde_json::{Value, json};

use crate::world::{Answer, World, ask};

const INVITES: &str = "/api/telegram/invites";

fn create(world: &World, cookie: &str, body: &Value) -> Answer {
    world.send(ask("POST", INVITES).by(cookie).json(body))
}

fn statuses(world: &World, cookie: &str) -> Vec<String> {
    let listed = world.send(ask("GET", INVITES).by(cookie));
    assert_eq!(listed.status, 200, "{}", listed.text);
    let items = listed.json["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|it| it["status"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn an_invite_has_a_link_that_is_shown_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let body = json!({ "target_name": "Shoes", "page_urls": ["https://Shop.example/a#top"] });
    let made = create(&world, &cookie, &body);
    assert_eq!(made.status, 201, "{}", made.text);
    let (token, url) = (made.text("token"), made.text("url"));
    assert_eq!(url, format!("https://t.me/{}?start=invite_{token}", fixture::BOT_USERNAME));
    assert!(token.len() >= 22 && token.len() + "invite_".len() <= 64, "128 bits, and it fits");
    assert_eq!(made.json["page_urls"], json!(["https://shop.example/a"]));
    assert_eq!(made.text("expires_at"), "2023-11-21T22:13:20.000Z");
    let listed = world.send(ask("GET", INVITES).by(&cookie));
    assert_eq!(listed.json["items"][0]["id"], made.json["id"]);
    assert!(!listed.text.contains(&token));
}

#[test]
fn faulty_fields_are_all_told_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let many: Vec<String> = (0..21).map(|n| format!("https://shop.example/{n}")).collect();
    for (body, fields) in [
        (json!({}), vec!["target_name"]),
        (json!({ "target_name": " ", "page_urls": ["x"] }), vec!["target_name", "page_urls[0]"]),
        (json!({ "target_name": "x", "bot": "none-of-ours" }), vec!["bot"]),
        (json!({ "target_name": "x", "page_urls": many }), vec!["page_urls"]),
    ] {
        let answer = create(&world, &cookie, &body);
        assert_eq!(
            (answer.status.as_u16(), answer.fields()),
            (422, fields.iter().map(ToString::to_string).collect())
        );
    }
    assert_eq!(
        create(&world, &cookie, &json!({ "target_name": "x", "bot": "default", "page_urls": [] }))
            .status,
        201
    );
}

#[test]
fn a_revoked_invite_stays_revoked_and_an_expired_one_is_over() {
    let world = World::new();
    let cookie = world.person("ann");
    let made = create(&world, &cookie, &json!({ "target_name": "Shoes" }));
    world.fixture.clock.pass(Duration::from_secs(1));
    create(&world, &cookie, &json!({ "target_name": "Bikes" }));
    let path = format!("{INVITES}/{}", made.text("id"));
    for _ in 0..2 {
        assert_eq!(world.send(ask("DELETE", &path).by(&cookie)).status, 204, "twice is once");
    }
    assert_eq!(statuses(&world, &cookie), ["revoked", "open"]);
    world.fixture.clock.pass(Duration::from_hours(7 * 24));
    assert_eq!(statuses(&world, &cookie), ["revoked", "expired"]);
    // In two steps, so that the session does not end meanwhile.
    world.fixture.clock.pass(Duration::from_hours(20 * 24));
    assert_eq!(statuses(&world, &cookie), ["revoked", "expired"]);
    world.fixture.clock.pass(Duration::from_hours(10 * 24));
    assert_eq!(statuses(&world, &cookie), Vec::<String>::new());
}

#[test]
fn a_repeated_request_gets_another_link_for_the_same_invite() {
    let world = World::racing();
    let cookie = world.person("ann");
    let body = json!({ "target_name": "Shoes" });
    let post = || world.answer(ask("POST", INVITES).by(&cookie).key("k1").json(&body));
    let (one, other) = world.fixture.run(join(post(), post()));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (201, 201), "{}", other.text);
    assert_eq!(one.json["id"], other.json["id"]);
    assert_ne!(one.text("token"), other.text("token"));
    assert_eq!(statuses(&world, &cookie), ["open"]);
    let path = format!("{INVITES}/{}", one.text("id"));
    world.send(ask("DELETE", &path).by(&cookie));
    let again = world.fixture.run(post());
    assert_eq!(again.code(), (409, "INVITE_OVER".to_owned()));
}

#[test]
fn only_admins_invite_and_each_company_sees_its_own() {
    let world = World::new();
    let (ann, eve) = (world.person("ann"), world.person("eve"));
    let bob = world.colleague(&ann, "bob");
    let made = create(&world, &ann, &json!({ "target_name": "Shoes" }));
    let path = format!("{INVITES}/{}", made.text("id"));
    assert_eq!(create(&world, &bob, &json!({})).code(), (403, "ADMIN_NEEDED".to_owned()));
    assert_eq!(world.send(ask("DELETE", &path).by(&eve)).status, 404);
    assert_eq!(statuses(&world, &eve), Vec::<String>::new());
    assert_eq!(statuses(&world, &ann), ["open"]);
}

#[test]
fn without_room_for_the_target_there_is_no_invite() {
    let world = World::new();
    let cookie = world.person("ann");
    for page in ["a", "b", "c"] {
        world.target(&cookie, &[&format!("https://shop.example/{page}")]);
    }
    let answer = create(&world, &cookie, &json!({ "target_name": "Shoes" }));
    assert_eq!(answer.code(), (403, "QUOTA_EXCEEDED".to_owned()));
}
