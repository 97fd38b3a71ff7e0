use std::time::Duration;

use app::AppError;
use app::channel::{ConfirmChannel, Confirmed, confirm_channel};
use domain::channel::ChatLink;
use domain::engine::decision::SeenUpdate;
use domain::engine::{Job, Write};
use domain::ids::BotId;
use domain::message::Notice;
use futures::future::join;
use serde_json::{Value, json};
use table::keys;

use crate::world::{Answer, World, ask};

const CHANNELS: &str = "/api/notifications/channels";

fn register(world: &World, cookie: &str) -> Answer {
    let body = json!({ "channel_type": "TELEGRAM", "name": "Phone" });
    world.send(ask("POST", CHANNELS).by(cookie).json(&body))
}

fn telegram_link(world: &World, cookie: &str, target: &str) -> Answer {
    let path = format!("/api/public/targets/{target}/telegram-link");
    let answer = world.send(ask("POST", path).by(cookie));
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer
}

async fn shown(
    world: &World,
    token: &str,
    chat_id: i64,
    update_id: i64,
) -> Result<Confirmed, AppError> {
    let bot = BotId::default_bot();
    let seen = SeenUpdate { bot: bot.clone(), update_id, seen_at: world.app.env.now() };
    let extra_writes = vec![Write::Create(seen.into())];
    let command = ConfirmChannel { bot, chat_id, token: token.to_owned(), extra_writes };
    confirm_channel(&world.app, command).await
}

fn show(world: &World, token: &str, chat_id: i64, update_id: i64) -> Result<Confirmed, AppError> {
    world.fixture.run(shown(world, token, chat_id, update_id))
}

/// What the chat was told, in order.
fn told(world: &World) -> Vec<Notice> {
    let jobs = world.fixture.timers().into_iter().map(|timer| timer.job);
    jobs.flat_map(|job| match job {
        Job::Messages { notices, .. } => notices,
        _ => Vec::new(),
    })
    .collect()
}

fn get(world: &World, cookie: &str, path: &str) -> Value {
    world.send(ask("GET", path).by(cookie)).json
}

fn channel(world: &World, cookie: &str, id: &str) -> Value {
    get(world, cookie, &format!("{CHANNELS}/{id}"))
}

fn links(world: &World, chat_id: i64) -> usize {
    let chat = keys::chat(&BotId::default_bot(), chat_id);
    let links = world.app.table.query_all::<ChatLink>(&chat, keys::CHAT_LINKS);
    world.fixture.run(links).expect("readable").len()
}

#[test]
fn a_pending_channel_comes_with_its_link() {
    let world = World::new();
    let cookie = world.person("ann");
    let answer = register(&world, &cookie);
    assert_eq!(
        (answer.status.as_u16(), answer.text("status"), answer.text("name")),
        (201, "PENDING".into(), "Phone".into())
    );
    let token = answer.text("token");
    assert!(token.len() >= 22 && token.len() + "confirm_".len() <= 64);
    assert_eq!(answer.text("url"), format!("https://t.me/HoopoeBot?start=confirm_{token}"));
    let read = world.send(ask("GET", format!("{CHANNELS}/{}", answer.text("id"))).by(&cookie));
    assert!(!read.text.contains(&token), "it is shown once");
}

#[test]
fn the_chat_that_shows_the_token_is_the_channel() {
    let world = World::new();
    let cookie = world.person("ann");
    let made = register(&world, &cookie);
    let token = format!("confirm_{}", made.text("token"));
    assert!(matches!(show(&world, &token, 42, 1), Ok(Confirmed::Connected(_))));
    let confirmed = channel(&world, &cookie, &made.text("id"));
    assert_eq!(
        (&confirmed["status"], &confirmed["details"]["chat_id"]),
        (&json!("ACTIVE"), &json!(42))
    );
    assert_eq!(told(&world), [Notice::ChannelConnected { target_name: None }]);
    assert_eq!(links(&world, 42), 1);
}

#[test]
fn a_token_with_a_target_links_it_and_works_without_its_prefix() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a", "https://e.com/b"]);
    let link = telegram_link(&world, &cookie, &target);
    assert!(matches!(show(&world, &link.text("token"), 42, 1), Ok(Confirmed::Connected(_))));
    let path = format!("/api/public/targets/{target}");
    assert_eq!(get(&world, &cookie, &path)["channel_ids"], json!([link.text("channel_id")]));
    assert_eq!(told(&world), [Notice::ChannelConnected { target_name: Some("Shoes".to_owned()) }]);
}

#[test]
fn used_expired_unknown_and_void_tokens_get_one_and_the_same_answer() {
    let world = World::new();
    let cookie = world.person("ann");
    let used = register(&world, &cookie).text("token");
    let expired = register(&world, &cookie).text("token");
    let void = register(&world, &cookie);
    let removed = register(&world, &cookie);
    assert!(matches!(show(&world, &used, 42, 1), Ok(Confirmed::Connected(_))));
    let resent =
        world.send(ask("POST", format!("{CHANNELS}/{}/resend", void.text("id"))).by(&cookie));
    assert_eq!(resent.status, 200, "{}", resent.text);
    world.send(ask("DELETE", format!("{CHANNELS}/{}", removed.text("id"))).by(&cookie));
    for (n, token) in [
        (2, &*used),
        (3, "unknown"),
        (4, ""),
        (5, &void.text("token")),
        (6, &removed.text("token")),
    ] {
        assert_eq!(show(&world, token, 43, n), Ok(Confirmed::Unusable), "{n}");
    }
    assert!(matches!(show(&world, &resent.text("token"), 44, 7), Ok(Confirmed::Connected(_))));
    world.fixture.clock.pass(Duration::from_mins(15));
    assert_eq!(show(&world, &expired, 43, 8), Ok(Confirmed::Unusable));
    assert_eq!(links(&world, 43), 0);
    assert!(told(&world).iter().all(|notice| *notice == Notice::TokenUnusable));
}

#[test]
fn a_token_is_for_its_bot_alone() {
    let world = World::new();
    let token = register(&world, &world.person("ann")).text("token");
    let bot = BotId("other".to_owned());
    let command = ConfirmChannel { bot, chat_id: 42, token, extra_writes: Vec::new() };
    assert_eq!(world.fixture.run(confirm_channel(&world.app, command)), Ok(Confirmed::Unusable));
}

#[test]
fn an_update_that_comes_again_does_nothing_twice() {
    let world = World::new();
    let token = register(&world, &world.person("ann")).text("token");
    assert!(show(&world, &token, 42, 1).is_ok());
    assert_eq!(show(&world, &token, 42, 1), Err(AppError::Repeated));
    assert_eq!(show(&world, "unknown", 42, 1), Err(AppError::Repeated));
    assert_eq!(told(&world).len(), 1);
}

#[test]
fn a_token_that_two_chats_show_at_once_is_one_chats() {
    for _ in 0..5 {
        let world = World::racing();
        let token = register(&world, &world.person("ann")).text("token");
        let both = join(shown(&world, &token, 42, 1), shown(&world, &token, 43, 2));
        let both: [_; 2] = world.fixture.run(both).into();
        let connected = both.iter().filter(|it| matches!(it, Ok(Confirmed::Connected(_))));
        assert_eq!(connected.count(), 1, "{both:?}");
        assert!(both.contains(&Ok(Confirmed::Unusable)), "{both:?}");
        assert_eq!(links(&world, 42) + links(&world, 43), 1);
    }
}

#[test]
fn a_chat_that_is_linked_already_is_used_again() {
    let world = World::new();
    let cookie = world.person("ann");
    let existing = world.channel(&cookie, 42);
    let (one, two) =
        (world.target(&cookie, &["https://e.com/a"]), world.target(&cookie, &["https://e.com/b"]));
    let link = telegram_link(&world, &cookie, &one);
    let pending = link.text("channel_id");
    // The pending channel was linked to another target by hand.
    world.send(ask("PUT", format!("/api/public/targets/{two}/channels/{pending}")).by(&cookie));
    let confirmed = show(&world, &link.text("token"), 42, 1);
    assert_eq!(
        confirmed,
        existing.parse().map(Confirmed::AlreadyConnected).map_err(|_| AppError::Forbidden)
    );
    assert_eq!(channel(&world, &cookie, &pending)["status"], 404);
    for target in [one, two] {
        let target = get(&world, &cookie, &format!("/api/public/targets/{target}"));
        assert_eq!(target["channel_ids"], json!([existing]));
    }
    assert_eq!(links(&world, 42), 1);
    let plain = register(&world, &cookie).text("token");
    assert!(matches!(show(&world, &plain, 42, 2), Ok(Confirmed::AlreadyConnected(_))));
    assert!(told(&world).contains(&Notice::ChannelAlreadyConnected));
}

#[test]
fn two_tokens_that_one_chat_shows_at_once_make_one_channel() {
    let world = World::racing();
    let cookie = world.person("ann");
    let (one, two) =
        (register(&world, &cookie).text("token"), register(&world, &cookie).text("token"));
    let both = join(shown(&world, &one, 42, 1), shown(&world, &two, 42, 2));
    let (first, second) = world.fixture.run(both);
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(links(&world, 42), 1);
    let listed = get(&world, &cookie, CHANNELS);
    // The other one is the address of the sign-up.
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_pending_channel_of_many_targets_is_joined_in_steps() {
    let world = World::limited(|site| (site.free.targets, site.free.pages) = (20, 400));
    let cookie = world.person("ann");
    let existing = world.channel(&cookie, 42);
    let made = register(&world, &cookie);
    let urls: Vec<String> = (0..30).map(|n| format!("https://e.com/{n}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let targets: Vec<String> = (0..6).map(|_| world.target(&cookie, &urls)).collect();
    for target in &targets {
        let path = format!("/api/public/targets/{target}/channels/{}", made.text("id"));
        assert_eq!(world.send(ask("PUT", path).by(&cookie)).status, 200);
    }
    assert!(matches!(show(&world, &made.text("token"), 42, 1), Ok(Confirmed::AlreadyConnected(_))));
    for target in &targets {
        let target = get(&world, &cookie, &format!("/api/public/targets/{target}"));
        assert_eq!(target["channel_ids"], json!([existing]));
    }
    assert_eq!(told(&world).len(), 1);
}

#[test]
fn a_resent_link_still_leads_to_its_target() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let id = telegram_link(&world, &cookie, &target).text("channel_id");
    let resend = || world.send(ask("POST", format!("{CHANNELS}/{id}/resend")).by(&cookie));
    let token = resend().text("token");
    assert!(matches!(show(&world, &token, 42, 1), Ok(Confirmed::Connected(_))));
    let path = format!("/api/public/targets/{target}");
    assert_eq!(get(&world, &cookie, &path)["channel_ids"], json!([id]));
    assert_eq!(resend().code(), (409, "CHANNEL_NOT_PENDING".to_owned()));
}

#[test]
fn a_repeated_request_gets_a_new_link_for_the_same_channel() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let path = format!("/api/public/targets/{target}/telegram-link");
    let link = || world.send(ask("POST", &*path).by(&cookie).key("k"));
    let (first, again) = (link(), link());
    assert_eq!(first.text("channel_id"), again.text("channel_id"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_ne!(first.text("token"), again.text("token"));
    assert_eq!(show(&world, &first.text("token"), 42, 1), Ok(Confirmed::Unusable));
    assert!(matches!(show(&world, &again.text("token"), 42, 2), Ok(Confirmed::Connected(_))));
    assert_eq!(link().code(), (409, "CHANNEL_NOT_PENDING".to_owned()));
    let body = json!({ "channel_type": "TELEGRAM" });
    let post = || world.send(ask("POST", CHANNELS).by(&cookie).key("k2").json(&body));
    assert_eq!(post().text("id"), post().text("id"));
}

#[test]
fn a_target_that_is_gone_when_its_token_is_shown_does_not_matter() {
    let world = World::new();
    let cookie = world.person("ann");
    let target = world.target(&cookie, &["https://e.com/a"]);
    let link = telegram_link(&world, &cookie, &target);
    world.send(ask("DELETE", format!("/api/public/targets/{target}")).by(&cookie));
    assert!(matches!(show(&world, &link.text("token"), 42, 1), Ok(Confirmed::Connected(_))));
    assert_eq!(told(&world), [Notice::ChannelConnected { target_name: None }]);
}
