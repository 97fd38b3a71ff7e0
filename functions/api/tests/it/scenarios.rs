use domain::account::SecretHash;
use domain::bot::{Bot, BotStatus};
use domain::button::{ButtonSet, Buttons};
use domain::ids::BotId;
use domain::scenario::{BotScenarios, MAX_CONTENT, Scenario, Step};
use domain::seal::Sealed;
use domain::slug::Slug;
use futures::future::{join, join_all};
use serde_json::{Value, json};
use table::keys;

use crate::world::{Answer, World, ask};

const BOT: &str = "00000000-0000-7000-8000-00000000000b";

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn bot() -> BotId {
    BotId(BOT.to_owned())
}

fn at(path: &str) -> String {
    format!("/api/telegram/bots/{BOT}/{path}")
}

/// An admin whose company has a bot.
pub(crate) fn admin(world: &World) -> String {
    let cookie = world.person("ann");
    let bot = Bot {
        id: bot(),
        company_id: world.user_of(&cookie).company_id,
        slug: slug("course"),
        telegram_id: 7_000_000_002,
        username: "course_bot".to_owned(),
        secrets: Sealed::new("sealed"),
        webhook_secret: SecretHash::of("secret"),
        form: None,
        earlier_forms: Vec::new(),
        form_revision: 0,
        status: BotStatus::Active,
        default_chat: None,
        created_at: world.app.env.now(),
        version: 0,
    };
    world.fixture.put([bot.into()]);
    cookie
}

fn send(world: &World, cookie: &str, method: &str, path: &str, body: &Value) -> Answer {
    world.send(ask(method, at(path)).by(cookie).json(body))
}

pub(crate) fn create(world: &World, cookie: &str, name: &str) {
    let made = send(world, cookie, "POST", "scenarios", &json!({ "name": name }));
    assert_eq!(made.status, 201, "{}", made.text);
}

fn set() -> Value {
    let button = json!({ "type": "callback", "text": "Yes", "callback_data": "accept" });
    json!({ "rows": [{ "buttons": [button] }] })
}

#[test]
fn of_scenarios_made_at_once_each_has_its_slug_and_one_is_the_default() {
    let world = World::racing();
    let cookie = admin(&world);
    let body = json!({ "name": "Course" });
    let asks = (0..4).map(|_| world.answer(ask("POST", at("scenarios")).by(&cookie).json(&body)));
    let made = world.fixture.run(join_all(asks));
    let mut slugs: Vec<_> = made.iter().map(|it| it.text("slug")).collect();
    slugs.sort();
    assert_eq!(slugs, ["course", "course-2", "course-3", "course-4"]);
    assert_eq!(made.iter().filter(|it| it.json["is_default"] == true).count(), 1);
    let settings: BotScenarios = world.fixture.get(&keys::bot_scenarios(&bot())).expect("there");
    let default = made.iter().find(|it| it.json["is_default"] == true).map(|it| it.text("slug"));
    assert_eq!(settings.default_scenario.map(|it| it.to_string()), default);
}

#[test]
fn of_steps_added_at_once_none_is_lost() {
    let world = World::racing();
    let cookie = admin(&world);
    create(&world, &cookie, "Course");
    let body = json!({ "text": "Hello", "timing": {} });
    let path = at("scenarios/course/steps");
    let asks = (0..4).map(|_| world.answer(ask("POST", &path).by(&cookie).json(&body)));
    for added in world.fixture.run(join_all(asks)) {
        assert_eq!(added.status, 201, "{}", added.text);
    }
    let scenario: Scenario =
        world.fixture.get(&keys::scenario(&bot(), &slug("course"))).expect("there");
    let steps: Vec<_> = scenario.outline.steps().map(|(step, _)| step.clone()).collect();
    assert_eq!(steps.len(), 4);
    for step in steps {
        let found = world.fixture.get::<Step>(&keys::step(&bot(), &slug("course"), &step));
        assert!(found.is_some(), "{step} has its text");
    }
}

/// Whoever comes second sees what the first has done, in whichever order the two come.
#[test]
fn a_set_is_not_deleted_under_a_step_that_is_saved_with_it() {
    let mut ends = std::collections::BTreeSet::new();
    for turn in 0..2 {
        let world = World::racing();
        let cookie = admin(&world);
        create(&world, &cookie, "Course");
        send(&world, &cookie, "PUT", "button-sets/pay", &set());
        let body = json!({ "text": "Pay", "timing": {}, "buttons": { "button_set_ref": "pay" } });
        let add = world.answer(ask("POST", at("scenarios/course/steps")).by(&cookie).json(&body));
        let delete = world.answer(ask("DELETE", at("button-sets/pay")).by(&cookie));
        let (added, deleted) = world.fixture.run(async {
            if turn == 0 {
                join(add, delete).await
            } else {
                let (deleted, added) = join(delete, add).await;
                (added, deleted)
            }
        });
        let set = world.fixture.get::<ButtonSet>(&keys::button_set(&bot(), &slug("pay")));
        let step = world.fixture.get::<Step>(&keys::step(&bot(), &slug("course"), &slug("msg_1")));
        let refers = step.and_then(|it| it.content.buttons);
        assert_eq!(
            set.is_some(),
            matches!(refers, Some(Buttons::Set { .. })),
            "{} {}",
            added.text,
            deleted.text
        );
        ends.insert((added.status.as_u16(), deleted.status.as_u16()));
    }
    assert!(ends.is_subset(&[(201, 409), (422, 204)].into()), "{ends:?}");
}

#[test]
fn a_message_too_long_for_its_item_is_refused_as_a_fault() {
    let world = World::new();
    let cookie = admin(&world);
    create(&world, &cookie, "Course");
    let long = format!("https://a.example/{}", "x".repeat(2_000));
    let buttons = vec![json!({ "type": "url", "text": "Go", "url": long }); 8];
    let rows = |count: usize| json!({ "rows": vec![json!({ "buttons": buttons }); count] });
    let step = |count| json!({ "text": "x", "timing": {}, "buttons": rows(count) });
    let path = "scenarios/course/steps";
    assert_eq!(send(&world, &cookie, "POST", path, &step(2)).status, 201);
    let refused = send(&world, &cookie, "POST", path, &step(4));
    assert_eq!((refused.code().0, refused.fields()), (422, vec!["buttons".to_owned()]));
    let refused = send(&world, &cookie, "PUT", "button-sets/long", &rows(4));
    assert_eq!((refused.code().0, refused.fields()), (422, vec!["rows".to_owned()]));
    // The longest contents that a scenario can have.
    let whole = json!({ "text": "x", "buttons": rows(MAX_CONTENT / 8 / 2_100) });
    let both = json!({ "summary": whole, "name": "x".repeat(200) });
    let changed = send(&world, &cookie, "PATCH", "scenarios/course", &both);
    assert_eq!(changed.status, 200, "{}", changed.text);
}

#[test]
fn requests_about_what_is_not_there_say_what_is_not() {
    let world = World::new();
    let cookie = admin(&world);
    create(&world, &cookie, "Course");
    for (path, code) in [
        ("scenarios/nobody", "SCENARIO_NOT_FOUND"),
        ("scenarios/No%20Slug", "SCENARIO_NOT_FOUND"),
        ("scenarios/nobody/steps", "SCENARIO_NOT_FOUND"),
        ("scenarios/course/steps/nobody", "MESSAGE_NOT_FOUND"),
        ("scenarios/course/steps/No%20Slug", "MESSAGE_NOT_FOUND"),
        ("button-sets/nobody", "NOT_FOUND"),
        ("button-sets/No%20Slug", "NOT_FOUND"),
    ] {
        let answer = world.send(ask("GET", at(path)).by(&cookie));
        assert_eq!(answer.code(), (404, code.to_owned()), "{path}");
    }
    let part = json!({ "scenario": "course", "part": "summary" });
    let missing = send(&world, &cookie, "POST", "preview", &part);
    assert_eq!(missing.code(), (404, "MESSAGE_NOT_FOUND".to_owned()));
    let moved = json!({ "after": "nobody" });
    send(&world, &cookie, "POST", "scenarios/course/steps", &json!({ "text": "x", "timing": {} }));
    let refused = send(&world, &cookie, "POST", "scenarios/course/steps/msg_1/move", &moved);
    assert_eq!((refused.code().0, refused.fields()), (422, vec!["after".to_owned()]));
}
