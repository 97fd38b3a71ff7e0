use std::time::Duration;

use domain::account::{Role, User};
use domain::engine::Job;
use futures::future::join_all;
use serde_json::{Value, json};
use table::keys;

use crate::world::{Answer, World, ask};

const TASKS: &str = "/api/scheduled-tasks";

fn at(slug: &str) -> String {
    format!("{TASKS}/{slug}")
}

/// A message to a chat every morning in Berlin.
fn morning(chat_id: i64) -> Value {
    json!({
        "name": "Good morning",
        "task": "send_telegram_message",
        "kwargs": { "text": "Rise and shine", "chat_id": chat_id },
        "schedule": { "crontab": { "minute": "0", "hour": "9", "timezone": "Europe/Berlin" } },
    })
}

fn post(world: &World, cookie: &str, body: &Value) -> Answer {
    world.send(ask("POST", TASKS).by(cookie).json(body))
}

/// Somebody with a connected chat, and their cookie.
fn connected(world: &World, name: &str, chat_id: i64) -> String {
    let cookie = world.person(name);
    world.channel(&cookie, chat_id);
    cookie
}

fn jobs(world: &World) -> Vec<Job> {
    world.fixture.timers().into_iter().map(|timer| timer.job).collect()
}

#[test]
fn a_task_is_scheduled_and_tells_its_next_five_runs() {
    let world = World::new();
    let cookie = connected(&world, "ann", 42);
    let made = post(&world, &cookie, &morning(42));
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (made.text("slug"), made.text("task")),
        ("good-morning".to_owned(), "send_telegram_message".to_owned())
    );
    // The world begins on 14 November 2023 at 22:13 UTC; Berlin is an hour ahead.
    let runs = [15, 16, 17, 18, 19].map(|day| format!("2023-11-{day}T08:00:00.000Z"));
    assert_eq!(made.json["next_runs"], json!(runs));
    assert_eq!(made.json["kwargs"], json!({ "text": "Rise and shine", "chat_id": 42 }));
    let got = world.send(ask("GET", at("good-morning")).by(&cookie));
    assert_eq!(got.json, made.json);
    let listed = world.send(ask("GET", TASKS).by(&cookie));
    assert_eq!(listed.json["items"], json!([made.json]));
    let slash = world.send(ask("GET", format!("{TASKS}/")).by(&cookie));
    assert_eq!(slash.json, listed.json);
}

#[test]
fn what_can_be_scheduled_is_listed_with_a_schema() {
    let world = World::new();
    let cookie = world.person("ann");
    for path in ["/api/available-tasks", "/api/available-tasks/"] {
        let answer = world.send(ask("GET", path).by(&cookie));
        let task = &answer.json["items"][0];
        assert_eq!(task["name"], "send_telegram_message");
        assert_eq!(task["aliases"], json!(["api.tasks.send_telegram_message_async"]));
        assert_eq!(task["kwargs_schema"]["required"], json!(["text"]));
        assert_eq!(task["kwargs_schema"]["additionalProperties"], false);
    }
}

#[test]
fn every_fault_is_named_at_once() {
    let world = World::new();
    let cookie = connected(&world, "ann", 42);
    assert_eq!(post(&world, &cookie, &json!({})).fields(), ["name", "schedule", "task"]);
    let answer = post(
        &world,
        &cookie,
        &json!({
            "name": "", "slug": "No Slug", "task": "send_telegram_message",
            "kwargs": { "text": "", "bot_name": 5, "chat_id": "x", "tone": "loud" },
            "schedule": { "crontab": { "minute": "60", "hour": "x", "timezone": "Mars/Base" } },
        }),
    );
    assert_eq!(answer.code().0, 422);
    assert_eq!(
        answer.fields(),
        [
            "name",
            "slug",
            "schedule.crontab.minute",
            "schedule.crontab.hour",
            "schedule.crontab.timezone",
            "kwargs.text",
            "kwargs.bot_name",
            "kwargs.chat_id",
            "kwargs.tone",
        ]
    );
    let mut often = morning(42);
    often["schedule"] = json!({ "interval": { "every": 59, "period": "seconds" } });
    assert_eq!(post(&world, &cookie, &often).fields(), ["schedule.interval.every"]);
    let mut unknown = morning(42);
    unknown["task"] = json!("send_pigeon");
    assert_eq!(post(&world, &cookie, &unknown).fields(), ["task"]);
    let listed = world.send(ask("GET", TASKS).by(&cookie));
    assert_eq!(listed.json["items"], json!([]), "nothing was half-written");
    assert!(jobs(&world).is_empty());
}

#[test]
fn the_platforms_bot_writes_to_the_companys_own_chats_only() {
    let world = World::new();
    let ann = connected(&world, "ann", 42);
    connected(&world, "bob", 43);
    for chat_id in [43, 44] {
        let refused = post(&world, &ann, &morning(chat_id));
        assert_eq!(refused.fields(), ["kwargs.chat_id"], "{chat_id}");
    }
    let mut nowhere = morning(42);
    nowhere["kwargs"] = json!({ "text": "x" });
    assert_eq!(post(&world, &ann, &nowhere).fields(), ["kwargs.chat_id"]);
    let mut strange = morning(42);
    strange["kwargs"]["bot_name"] = json!("nobody");
    assert_eq!(post(&world, &ann, &strange).fields(), ["kwargs.bot_name"]);
}

#[test]
fn slugs_are_the_companys_own_and_never_meet() {
    let world = World::new();
    let ann = connected(&world, "ann", 42);
    let bob = connected(&world, "bob", 43);
    assert_eq!(post(&world, &ann, &morning(42)).text("slug"), "good-morning");
    assert_eq!(post(&world, &ann, &morning(42)).text("slug"), "good-morning-2");
    assert_eq!(post(&world, &bob, &morning(43)).text("slug"), "good-morning");
    let mut asked = morning(42);
    asked["slug"] = json!("good-morning");
    let taken = post(&world, &ann, &asked);
    assert_eq!(
        (taken.code(), taken.fields()),
        ((409, "TAKEN".to_owned()), vec!["slug".to_owned()])
    );
    for reserved in ["link_x", "confirm_1", "invite_"] {
        asked["slug"] = json!(reserved);
        assert_eq!(post(&world, &ann, &asked).fields(), ["slug"]);
    }
}

#[test]
fn who_races_gets_slugs_of_their_own() {
    let world = World::racing();
    let cookie = connected(&world, "ann", 42);
    let body = morning(42);
    let posts = (0..4).map(|_| world.answer(ask("POST", TASKS).by(&cookie).json(&body)));
    let answers = world.fixture.run(join_all(posts));
    let mut slugs: Vec<String> = answers.iter().map(|it| it.text("slug")).collect();
    slugs.sort();
    assert_eq!(slugs, ["good-morning", "good-morning-2", "good-morning-3", "good-morning-4"]);
}

#[test]
fn a_task_is_changed_toggled_and_removed() {
    let world = World::new();
    let cookie = connected(&world, "ann", 42);
    let mut body = morning(42);
    body["schedule"] = json!({ "interval": { "every": 5, "period": "minutes" } });
    let slug = post(&world, &cookie, &body).text("slug");
    assert_eq!(jobs(&world).len(), 1);
    let patch = |body: &Value| world.send(ask("PATCH", at(&slug)).by(&cookie).json(body));
    let renamed = patch(&json!({ "name": "Hello", "kwargs": { "text": "Hi", "chat_id": "42" } }));
    assert_eq!(
        (renamed.text("name"), &renamed.json["kwargs"]["chat_id"]),
        ("Hello".to_owned(), &json!(42))
    );
    assert_eq!(patch(&json!({ "kwargs": { "text": "" } })).fields(), ["kwargs.text"]);
    assert_eq!(patch(&json!({ "slug": "other" })).fields(), ["slug"]);
    let toggle = |body: &Value| {
        world.send(ask("POST", format!("{}/toggle", at(&slug))).by(&cookie).json(body))
    };
    let off = toggle(&json!({}));
    assert_eq!((&off.json["enabled"], &off.json["next_runs"]), (&json!(false), &json!([])));
    assert!(jobs(&world).is_empty(), "its timer went with it");
    assert_eq!(toggle(&json!({ "enabled": false })).json["enabled"], false);
    assert_eq!(toggle(&json!({})).json["enabled"], true);
    assert_eq!(jobs(&world).len(), 1);
    assert_eq!(world.send(ask("DELETE", at(&slug)).by(&cookie)).status, 204);
    assert!(jobs(&world).is_empty());
    assert_eq!(world.send(ask("DELETE", at(&slug)).by(&cookie)).status, 404);
}

#[test]
fn a_run_by_hand_is_listed_even_of_a_task_that_is_off() {
    let world = World::new();
    let cookie = connected(&world, "ann", 42);
    let mut body = morning(42);
    body["enabled"] = json!(false);
    let slug = post(&world, &cookie, &body).text("slug");
    let run = |key: &str| {
        world.send(ask("POST", format!("{}/run", at(&slug))).by(&cookie).key(key).json(&json!({})))
    };
    let first = run("a");
    assert_eq!((first.status.as_u16(), first.text("status")), (202, "running".to_owned()));
    assert_eq!(first.text("trigger"), "manual");
    assert_eq!(run("a").json, first.json, "the same key is the same run");
    world.fixture.clock.pass(Duration::from_secs(1));
    let second = run("b");
    let runs = world.send(ask("GET", format!("{}/runs", at(&slug))).by(&cookie));
    assert_eq!(runs.json["items"], json!([second.json, first.json]), "the latest first");
    let page = world.send(ask("GET", format!("{}/runs?limit=1", at(&slug))).by(&cookie));
    let next = page.text("next_cursor");
    let page =
        world.send(ask("GET", format!("{}/runs?limit=1&cursor={next}", at(&slug))).by(&cookie));
    assert_eq!(page.json["items"], json!([first.json]));
    assert_eq!(jobs(&world).len(), 2);
}

#[test]
fn what_cannot_be_said_any_more_is_a_failed_run() {
    let world = World::new();
    let cookie = world.person("ann");
    let channel = world.channel(&cookie, 42);
    let slug = post(&world, &cookie, &morning(42)).text("slug");
    let gone = ask("DELETE", format!("/api/notifications/channels/{channel}")).by(&cookie);
    assert_eq!(world.send(gone).status, 204);
    let run = world.send(ask("POST", format!("{}/run", at(&slug))).by(&cookie));
    assert_eq!((run.status.as_u16(), run.text("status")), (202, "failed".to_owned()));
    assert!(run.text("reason").contains("connected"), "{}", run.text);
}

#[test]
fn tasks_are_for_admins_and_other_companies_do_not_see_them() {
    let world = World::new();
    let ann = connected(&world, "ann", 42);
    let bob = world.person("bob");
    let slug = post(&world, &ann, &morning(42)).text("slug");
    let me = world.send(ask("GET", "/api/public/auth/me").by(&bob));
    let id = me.text("id").parse().expect("an id");
    let requests = [
        ("GET", "/api/available-tasks".to_owned()),
        ("GET", TASKS.to_owned()),
        ("POST", TASKS.to_owned()),
        ("GET", at(&slug)),
        ("PATCH", at(&slug)),
        ("DELETE", at(&slug)),
        ("POST", format!("{}/run", at(&slug))),
        ("POST", format!("{}/toggle", at(&slug))),
        ("GET", format!("{}/runs", at(&slug))),
    ];
    for (method, path) in &requests {
        assert_eq!(world.send(ask(method, &**path)).status, 401, "{method} {path}");
        if path.contains(&slug) {
            let answer = world.send(ask(method, &**path).by(&bob));
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    let user: User = world.fixture.get(&keys::user(id)).expect("bob");
    world.fixture.put([User { role: Role::Member, ..user }.into()]);
    for (method, path) in &requests {
        let answer = world.send(ask(method, &**path).by(&bob));
        assert_eq!(answer.code(), (403, "ADMIN_NEEDED".to_owned()), "{method} {path}");
    }
    assert_eq!(world.send(ask("GET", at("%FF%FE")).by(&ann)).status, 404);
}
