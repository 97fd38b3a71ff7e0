use domain::url::{CanonicalUrl, PageId};
use domain::watch::{Page, Watcher};
use futures::future::join_all;
use serde_json::{Value, json};
use table::keys;

use crate::world::{Answer, World, ask};

const TARGETS: &str = "/api/public/targets";

fn at(id: &str) -> String {
    format!("{TARGETS}/{id}")
}

fn page_id(url: &str) -> PageId {
    PageId::of(&CanonicalUrl::parse(url).expect("a URL"))
}

/// How many active targets count a page, and the watchers on it.
fn watched(world: &World, url: &str) -> (u32, Vec<Watcher>) {
    let id = page_id(url);
    let page: Option<Page> = world.fixture.get(&keys::page(&id));
    let partition = keys::watchers(&id);
    let watchers = world.app.table.query_all(&partition, keys::WATCHERS);
    (page.map_or(0, |page| page.active_targets), world.fixture.run(watchers).expect("readable"))
}

fn patch(world: &World, cookie: &str, id: &str, body: &Value) -> Answer {
    world.send(ask("PATCH", at(id)).by(cookie).json(body))
}

fn links(world: &World, cookie: &str, method: &str, target: &str, channel: &str) -> Answer {
    world.send(ask(method, format!("{TARGETS}/{target}/channels/{channel}")).by(cookie))
}

#[test]
fn a_new_target_is_watched_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let pages = ["https://E.com/a?utm_source=x", "https://e.com/a#top", "https://e.com/b"];
    let body = json!({ "name": " Red\tshoes ", "page_urls": pages });
    let answer = world.send(ask("POST", TARGETS).by(&cookie).json(&body));
    assert_eq!(answer.status, 201);
    assert_eq!(answer.text("name"), "Red shoes");
    assert_eq!(answer.text("status"), "active");
    assert_eq!(answer.json["page_urls"], json!(["https://e.com/a", "https://e.com/b"]));
    let (count, watchers) = watched(&world, "https://e.com/a");
    assert_eq!((count, watchers.len()), (1, 1));
    assert_eq!(watchers[0].target_name, "Red shoes");
    let got = world.send(ask("GET", at(&answer.text("id"))).by(&cookie));
    assert_eq!(got.json, answer.json);
}

#[test]
fn faults_are_all_told_at_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let post = |body: Value| world.send(ask("POST", TARGETS).by(&cookie).json(&body));
    assert_eq!(post(json!({})).fields(), ["name", "page_urls"]);
    let answer = post(json!({ "name": "", "page_urls": ["https://e.com", "nope", "ftp://e.com"] }));
    assert_eq!(answer.code().0, 422);
    assert_eq!(answer.fields(), ["name", "page_urls[1]", "page_urls[2]"]);
    assert_eq!(post(json!({ "name": "x", "pages": [], "urls": [] })).fields(), ["pages", "urls"]);
    assert_eq!(post(json!({ "name": 5 })).fields(), ["name"]);
    assert_eq!(post(json!({ "name": "x", "page_urls": [5] })).fields(), ["page_urls[0]"]);
    let listed = world.send(ask("GET", TARGETS).by(&cookie));
    assert_eq!(listed.json["items"], json!([]), "nothing was half-written");
}

#[test]
fn a_target_is_disabled_and_enabled_and_twice_is_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let bobs = world.person("bob");
    let id = world.target(&cookie, &["https://e.com/a", "https://e.com/b"]);
    world.target(&bobs, &["https://e.com/a"]);
    for _ in 0..2 {
        let off = world.send(ask("POST", format!("{}/disable", at(&id))).by(&cookie));
        assert_eq!((off.status.as_u16(), off.text("status")), (200, "disabled".to_owned()));
        let (count, watchers) = watched(&world, "https://e.com/a");
        assert_eq!((count, watchers.len()), (1, 1), "someone else watches it");
        assert_eq!(watched(&world, "https://e.com/b"), (0, vec![]));
    }
    for _ in 0..2 {
        let on = world.send(ask("POST", format!("{}/enable", at(&id))).by(&cookie));
        assert_eq!(on.text("status"), "active");
        assert_eq!(watched(&world, "https://e.com/a").0, 2);
        assert_eq!(watched(&world, "https://e.com/b").0, 1);
    }
}

#[test]
fn a_change_reaches_the_watchers() {
    let world = World::new();
    let cookie = world.person("ann");
    let id = world.target(&cookie, &["https://e.com/a", "https://e.com/b"]);
    let renamed = patch(&world, &cookie, &id, &json!({ "name": "Boots" }));
    assert_eq!((renamed.status.as_u16(), renamed.text("name")), (200, "Boots".to_owned()));
    assert_eq!(watched(&world, "https://e.com/a").1[0].target_name, "Boots");
    let moved = patch(
        &world,
        &cookie,
        &id,
        &json!({ "page_urls": ["https://e.com/b", "https://e.com/c"] }),
    );
    assert_eq!(moved.json["page_urls"], json!(["https://e.com/b", "https://e.com/c"]));
    let counts = ["a", "b", "c"].map(|page| watched(&world, &format!("https://e.com/{page}")).0);
    assert_eq!(counts, [0, 1, 1]);
    let same = patch(&world, &cookie, &id, &json!({}));
    assert_eq!(same.json, moved.json);
    assert_eq!(patch(&world, &cookie, &id, &json!({ "page_urls": [] })).fields(), ["page_urls"]);
    assert_eq!(patch(&world, &cookie, &id, &json!({ "status": "x" })).fields(), ["status"]);
}

#[test]
fn a_removed_target_is_gone_with_its_watchers() {
    let world = World::new();
    let cookie = world.person("ann");
    let id = world.target(&cookie, &["https://e.com/a"]);
    assert_eq!(world.send(ask("DELETE", at(&id)).by(&cookie)).status, 204);
    assert_eq!(watched(&world, "https://e.com/a"), (0, vec![]));
    assert_eq!(world.send(ask("DELETE", at(&id)).by(&cookie)).status, 404);
    assert_eq!(world.send(ask("GET", at(&id)).by(&cookie)).status, 404);
}

#[test]
fn what_is_someone_elses_does_not_exist() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let id = world.target(&ann, &["https://e.com/a"]);
    let channel = world.channel(&ann, 42);
    let bobs = world.target(&bob, &["https://e.com/b"]);
    let bobs_channel = world.channel(&bob, 43);
    for (method, path) in [
        ("GET", at(&id)),
        ("PATCH", at(&id)),
        ("DELETE", at(&id)),
        ("POST", format!("{}/disable", at(&id))),
        ("POST", format!("{}/enable", at(&id))),
        ("POST", format!("{}/telegram-link", at(&id))),
        ("PUT", format!("{}/channels/{bobs_channel}", at(&id))),
        ("DELETE", format!("{}/channels/{bobs_channel}", at(&id))),
        ("PUT", format!("{}/channels/{channel}", at(&bobs))),
        ("GET", at("nonsense")),
        ("GET", at("%FF%FE")),
        ("POST", format!("{}/disable", at("0"))),
    ] {
        let answer = world.send(ask(method, &*path).by(&bob));
        assert_eq!(answer.code(), (404, "NOT_FOUND".to_owned()), "{method} {path}");
        let nobody = world.send(ask(method, &*path));
        assert_eq!(nobody.status, 401, "{method} {path}");
    }
    assert_eq!(watched(&world, "https://e.com/a").0, 1);
    let listed = world.send(ask("GET", TARGETS).by(&bob));
    assert_eq!(listed.json["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn lists_are_read_page_by_page() {
    let world = World::limited(|site| site.free.targets = 7);
    let cookie = world.person("ann");
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(world.target(&cookie, &[&format!("https://e.com/{n}")]));
        world.fixture.clock.pass(std::time::Duration::from_millis(5));
    }
    world.channel(&cookie, 42);
    let (mut listed, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.send(ask("GET", format!("{TARGETS}?limit=2{cursor}")).by(&cookie));
        let items = page.json["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= 2);
        listed.extend(items.iter().map(|it| it["id"].as_str().unwrap_or_default().to_owned()));
        pages += 1;
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((listed, pages), (made, 3), "oldest first, each once");
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=%25", "cursor"),
        ("cursor=", "cursor"),
    ] {
        let answer = world.send(ask("GET", format!("{TARGETS}?{query}")).by(&cookie));
        assert_eq!((answer.status.as_u16(), answer.fields()), (422, vec![field.to_owned()]));
    }
    let forged = world.send(ask("GET", format!("{TARGETS}?cursor=enp6")).by(&cookie));
    assert_eq!((forged.status.as_u16(), &forged.json["items"]), (200, &json!([])));
}

#[test]
fn the_plan_limits_targets_and_pages() {
    let world = World::new();
    let cookie = world.person("ann");
    let post = |pages: &[String]| {
        let body = json!({ "name": "x", "page_urls": pages });
        world.send(ask("POST", TARGETS).by(&cookie).json(&body))
    };
    let urls = |n: std::ops::Range<u8>| -> Vec<String> {
        n.map(|n| format!("https://e.com/{n}")).collect()
    };
    let first = post(&urls(0..9)).text("id");
    let refused = post(&urls(0..2));
    assert_eq!(refused.code(), (403, "QUOTA_EXCEEDED".to_owned()));
    assert_eq!(post(&urls(0..1)).status, 201);
    assert_eq!(patch(&world, &cookie, &first, &json!({ "page_urls": urls(0..10) })).status, 403);
    assert_eq!(patch(&world, &cookie, &first, &json!({ "page_urls": urls(0..3) })).status, 200);
    assert_eq!(post(&urls(0..1)).status, 201);
    assert_eq!(post(&urls(0..1)).code().0, 403, "three targets are all");
    world.send(ask("DELETE", at(&first)).by(&cookie));
    assert_eq!(post(&urls(0..1)).status, 201);
}

#[test]
fn who_races_for_the_last_place_does_not_get_two() {
    let world = World::racing();
    let cookie = world.person("ann");
    let body = json!({ "name": "x", "page_urls": ["https://e.com/a"] });
    let posts = (0..6).map(|_| world.answer(ask("POST", TARGETS).by(&cookie).json(&body)));
    let answers = world.fixture.run(join_all(posts));
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 403, 403, 403]);
    assert_eq!(watched(&world, "https://e.com/a").0, 3);
}

#[test]
fn the_same_key_gets_the_same_answer_and_another_body_none() {
    let world = World::new();
    let cookie = world.person("ann");
    let body = json!({ "name": "x", "page_urls": ["https://e.com/a"] });
    let post = |cookie: &str, body: &Value| {
        world.send(ask("POST", TARGETS).by(cookie).key("k-1").json(body))
    };
    let first = post(&cookie, &body);
    let again = post(&cookie, &body);
    assert_eq!((again.status.as_u16(), &again.json), (201, &first.json));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    let other = post(&cookie, &json!({ "name": "y", "page_urls": ["https://e.com/a"] }));
    assert_eq!(other.code(), (409, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    let bobs = post(&world.person("bob"), &body);
    assert_ne!(bobs.text("id"), first.text("id"), "keys of different people never meet");
    world.fixture.clock.pass(std::time::Duration::from_secs(24 * 3600 + 1));
    assert_ne!(post(&cookie, &body).text("id"), first.text("id"), "a day later it is new");
    assert_eq!(world.send(ask("POST", TARGETS).by(&cookie).key("").json(&body)).status, 422);
}

#[test]
fn a_faulty_request_does_not_use_up_its_key() {
    let world = World::new();
    let cookie = world.person("ann");
    let post = |name: &str| {
        let body = json!({ "name": name, "page_urls": ["https://e.com/a"] });
        world.send(ask("POST", TARGETS).by(&cookie).key("k").json(&body))
    };
    assert_eq!(post("").status, 422);
    assert_eq!(post("x").status, 201);
}

#[test]
fn requests_that_race_with_one_key_make_one_target() {
    let world = World::racing();
    let cookie = world.person("ann");
    let body = json!({ "name": "x", "page_urls": ["https://e.com/a"] });
    let posts = (0..3).map(|_| world.answer(ask("POST", TARGETS).by(&cookie).key("k").json(&body)));
    let answers = world.fixture.run(join_all(posts));
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.json), (201, &answers[0].json));
    }
    assert_eq!(watched(&world, "https://e.com/a").0, 1);
}

#[test]
fn channels_are_linked_and_unlinked_and_twice_is_once() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let channel = world.channel(&cookie, 42);
    for _ in 0..2 {
        let linked = links(&world, &cookie, "PUT", &target, &channel);
        assert_eq!((linked.status.as_u16(), &linked.json["channel_ids"]), (200, &json!([channel])));
        assert_eq!(watched(&world, "https://e.com/a").1[0].channels.len(), 1);
    }
    for _ in 0..2 {
        let unlinked = links(&world, &cookie, "DELETE", &target, &channel);
        assert_eq!((unlinked.status.as_u16(), &unlinked.json["channel_ids"]), (200, &json!([])));
        assert_eq!(watched(&world, "https://e.com/a").1[0].channels.len(), 0);
    }
    let gone = links(&world, &cookie, "PUT", &target, "0190b8a0-0000-7000-8000-000000000000");
    assert_eq!(gone.status, 404);
}

#[test]
fn a_disabled_target_changes_without_being_watched() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let channel = world.channel(&cookie, 42);
    world.send(ask("POST", format!("{}/disable", at(&target))).by(&cookie));
    links(&world, &cookie, "PUT", &target, &channel);
    patch(&world, &cookie, &target, &json!({ "page_urls": ["https://e.com/b"] }));
    assert_eq!(watched(&world, "https://e.com/b"), (0, vec![]));
    world.send(ask("POST", format!("{}/enable", at(&target))).by(&cookie));
    let (count, watchers) = watched(&world, "https://e.com/b");
    assert_eq!((count, watchers[0].channels.len()), (1, 1));
}
