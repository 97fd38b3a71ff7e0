use std::time::Duration;

use app::engine::{Incoming, run_batch};
use domain::account::{ApiKey, Company, CompanyApiKey, Member, NameClaim, SecretHash, Session};
use domain::bot::{Bot, BotSlug};
use domain::channel::{Channel, ChatLink};
use domain::contact::Contact;
use domain::engine::Record;
use domain::ids::BotId;
use domain::payment::{ContactOrder, Order, OrderNumber};
use domain::scenario::{BotScenarios, Scenario, Step};
use domain::slug::Slug;
use domain::time::Timestamp;
use domain::watch::{Page, Watcher};
use serde_json::json;

use crate::world::{Answer, World, ask, log_in, sign_up};

const ME: &str = "/api/public/auth/me";
const PAGE: &str = "https://shop.example/a";

fn delete(world: &World, cookie: &str, password: &str) -> Answer {
    world.send(ask("DELETE", ME).by(cookie).json(&json!({ "password": password })))
}

/// Runs the jobs that are due within this time.
pub(crate) fn run_jobs(world: &World, within: Duration) {
    for _ in 0..50 {
        let until = world.app.env.now() + within;
        let due = world.fixture.timers().into_iter().filter(|timer| timer.due <= until);
        let hints: Vec<Incoming> =
            due.map(|timer| Incoming { timer: timer.key, receives: 1 }).collect();
        if hints.is_empty() {
            return;
        }
        let deadline = world.app.env.now() + Duration::from_secs(28);
        world.fixture.run(run_batch(&world.app, &hints, deadline));
    }
    panic!("the jobs never end");
}

/// Everything of one kind that the table has.
fn all<T: table::items::Item>(world: &World) -> Vec<T> {
    world.fixture.run(world.app.table.scan()).expect("readable")
}

#[test]
fn a_deleted_account_is_out_at_once_and_its_names_are_free() {
    let world = World::new();
    let cookie = world.person("ann");
    let second = world.send(log_in("ann", "correct horse")).cookie();
    let gone = delete(&world, &cookie, "correct horse");
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    for cookie in [&cookie, &second] {
        assert_eq!(world.send(ask("GET", ME).by(cookie)).status, 401);
    }
    assert_eq!(world.send(log_in("ann", "correct horse")).status, 401);
    assert_eq!(world.send(sign_up("ANN")).status, 201);
}

#[test]
fn without_the_password_nothing_is_deleted() {
    let world = World::new();
    let cookie = world.person("ann");
    let wrong = delete(&world, &cookie, "wrong horse");
    assert_eq!((wrong.status.as_u16(), wrong.fields()), (422, vec!["password".to_owned()]));
    let missing = world.send(ask("DELETE", ME).by(&cookie).json(&json!({})));
    assert_eq!((missing.status.as_u16(), missing.fields()), (422, vec!["password".to_owned()]));
    assert_eq!(world.send(ask("GET", ME).by(&cookie)).status, 200);
    assert!(world.fixture.timers().is_empty());
}

#[test]
fn guesses_at_the_password_are_limited() {
    let world = World::limited(|site| site.attempts.logins_per_account = 2);
    let cookie = world.person("ann");
    for status in [422, 422, 429] {
        assert_eq!(delete(&world, &cookie, "a guess").status, status);
    }
}

#[test]
fn everything_of_a_deleted_account_goes_and_nothing_of_anybody_elses() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let mut kept = Vec::new();
    for (who, chat) in [(&ann, 41), (&bob, 42)] {
        let target = world.target(who, &[PAGE]);
        let channel = world.channel(who, chat);
        let link = format!("/api/public/targets/{target}/channels/{channel}");
        assert_eq!(world.send(ask("PUT", link).by(who)).status, 200);
        world.send(log_in("ann", "correct horse"));
        let key = json!({ "name": "CRM", "scopes": ["events"] });
        let key = world.send(ask("POST", "/api/public/company/api-keys").by(who).json(&key));
        kept.push(SecretHash::of(&key.text("key")));
    }
    let id = world.user_of(&ann).id;
    assert_eq!(delete(&world, &ann, "correct horse").status, 204);
    run_jobs(&world, Duration::from_secs(1));
    let (channels, links) = (all::<Channel>(&world), all::<ChatLink>(&world));
    assert!(channels.iter().all(|it| it.user_id != id) && channels.len() == 2);
    assert!(links.iter().all(|it| it.user_id != id) && links.len() == 1);
    assert!(all::<Watcher>(&world).iter().all(|it| it.user_id != id));
    let pages: Vec<u32> = all::<Page>(&world).iter().map(|it| it.active_targets).collect();
    assert_eq!(pages, [1], "the page is bob's alone");
    let keys: Vec<SecretHash> = all::<ApiKey>(&world).into_iter().map(|it| it.hash).collect();
    assert_eq!(keys, kept[1..]);
    assert!(all::<Session>(&world).iter().all(|it| it.user_id != id));
    assert!(all::<NameClaim>(&world).iter().all(|it| it.user_id != id));
    let counts = (all::<Company>(&world).len(), all::<Member>(&world).len());
    assert_eq!((counts, all::<CompanyApiKey>(&world).len()), ((1, 1), 1));
    assert_eq!(world.send(ask("GET", "/api/public/targets").by(&bob)).status, 200);
}

#[test]
fn a_companys_bot_takes_its_scenarios_and_its_contacts_along() {
    let world = World::new();
    let ann = crate::scenarios::admin(&world);
    crate::scenarios::create(&world, &ann, "Course");
    let bot = all::<Bot>(&world).remove(0);
    let (company_id, slug) = (bot.company_id, bot.slug.clone());
    world.fixture.put([BotSlug { company_id, slug, bot: bot.id.clone() }.into()]);
    let step = json!({ "text": "Hello", "timing": { "hours": 0 } });
    let steps = format!("/api/telegram/bots/{}/scenarios/course/steps", bot.id);
    assert_eq!(world.send(ask("POST", &steps).by(&ann).json(&step)).status, 201);
    let now = world.app.env.now();
    let contacts = (1..=20).map(|chat| Contact::new(bot.id.clone(), chat, now).into());
    world.fixture.put(contacts);
    let orders = (1..=30_u8).flat_map(|n| orders(&bot.id, n));
    world.fixture.put(orders);
    assert_eq!(delete(&world, &ann, "correct horse").status, 204);
    run_jobs(&world, Duration::from_secs(1));
    assert_eq!(all::<Bot>(&world), []);
    assert_eq!((all::<Scenario>(&world), all::<Step>(&world)), (Vec::new(), Vec::new()));
    assert_eq!((all::<BotScenarios>(&world), all::<Contact>(&world)), (Vec::new(), Vec::new()));
    assert_eq!((all::<Order>(&world), all::<ContactOrder>(&world)), (Vec::new(), Vec::new()));
}

/// Two orders of a contact's, and what names them in their chat.
fn orders(bot: &BotId, n: u8) -> [Record; 3] {
    let (chat_id, scenario) = (i64::from(n), Slug::parse("course").expect("a slug"));
    let order = |last: u8| {
        let number = OrderNumber::from_random([n; 16].map(|it| it ^ last));
        let whose = (bot.clone(), chat_id, scenario.clone());
        Order::new(number, whose, ("Course".to_owned(), 1_500.into()), Timestamp::default())
    };
    let (first, last) = (order(0), order(0x80));
    let names = ContactOrder::first(bot.clone(), chat_id, scenario.clone(), first.number.clone());
    [names.with(last.number.clone(), true).into(), first.into(), last.into()]
}

#[test]
fn what_a_late_request_writes_goes_with_the_second_look() {
    let world = World::new();
    let ann = world.person("ann");
    let user = world.user_of(&ann);
    assert_eq!(delete(&world, &ann, "correct horse").status, 204);
    run_jobs(&world, Duration::from_secs(1));
    // A channel that was on its way when the account went.
    let channel = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": 7 } });
    let bob = world.person("bob");
    world.send(ask("POST", "/api/notifications/channels").by(&bob).json(&channel));
    let theirs = all::<Channel>(&world).remove(0);
    world.fixture.put([Channel { user_id: user.id, ..theirs }.into()]);
    world.fixture.clock.pass(Duration::from_mins(2));
    run_jobs(&world, Duration::from_secs(1));
    assert!(world.fixture.timers().is_empty(), "nothing is left to do");
    assert!(all::<Channel>(&world).iter().all(|it| it.user_id != user.id));
}

#[test]
fn the_last_admin_stays_while_others_belong_to_the_company() {
    let world = World::new();
    let ann = world.person("ann");
    let bob = world.colleague(&ann, "bob");
    assert_eq!(delete(&world, &ann, "correct horse").code(), (409, "LAST_ADMIN".to_owned()));
    assert_eq!(delete(&world, &bob, "correct horse").status, 204);
    let members = world.send(ask("GET", "/api/public/company/members").by(&ann));
    assert_eq!(members.json["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(delete(&world, &ann, "correct horse").status, 204);
}
