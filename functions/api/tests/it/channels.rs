use domain::channel::ChatLink;
use domain::ids::BotId;
use futures::future::join;
use runtime::http::TransportError;
use serde_json::{Value, json};
use table::keys;

use crate::world::{Answer, World, ask};

const CHANNELS: &str = "/api/notifications/channels";

fn post(world: &World, cookie: &str, body: &Value) -> Answer {
    world.send(ask("POST", CHANNELS).by(cookie).json(body))
}

fn with_chat(chat_id: impl Into<Value>) -> Value {
    json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat_id.into() } })
}

fn links(world: &World, chat_id: i64) -> Vec<ChatLink> {
    let chat = keys::chat(&BotId::default_bot(), chat_id);
    world.fixture.run(world.app.table.query_all(&chat, keys::CHAT_LINKS)).expect("readable")
}

/// How many chats the person has. Their address is a channel from the start.
fn count(world: &World, cookie: &str) -> usize {
    let listed = world.send(ask("GET", CHANNELS).by(cookie));
    let items = listed.json["items"].as_array();
    items.map_or(0, |all| all.iter().filter(|it| it["channel_type"] == "TELEGRAM").count())
}

#[test]
fn a_chat_that_takes_the_test_message_is_active_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    for (chat_id, number) in [(json!(42), 42), (json!("-100123"), -100_123)] {
        let answer = post(&world, &cookie, &with_chat(chat_id));
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(
            (answer.text("status"), answer.text("channel_type")),
            ("ACTIVE".into(), "TELEGRAM".into())
        );
        assert_eq!(answer.json["details"], json!({ "bot": "default", "chat_id": number }));
        assert_eq!((&answer.json["token"], &answer.json["url"]), (&Value::Null, &Value::Null));
        assert_eq!(links(&world, number).len(), 1);
        let path = format!("{CHANNELS}/{}", answer.text("id"));
        assert_eq!(world.send(ask("GET", path).by(&cookie)).text("status"), "ACTIVE");
    }
    assert_eq!(world.telegram.chats(), [42, -100_123]);
}

#[test]
fn what_telegram_refuses_is_told_and_leaves_nothing() {
    let world = World::new();
    let cookie = world.person("ann");
    let reason = "Forbidden: bot was blocked by the user";
    world.telegram.refuse(403, reason);
    let refused = post(&world, &cookie, &with_chat(42));
    assert_eq!(refused.code(), (422, "CHANNEL_REFUSED".to_owned()));
    assert_eq!(
        (refused.text("detail"), refused.fields()),
        (reason.to_owned(), vec!["details.chat_id".to_owned()])
    );
    world.telegram.refuse(400, "Bad Request: chat not found");
    assert_eq!(post(&world, &cookie, &with_chat(42)).text("detail"), "Bad Request: chat not found");
    world.telegram.answer(Err(TransportError::Unknown("reset".to_owned())));
    let unknown = post(&world, &cookie, &with_chat(42));
    assert_eq!(unknown.code(), (503, "UNAVAILABLE".to_owned()));
    assert!(!unknown.header("retry-after").is_empty());
    world.telegram.refuse(401, "Unauthorized");
    assert_eq!(post(&world, &cookie, &with_chat(42)).status, 503);
    world.telegram.refuse(429, "Too Many Requests: retry after 7");
    let busy = post(&world, &cookie, &with_chat(42));
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (429, "8"));
    assert_eq!((count(&world, &cookie), links(&world, 42)), (0, vec![]));
}

#[test]
fn a_group_that_has_moved_is_found_where_it_is() {
    let world = World::new();
    let cookie = world.person("ann");
    let moved = json!({ "ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded",
        "parameters": { "migrate_to_chat_id": -1007 } });
    world.telegram.answer(Ok((400, moved)));
    let answer = post(&world, &cookie, &with_chat(-7));
    assert_eq!((answer.status.as_u16(), &answer.json["details"]["chat_id"]), (201, &json!(-1007)));
    assert_eq!(links(&world, -1007).len(), 1);
}

#[test]
fn faulty_channels_are_refused_by_field() {
    let world = World::new();
    let cookie = world.person("ann");
    for (body, fields) in [
        (json!({}), vec!["channel_type"]),
        (json!({ "channel_type": "PIGEON" }), vec!["channel_type"]),
        (
            json!({ "channel_type": "EMAIL", "details": { "chat_id": "x" } }),
            vec!["details.chat_id", "details.address"],
        ),
        (with_chat(0), vec!["details.chat_id"]),
        (with_chat(1.5), vec!["details.chat_id"]),
        (with_chat("@name"), vec!["details.chat_id"]),
        (with_chat(true), vec!["details.chat_id"]),
        (with_chat(json!([1])), vec!["details.chat_id"]),
        (json!({ "channel_type": "TELEGRAM", "name": "" }), vec!["name"]),
        (json!({ "channel_type": "TELEGRAM", "details": { "chat": 1 } }), vec!["details.chat"]),
    ] {
        let answer = post(&world, &cookie, &body);
        assert_eq!(
            (answer.status.as_u16(), answer.fields()),
            (422, fields.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
    assert_eq!(world.telegram.chats(), Vec::<i64>::new());
}

#[test]
fn a_chat_that_is_linked_already_is_used_again() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let first = post(&world, &ann, &with_chat(42));
    let again = post(&world, &ann, &with_chat(42));
    assert_eq!((again.status.as_u16(), again.text("id")), (200, first.text("id")));
    assert_eq!(count(&world, &ann), 1);
    assert_ne!(post(&world, &bob, &with_chat(42)).text("id"), first.text("id"));
    assert_eq!(links(&world, 42).len(), 2, "each user has their own channel");
}

#[test]
fn the_same_chat_linked_twice_at_once_is_one_channel() {
    let world = World::racing();
    let cookie = world.person("ann");
    let ask_for_it = || world.answer(ask("POST", CHANNELS).by(&cookie).json(&with_chat(42)));
    let (one, other) = world.fixture.run(join(ask_for_it(), ask_for_it()));
    assert_eq!(one.text("id"), other.text("id"), "{} {}", one.text, other.text);
    assert_eq!((count(&world, &cookie), links(&world, 42).len()), (1, 1));
}

#[test]
fn one_key_sends_one_test_message() {
    let world = World::new();
    let cookie = world.person("ann");
    let ask_for_it = || world.send(ask("POST", CHANNELS).by(&cookie).key("k").json(&with_chat(42)));
    let first = ask_for_it();
    let again = ask_for_it();
    assert_eq!((again.status.as_u16(), &again.json), (201, &first.json));
    assert_eq!(world.telegram.chats(), [42]);
}

#[test]
fn a_channel_is_tested_only_while_it_is_active() {
    let world = World::new();
    let cookie = world.person("ann");
    let id = world.channel(&cookie, 42);
    let test = |id: &str| world.send(ask("POST", format!("{CHANNELS}/{id}/test")).by(&cookie));
    let tested = test(&id);
    assert_eq!((tested.status.as_u16(), &tested.json), (200, &json!({ "delivered": true })));
    world.telegram.refuse(403, "Forbidden: bot was blocked by the user");
    assert_eq!(test(&id).code(), (422, "CHANNEL_REFUSED".to_owned()));
    let blocked = world.send(ask("GET", format!("{CHANNELS}/{id}")).by(&cookie));
    assert_eq!(blocked.text("status"), "BLOCKED");
    assert_eq!(blocked.text("reason"), "Forbidden: bot was blocked by the user");
    assert_eq!(test(&id).code(), (409, "CHANNEL_NOT_ACTIVE".to_owned()));
    assert_eq!(world.channel(&cookie, 42), id, "a test that arrives takes it up again");
    assert_eq!(test(&id).status, 200);
    let pending = post(&world, &cookie, &json!({ "channel_type": "TELEGRAM" }));
    assert_eq!(test(&pending.text("id")).status, 409);
}

#[test]
fn test_messages_are_limited_per_user() {
    let world = World::limited(|site| site.attempts.test_messages_per_user = 3);
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let id = world.channel(&ann, 42);
    let test = || world.send(ask("POST", format!("{CHANNELS}/{id}/test")).by(&ann));
    assert_eq!((test().status.as_u16(), test().status.as_u16()), (200, 200));
    assert_eq!(test().code(), (429, "TOO_MANY_ATTEMPTS".to_owned()));
    assert_eq!(post(&world, &ann, &with_chat(43)).status, 429);
    world.channel(&bob, 42);
}

#[test]
fn a_channel_is_renamed() {
    let world = World::new();
    let cookie = world.person("ann");
    let id = world.channel(&cookie, 42);
    let patch =
        |body: Value| world.send(ask("PATCH", format!("{CHANNELS}/{id}")).by(&cookie).json(&body));
    let renamed = patch(json!({ "name": " My  phone " }));
    assert_eq!((renamed.status.as_u16(), renamed.text("name")), (200, "My phone".to_owned()));
    assert_eq!(patch(json!({})).text("name"), "My phone");
    assert_eq!(patch(json!({ "name": "" })).fields(), ["name"]);
    assert_eq!(patch(json!({ "status": "ACTIVE" })).fields(), ["status"]);
}

#[test]
fn a_removed_channel_is_gone_everywhere() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let id = world.channel(&cookie, 42);
    world.send(ask("PUT", format!("/api/public/targets/{target}/channels/{id}")).by(&cookie));
    let remove = || world.send(ask("DELETE", format!("{CHANNELS}/{id}")).by(&cookie));
    assert_eq!(remove().status, 204);
    assert_eq!(remove().status, 404);
    assert_eq!((count(&world, &cookie), links(&world, 42)), (0, vec![]));
    let target = world.send(ask("GET", format!("/api/public/targets/{target}")).by(&cookie));
    assert_eq!(target.json["channel_ids"], json!([]));
    assert_ne!(world.channel(&cookie, 42), id, "the chat can be linked anew");
}

#[test]
fn a_channel_that_is_removed_while_it_is_linked_leaves_no_trace() {
    for _ in 0..5 {
        let world = World::racing();
        let cookie = world.person("ann");
        let target = world.target(&cookie, &["https://e.com/a"]);
        let id = world.channel(&cookie, 42);
        let link = ask("PUT", format!("/api/public/targets/{target}/channels/{id}")).by(&cookie);
        let remove = ask("DELETE", format!("{CHANNELS}/{id}")).by(&cookie);
        let (linked, removed) = world.fixture.run(join(world.answer(link), world.answer(remove)));
        assert!(matches!(linked.status.as_u16(), 200 | 404), "{}", linked.text);
        assert_eq!(removed.status, 204);
        let target = world.send(ask("GET", format!("/api/public/targets/{target}")).by(&cookie));
        assert_eq!(target.json["channel_ids"], json!([]));
    }
}

#[test]
fn other_peoples_channels_do_not_exist() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let id = world.channel(&ann, 42);
    for (method, path) in [
        ("GET", format!("{CHANNELS}/{id}")),
        ("PATCH", format!("{CHANNELS}/{id}")),
        ("DELETE", format!("{CHANNELS}/{id}")),
        ("POST", format!("{CHANNELS}/{id}/test")),
        ("POST", format!("{CHANNELS}/{id}/resend")),
        ("GET", format!("{CHANNELS}/x")),
    ] {
        assert_eq!(world.send(ask(method, &*path).by(&bob)).status, 404, "{method} {path}");
        assert_eq!(world.send(ask(method, &*path)).status, 401, "{method} {path}");
    }
    assert_eq!((count(&world, &ann), count(&world, &bob)), (1, 0));
}
