use futures::future::join;
use serde_json::json;

use domain::account::{ApiKey, SecretHash};

use crate::world::{Answer, World, ask};

const KEYS: &str = "/api/public/company/api-keys";

fn create(world: &World, cookie: &str) -> Answer {
    let body = json!({ "name": "CRM", "scopes": ["events", "alerts", "events"] });
    world.send(ask("POST", KEYS).by(cookie).json(&body))
}

/// What a request with this key finds.
fn known(world: &World, key: &str) -> Option<ApiKey> {
    world.fixture.get(&table::keys::api_key(&SecretHash::of(key)))
}

#[test]
fn a_key_is_shown_once_and_kept_as_a_hash() {
    let world = World::new();
    let cookie = world.person("ann");
    let made = create(&world, &cookie);
    assert_eq!(made.status, 201, "{}", made.text);
    let key = made.text("key");
    assert!(key.starts_with("hoopoe_") && key.len() > 40, "256 bits and a mark");
    assert_eq!(made.json["scopes"], json!(["events", "alerts"]));
    let record = known(&world, &key).expect("it works");
    assert_eq!(record.company_id, Some(world.user_of(&cookie).company_id));
    let listed = world.send(ask("GET", KEYS).by(&cookie));
    assert_eq!(listed.json["items"][0]["id"], made.json["id"]);
    assert_eq!(listed.json["items"][0]["name"], "CRM");
    assert!(!listed.text.contains(&key) && !listed.text.contains(&record.hash.0));
}

#[test]
fn faulty_fields_are_all_told_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    for (body, fields) in [
        (json!({}), vec!["name", "scopes"]),
        (json!({ "name": " ", "scopes": [] }), vec!["name", "scopes"]),
        (json!({ "name": "x", "scopes": ["alerts", "all"] }), vec!["scopes[1]"]),
        (json!({ "name": "x", "scopes": ["scraper"] }), vec!["scopes[0]"]),
    ] {
        let answer = world.send(ask("POST", KEYS).by(&cookie).json(&body));
        assert_eq!(
            (answer.status.as_u16(), answer.fields()),
            (422, fields.iter().map(ToString::to_string).collect())
        );
    }
    let listed = world.send(ask("GET", KEYS).by(&cookie));
    assert_eq!(listed.json["items"], json!([]));
}

#[test]
fn a_revoked_key_works_no_more_and_is_not_there_twice() {
    let world = World::new();
    let cookie = world.person("ann");
    let made = create(&world, &cookie);
    let path = format!("{KEYS}/{}", made.text("id"));
    assert_eq!(world.send(ask("DELETE", &path).by(&cookie)).status, 204);
    assert_eq!(known(&world, &made.text("key")), None);
    assert_eq!(world.send(ask("DELETE", &path).by(&cookie)).status, 404);
    assert_eq!(world.send(ask("GET", KEYS).by(&cookie)).json["items"], json!([]));
}

#[test]
fn a_repeated_request_gets_the_same_key_with_another_secret() {
    let world = World::new();
    let cookie = world.person("ann");
    let body = json!({ "name": "CRM", "scopes": ["admin"] });
    let post = || world.send(ask("POST", KEYS).by(&cookie).key("k1").json(&body));
    let (first, second) = (post(), post());
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(known(&world, &first.text("key")), None, "the first one is void");
    assert!(known(&world, &second.text("key")).is_some());
    let other = json!({ "name": "other", "scopes": ["admin"] });
    let other = world.send(ask("POST", KEYS).by(&cookie).key("k1").json(&other));
    assert_eq!(other.code(), (409, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    let path = format!("{KEYS}/{}", first.text("id"));
    world.send(ask("DELETE", &path).by(&cookie));
    assert_eq!(post().status, 404, "what was revoked does not come back");
}

#[test]
fn the_same_request_twice_at_once_makes_one_key() {
    let world = World::racing();
    let cookie = world.person("ann");
    let body = json!({ "name": "CRM", "scopes": ["admin"] });
    let post = || world.answer(ask("POST", KEYS).by(&cookie).key("k1").json(&body));
    let (one, other) = world.fixture.run(join(post(), post()));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (201, 201));
    assert_eq!(one.json["id"], other.json["id"]);
    let listed = world.send(ask("GET", KEYS).by(&cookie));
    assert_eq!(listed.json["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn only_admins_manage_keys_and_only_their_companys() {
    let world = World::new();
    let (ann, eve) = (world.person("ann"), world.person("eve"));
    let bob = world.colleague(&ann, "bob");
    let path = format!("{KEYS}/{}", create(&world, &ann).text("id"));
    for ask in [ask("GET", KEYS), ask("POST", KEYS).json(&json!({})), ask("DELETE", &path)] {
        assert_eq!(world.send(ask.by(&bob)).code(), (403, "ADMIN_NEEDED".to_owned()));
    }
    assert_eq!(world.send(ask("DELETE", &path).by(&eve)).status, 404);
    assert_eq!(world.send(ask("GET", KEYS).by(&eve)).json["items"], json!([]));
}

#[test]
fn a_company_has_at_most_fifty_keys() {
    let world = World::new();
    let cookie = world.person("ann");
    for _ in 0..50 {
        assert_eq!(create(&world, &cookie).status, 201);
    }
    assert_eq!(create(&world, &cookie).code(), (403, "QUOTA_EXCEEDED".to_owned()));
}
