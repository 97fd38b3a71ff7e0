use futures::future::join_all;
use serde_json::{Value, json};

use crate::scenarios::admin;
use crate::world::{Answer, World, ask};

const BOT: &str = "00000000-0000-7000-8000-00000000000b";
const BROADCASTS: &str = "/api/telegram/bots/00000000-0000-7000-8000-00000000000b/broadcasts";

fn create(world: &World, cookie: &str, slug: &str) -> Answer {
    let body = json!({ "name": "News", "slug": slug, "text": "News" });
    let made = world.send(ask("POST", BROADCASTS).by(cookie).json(&body));
    assert_eq!(made.status, 201, "{}", made.text);
    made
}

/// The slugs of all broadcasts, with their status.
fn listed(world: &World, cookie: &str) -> Vec<(String, String)> {
    let list = world.send(ask("GET", BROADCASTS).by(cookie));
    let items = list.json["items"].as_array().cloned().unwrap_or_default();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    items.iter().map(|it| (text(it, "slug"), text(it, "status"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn of_broadcasts_made_at_once_each_has_its_slug_and_one_is_sent_once() {
    let world = World::racing();
    let cookie = admin(&world);
    let body = json!({ "name": "News", "text": "News" });
    let asks = (0..4).map(|_| world.answer(ask("POST", BROADCASTS).by(&cookie).json(&body)));
    let made = world.fixture.run(join_all(asks));
    let mut slugs: Vec<_> = made.iter().map(|it| it.text("slug")).collect();
    slugs.sort();
    assert_eq!(slugs, ["news", "news-2", "news-3", "news-4"]);
    let send = format!("{BROADCASTS}/news/send");
    let asks = (0..4).map(|_| world.answer(ask("POST", &*send).by(&cookie)));
    let mut answered: Vec<_> =
        world.fixture.run(join_all(asks)).iter().map(|it| it.status.as_u16()).collect();
    answered.sort_unstable();
    assert_eq!(answered, [200, 409, 409, 409]);
}

#[test]
fn a_request_that_comes_again_makes_one_broadcast_and_one_copy() {
    let world = World::new();
    let cookie = admin(&world);
    let body = json!({ "name": "News", "text": "News" });
    for _ in 0..2 {
        let made = world.send(ask("POST", BROADCASTS).by(&cookie).key("a").json(&body));
        assert_eq!((made.status.as_u16(), made.text("slug")), (201, "news".to_owned()));
        let copy = format!("{BROADCASTS}/news/copy");
        let copy = world.send(ask("POST", copy).by(&cookie).key("b").json(&json!({})));
        assert_eq!((copy.status.as_u16(), copy.text("slug")), (201, "news-2".to_owned()));
    }
    let both = pairs(&[("news", "draft"), ("news-2", "draft")]);
    assert_eq!(listed(&world, &cookie), both);
}

#[test]
fn a_run_that_is_asked_for_twice_with_one_key_sends_one_copy() {
    let world = World::new();
    let cookie = admin(&world);
    create(&world, &cookie, "news");
    let task = json!({
        "name": "Weekly", "task": "send_broadcast", "enabled": false,
        "kwargs": { "bot": BOT, "broadcast": "news" },
        "schedule": { "interval": { "every": 7, "period": "days" } },
    });
    let made = world.send(ask("POST", "/api/scheduled-tasks").by(&cookie).json(&task));
    assert_eq!(made.status, 201, "{}", made.text);
    let run = |key: &str| {
        let path = "/api/scheduled-tasks/weekly/run";
        let run = world.send(ask("POST", path).by(&cookie).key(key));
        assert_eq!((run.status.as_u16(), run.text("status")), (202, "sent".to_owned()));
        run.text("broadcast")
    };
    let (first, again, other) = (run("a"), run("a"), run("b"));
    assert_eq!(first, again);
    let mut expected = vec![first, other];
    expected.sort();
    let copies: Vec<_> = listed(&world, &cookie)
        .into_iter()
        .filter(|(_, status)| status == "sending")
        .map(|(slug, _)| slug)
        .collect();
    assert_eq!(copies, expected, "one for each run");
}

#[test]
fn a_member_who_is_no_admin_reads_and_sends_nothing() {
    let world = World::new();
    let cookie = admin(&world);
    create(&world, &cookie, "news");
    let member = world.colleague(&cookie, "bob");
    for (method, path) in [("GET", ""), ("GET", "/news"), ("POST", "/news/send")] {
        let refused = world.send(ask(method, format!("{BROADCASTS}{path}")).by(&member));
        assert_eq!(refused.status, 403, "{method} {path}");
    }
    assert_eq!(listed(&world, &cookie), pairs(&[("news", "draft")]));
}
