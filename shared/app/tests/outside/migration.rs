//! Files that become a bot's scenarios and contacts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::AppError;
use app::migration::{Applied, FormTaken, Mode, Progress, Stage, export, import, import_form};
use app::payment::NewForm;
use domain::bot::Bot;
use domain::contact::Contact;
use domain::engine::{Job, Write};
use domain::ids::BotId;
use domain::migration::{Files, Migration, ProductSettings, Setup, read, write};
use domain::payment::{KeptWord, Outcome, WordKind};
use domain::scenario::{BotScenarios, Scenario, Spot};
use domain::seal::Sealed;
use domain::slug::Slug;
use domain::time::Timestamp;
use fixture::Fixture;
use runtime::objects::Memory;
use runtime::seal::{LocalKey, Sealer};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use table::keys;

use crate::tokens::companys_bot;

const HOUR: Duration = Duration::from_hours(1);

fn bot() -> BotId {
    BotId::default_bot()
}

fn course() -> Slug {
    Slug::parse("default").expect("a slug")
}

/// A bot of one scenario: chats 1 to 3 are overdue, in the order 3, 1, 2; chat 4 is not, chat 5 has paid.
fn files(now: Timestamp) -> Files {
    let messages = json!({
        "messages_list": ["one", "two", "three"],
        "messages": { "one": {}, "two": { "timing": [1, 0] }, "three": { "timing": [1, 0] } },
    });
    let user = |left: &[&str]| {
        json!({ "user_name": "olya", "reg_time": "2024-01-15T10:00:00Z", "is_messaging": true,
            "messages_list": left })
    };
    let mut users: Value = (1..=5).map(|n: i64| (n.to_string(), user(&["three", "two"]))).collect();
    users["5"]["payment_date"] = json!("2024-02-01T10:00:00Z");
    let schedule = json!({
        "1": (now - HOUR).rfc3339(),
        "2": (now - HOUR / 2).rfc3339(),
        "3": (now - HOUR * 2).rfc3339(),
        "4": (now + HOUR / 12).rfc3339(),
        "5": (now - HOUR).rfc3339(),
    });
    let json = [("messages", messages), ("users", users), ("schedule_backup", schedule)];
    let json = json.map(|(name, value)| (format!("{name}.json"), value.to_string().into_bytes()));
    let texts = ["one", "two", "three"];
    let texts = texts.map(|name| (format!("messages/{name}.md"), name.as_bytes().to_vec()));
    let picture = ("assets/images/one.PNG".to_owned(), b"\x89PNG".to_vec());
    json.into_iter().chain(texts).chain([picture]).collect()
}

struct World {
    fixture: Fixture,
    objects: Memory,
    migration: Migration,
}

impl World {
    fn new() -> Self {
        let fixture = Fixture::new();
        let migration = read_files(&files(fixture.app.env.now()), fixture.app.env.now());
        Self { fixture, objects: Memory::default(), migration }
    }

    /// The same with a key to seal with.
    fn sealing() -> Self {
        let mut world = Self::new();
        let env = world.fixture.app.env.clone();
        let key = LocalKey::parse(&env.secret(), env.clone()).expect("a key");
        let sealer = Sealer::new(Arc::new(key), env);
        world.fixture.app = world.fixture.app.clone().sealing(sealer);
        world
    }

    fn import(&self, mode: Mode) -> Applied {
        let (bot, mut nobody) = (bot(), |_| {});
        let work =
            import(&self.fixture.app, &bot, &self.migration, (&self.objects, mode), &mut nobody);
        self.fixture.run(work).expect("imported")
    }

    fn contact(&self, chat: i64) -> Contact {
        self.fixture.get(&keys::contact(&bot(), chat)).expect("a contact")
    }

    fn all(&self) -> Files {
        let collected =
            self.fixture.run(export(&self.fixture.app, &bot(), &self.objects, &mut |_| {}));
        let collected = collected.expect("exported");
        assert_eq!(collected.missing, [""; 0]);
        write(&collected.migration)
    }
}

fn read_files(files: &Files, now: Timestamp) -> Migration {
    let (bot, product) = (bot(), ProductSettings::default());
    let (migration, report) = read(files, &Setup { bot: &bot, now, product: &product });
    assert_eq!(report.errors, []);
    migration
}

#[test]
fn a_dry_run_says_what_an_import_does_and_writes_nothing() {
    let world = World::new();
    let dry = world.import(Mode::DryRun);
    assert!(world.fixture.timers().is_empty());
    assert_eq!(world.fixture.get::<Scenario>(&keys::scenario(&bot(), &course())), None);
    assert!(world.objects.is_empty());
    let applied = world.import(Mode::Apply);
    assert_eq!(applied, dry);
    let expected = Applied {
        scenarios: 1,
        steps: 3,
        button_sets: 1,
        photos: 1,
        contacts_made: 5,
        timers: 4,
        overdue: 3,
        ..Applied::default()
    };
    assert_eq!(applied, expected);
}

#[test]
fn overdue_messages_are_due_one_after_the_other_in_their_old_order() {
    let world = World::new();
    world.import(Mode::Apply);
    let timers = world.fixture.timers();
    let chats: Vec<_> = timers
        .iter()
        .map(|timer| match &timer.job {
            Job::ScenarioStep { chat_id, scenario, .. } if *scenario == course() => *chat_id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(chats, [3, 1, 2, 4]);
    let due: BTreeSet<_> = timers.iter().map(|timer| timer.due).collect();
    assert_eq!(due.len(), 4, "no two at once: {due:?}");
    for timer in timers {
        let Job::ScenarioStep { chat_id, .. } = &timer.job else { panic!("{timer:?}") };
        let contact = world.contact(*chat_id);
        let next = contact.next.expect("a next step");
        assert_eq!((next.job, next.due), (timer.key.id, timer.due), "{chat_id}");
    }
    assert_eq!(world.contact(5).next, None, "who has paid gets no more");
}

#[test]
fn an_import_that_is_done_twice_changes_nothing() {
    let world = World::new();
    world.import(Mode::Apply);
    let next = |world: &World| (1..=5).map(|chat| world.contact(chat).next).collect::<Vec<_>>();
    let (before, timers) = (world.all(), next(&world));
    world.fixture.clock.pass(HOUR / 60);
    let again = world.import(Mode::Apply);
    let expected = Applied { contacts_unchanged: 5, ..Applied::default() };
    assert_eq!(again, expected);
    assert_eq!(world.all(), before);
    assert_eq!(next(&world), timers);
}

#[test]
fn an_import_that_was_cut_off_goes_on() {
    let whole = World::new();
    whole.import(Mode::Apply);
    let mut cut = World::new();
    let contacts = cut.migration.contacts.clone();
    cut.migration.contacts.retain(|chat, _| *chat % 2 == 0);
    cut.import(Mode::Apply);
    cut.migration.contacts = contacts;
    let rest = cut.import(Mode::Apply);
    assert_eq!((rest.contacts_made, rest.contacts_unchanged, rest.scenarios), (3, 2, 0));
    let users = |world: &World| world.all()["users.json"].clone();
    assert_eq!(users(&cut), users(&whole));
}

#[test]
fn a_contact_who_is_further_along_here_is_not_set_back() {
    let world = World::new();
    world.import(Mode::Apply);
    let mut contact = world.contact(4);
    let run = contact.runs.get_mut(&course()).expect("a run");
    run.received.insert(1);
    run.position = Some(1);
    run.payment_date = Some(world.fixture.app.env.now());
    world.fixture.write([Write::Replace(contact.into())]);
    let before = world.contact(4);
    assert_eq!(world.import(Mode::Apply).contacts_unchanged, 5);
    assert_eq!(world.contact(4), before);
}

#[test]
fn a_scenario_that_was_edited_here_stays_and_its_contacts_get_what_they_had_ahead() {
    let mut world = World::new();
    let contacts = std::mem::take(&mut world.migration.contacts);
    world.import(Mode::Apply);
    let key = keys::scenario(&bot(), &course());
    let mut scenario: Scenario = world.fixture.get(&key).expect("a scenario");
    let (one, two) = (Slug::parse("one").expect("a slug"), Slug::parse("two").expect("a slug"));
    scenario.outline.move_to(&two, &Spot::End).expect("it moves");
    scenario.outline.delete(&one).expect("it goes");
    world.fixture.write([Write::Replace(scenario.clone().into())]);
    world.migration.contacts = contacts;
    let applied = world.import(Mode::Apply);
    assert_eq!(applied.kept, ["scenario default"]);
    let next =
        scenario.outline.next(&world.contact(4).run(&course())).map(|it| it.step.to_string());
    assert_eq!(next.as_deref(), Some("three"));
    let due = world.contact(4).next.map(|it| it.due);
    assert_eq!(due, Some(world.fixture.app.env.now() + HOUR / 12));
}

#[test]
fn a_scenario_that_was_deleted_here_is_not_brought_back_and_nobody_goes_on_with_it() {
    let world = World::new();
    let retired = [course()].into();
    world.fixture.put([BotScenarios { retired, ..BotScenarios::new(bot()) }.into()]);
    let dry = world.import(Mode::DryRun);
    assert_eq!((dry.scenarios, dry.steps, dry.timers, dry.contacts_made), (0, 0, 0, 5));
    assert_eq!(dry.deleted, ["default"]);
    assert_eq!(world.import(Mode::Apply), dry);
    assert_eq!(world.fixture.get::<Scenario>(&keys::scenario(&bot(), &course())), None);
    let settings: Option<BotScenarios> = world.fixture.get(&keys::bot_scenarios(&bot()));
    assert_eq!(settings.and_then(|it| it.default_scenario), None);
    assert!(world.contact(4).runs.is_empty() && world.fixture.timers().is_empty());
    let again = world.import(Mode::Apply);
    assert_eq!((again.contacts_unchanged, again.deleted), (5, dry.deleted));
}

#[test]
fn what_is_exported_and_imported_by_another_bot_is_exported_the_same() {
    let mut world = World::new();
    world.migration.timezone = Some("Europe/Moscow".to_owned());
    world.migration.forward_replies = Some(false);
    world.import(Mode::Apply);
    let first = world.all();
    let globals = String::from_utf8_lossy(&first["templates/bot_globals.json"]);
    assert!(globals.contains("Europe/Moscow") && globals.contains("forward_replies"), "{globals}");
    let now = world.fixture.app.env.now();
    let other = World { migration: read_files(&first, now), ..World::new() };
    other.import(Mode::Apply);
    assert_eq!(other.all(), first);
    assert!(first.contains_key("scenarios/default/photos/one_1.png"));
}

#[test]
fn what_was_said_of_a_payment_is_kept_sealed_and_once() {
    let mut world = World::sealing();
    let now = world.fixture.app.env.now();
    let mut files = files(now);
    let mut users: Value = serde_json::from_slice(&files["users.json"]).expect("JSON");
    users["4"]["payment_info"] = json!({ "note": "no word of Prodamus" });
    users["5"]["payment_info"] = json!({
        "order_id": "771", "order_num": "5", "sum": "1500.00", "payment_status": "success",
        "date": "2024-02-01T13:00:00+03:00", "customer_phone": "+79990000001",
    });
    files.insert("users.json".to_owned(), users.to_string().into_bytes());
    world.migration = read_files(&files, now);
    let dry = world.import(Mode::DryRun);
    assert_eq!((dry.payments, dry.payments_left_out), (1, 1));
    let unread: Vec<String> = dry.payments_unread.iter().map(ToString::to_string).collect();
    let why = "is left out: the field payment_status is missing";
    assert_eq!(unread, [format!("users.json: $.4.payment_info: {why}")]);
    let key = keys::kept_word(&bot(), "771", (WordKind::Paid, None));
    assert_eq!(world.fixture.get::<KeptWord>(&key), None);
    assert_eq!(world.import(Mode::Apply), dry);
    let kept: KeptWord = world.fixture.get(&key).expect("it is kept");
    assert_eq!((kept.outcome, kept.order, kept.heard_at), (Outcome::Noted, None, now));
    assert!(!kept.raw.as_str().contains("7999"));
    let about = KeptWord::about(&bot(), "771");
    let raw = world.fixture.run(world.fixture.app.sealer.open(&about, &kept.raw));
    assert!(raw.expect("it opens").expose_secret().contains("+79990000001"));
    let again = world.import(Mode::Apply);
    assert_eq!((again.payments, again.payments_left_out), (0, 1));
    assert!(world.all().values().all(|it| !String::from_utf8_lossy(it).contains("7999")));
}

#[test]
fn the_form_of_before_becomes_a_companys_bots_unless_it_has_one() {
    let world = World::sealing();
    let shop = companys_bot(Sealed::new("sealed"), world.fixture.app.env.now());
    let (key, id) = (keys::bot(&shop.id), shop.id.clone());
    let take = |url: &str, mode| {
        let form = NewForm { url: url.to_owned(), secret: "form-key".to_owned().into() };
        world.fixture.run(import_form(&world.fixture.app, &id, form, mode))
    };
    let (url, other) = ("https://shop.payform.ru/", "https://other.payform.ru/");
    assert_eq!(take(url, Mode::Apply), Ok(FormTaken::Platform));
    world.fixture.put([shop.into()]);
    let app = world.fixture.app.clone().sealing(Sealer::off(world.fixture.app.env.clone()));
    let new = NewForm { url: url.to_owned(), secret: "form-key".to_owned().into() };
    let taken = world.fixture.run(import_form(&app, &id, new, Mode::Apply));
    assert_eq!(taken, Ok(FormTaken::NoKey));
    let form = || world.fixture.get::<Bot>(&key).expect("a bot").form;
    assert!(matches!(take("form", Mode::Apply), Err(AppError::Invalid(_))));
    assert_eq!(take(url, Mode::DryRun), Ok(FormTaken::Set));
    assert_eq!(form(), None);
    assert_eq!(take(url, Mode::Apply), Ok(FormTaken::Set));
    let set = form().expect("a form");
    assert!(!set.as_str().contains("form-key"));
    assert_eq!(take(url, Mode::Apply), Ok(FormTaken::Known));
    assert_eq!(take(other, Mode::Apply), Ok(FormTaken::Kept));
    assert_eq!(form(), Some(set));
}

#[test]
fn each_stage_of_an_import_and_an_export_is_told_to_its_end() {
    let mut world = World::new();
    let now = world.fixture.app.env.now();
    let mut files = files(now);
    let mut users: Value = serde_json::from_slice(&files["users.json"]).expect("JSON");
    users["4"]["payment_info"] = json!({ "note": "no word of Prodamus" });
    files.insert("users.json".to_owned(), users.to_string().into_bytes());
    world.migration = read_files(&files, now);
    let (app, bot) = (&world.fixture.app, bot());
    let mut told = Vec::new();
    let mut tell = |at| told.push(at);
    let work = import(app, &bot, &world.migration, (&world.objects, Mode::Apply), &mut tell);
    world.fixture.run(work).expect("imported");
    let end = |told: &[Progress], stage| told.iter().rfind(|it| it.stage == stage).copied();
    for (stage, total) in [
        (Stage::Photos, 1),
        (Stage::Messages, 3),
        (Stage::Contacts, 5),
        (Stage::Timers, 4),
        (Stage::Payments, 1),
    ] {
        assert_eq!(end(&told, stage), Some(Progress { stage, done: total, total }));
    }
    let mut told = Vec::new();
    let mut tell = |at| told.push(at);
    world.fixture.run(export(app, &bot, &world.objects, &mut tell)).expect("exported");
    for (stage, total) in [(Stage::Photos, 1), (Stage::Messages, 3), (Stage::Contacts, 5)] {
        assert_eq!(end(&told, stage), Some(Progress { stage, done: total, total }));
    }
}
