//! Files of a bot of many scenarios.

use super::files::{complete, named, printed};
use super::*;
use crate::broadcast::Condition;
use crate::button::Buttons;

fn default(migration: &Migration) -> ScenarioState {
    migration.contacts[&123_456].run(&slug("default"))
}

#[test]
fn as_printed_each_file_that_is_missing_is_named() {
    let (_, report) = read_with(&printed(), &ProductSettings::default());
    let mut missing: Vec<_> = report.errors.iter().map(|it| it.file.clone()).collect();
    missing.sort();
    assert_eq!(missing, named());
    assert!(report.errors.iter().all(|it| it.message.starts_with("is missing; ")));
    let listed = "scenarios/default/messages/msg_2.md: is missing; scenarios/default/messages.json names it at \
        $.messages_list[1]";
    assert!(lines(&report.errors).iter().any(|it| it == listed), "{:#?}", report.errors);
    let config = "scenarios/default/config.json: is missing; scenarios/registry.json names the scenario at $.sc";
    let warned = lines(&report.warnings);
    assert!(warned.iter().any(|it| it.starts_with(config)), "{warned:#?}");
    assert_eq!(report.unread, [""; 0]);
}

#[test]
fn completed_they_are_taken_as_they_are_written() {
    let (migration, report) = read_sound(&complete());
    let warned: Vec<_> =
        report.warnings.iter().map(|it| (it.file.as_str(), it.at.as_str())).collect();
    let listed = |id| {
        [1, 2].map(|n| (format!("scenarios/{id}/messages.json"), format!("$.messages_list[{n}]")))
    };
    let mut expected = [listed("default"), listed("premium")].concat();
    expected.insert(2, ("scenarios/premium/config.json".to_owned(), "$".to_owned()));
    let expected: Vec<_> = expected.iter().map(|(file, at)| (file.as_str(), at.as_str())).collect();
    assert_eq!(warned, expected);
    assert_eq!(report.unread, [""; 0]);
    assert_eq!(migration.default_scenario, Some(slug("default")));
    assert_eq!(migration.variables["bot_name"], "Mispilka Bot");
    let (first, _) = &migration.scenarios[&slug("default")];
    assert_eq!((first.name.as_str(), first.is_active), ("Базовый курс", true));
    assert_eq!(first.created_at, at("2024-01-15T10:00:00Z"));
    let (scenario, steps) = &migration.scenarios[&slug("premium")];
    assert_eq!((scenario.name.as_str(), scenario.is_active), ("Премиум курс", false));
    assert_eq!(scenario.created_at, at("2024-02-01T10:00:00Z"));
    assert_eq!(scenario.on_payment, OnPayment::Continue);
    assert_eq!(scenario.private_group_id, Some(-1_001_234_567_890));
    let product = scenario.product.as_ref().expect("a product");
    assert_eq!(product.paid_content, "Спасибо за оплату премиум!");
    let order: Vec<_> = scenario.outline.steps().map(|(it, delay)| (it.as_str(), delay)).collect();
    assert_eq!(order, [("msg_1", 0), ("msg_2", 0), ("msg_3", 0)]);
    let set = Buttons::Set { button_set_ref: slug("payment_button") };
    assert_eq!((steps[0].content.photos.len(), &steps[0].content.buttons), (2, &Some(set)));
    assert_eq!(scenario.summary.as_ref().map(|it| it.photos.len()), Some(2));
    let broadcast = &migration.broadcasts[&slug("bc_1")];
    let conditions = [Condition::NoActiveScenario, Condition::HasNotPaid];
    assert_eq!(broadcast.targeting.conditions, conditions);
    assert_eq!(migration.photos.len(), 1, "the same picture is kept once");
}

#[test]
fn a_contact_goes_on_where_it_was() {
    let (migration, _) = read_sound(&complete());
    let contact = &migration.contacts[&123_456];
    assert_eq!(contact.active, Some(slug("default")));
    let run = default(&migration);
    let outline = &migration.scenarios[&slug("default")].0.outline;
    assert_eq!(outline.next(&run).map(|it| it.step.as_str()), Some("msg_3"));
    assert_eq!(outline.last_received(&run), Some(&slug("msg_2")));
    assert_eq!(run.payment_link.as_deref(), Some("https://pay..."));
    assert!(contact.has_paid() && contact.joined_group());
    // The last message went then, and the next has no delay.
    assert_eq!(migration.due(contact), Some(at("2024-01-15T12:00:00Z")));
}

#[test]
fn what_nobody_reads_is_named() {
    let mut files = complete();
    let left = ["notes.md", "scenarios/default/messages/draft.md", "wizards/7.json"];
    for path in left {
        put(&mut files, path, "{}");
    }
    put(&mut files, "data/users.json", include_str!("printed/users.json"));
    let (_, report) = read_sound(&files);
    let beside = "users.json";
    let mut expected = left.to_vec();
    expected.insert(2, beside);
    assert_eq!(report.unread, expected, "what lies in data/ comes before what lies beside it");
}

#[test]
fn schedules_of_either_form_say_when_and_which_message_is_next() {
    let schedule = json!({ "chat_id": 123_456, "scenario_id": "default", "message_index": 2,
        "scheduled_at": "2024-01-20T08:00:00Z" });
    for (path, value) in [
        ("schedules/123456.json", schedule.clone()),
        ("schedules/all.json", json!([schedule])),
        ("schedules.json", json!({ "schedules": [schedule] })),
    ] {
        let mut files = complete();
        put_json(&mut files, path, &value);
        let (migration, _) = read_sound(&files);
        let due = migration.due(&migration.contacts[&123_456]);
        assert_eq!(due, Some(at("2024-01-20T08:00:00Z")), "{path}");
    }
}

#[test]
fn an_index_that_a_migration_set_to_0_gives_way_to_the_queue() {
    let run = json!({ "status": "active", "current_message_index": 0 });
    let user = |run: &Value| {
        json!({ "123456": { "reg_time": "2024-01-15T10:00:00Z", "scenarios": { "default": run },
            "active_scenario_id": "default" } })
    };
    let old = json!({ "123456": { "messages_list": ["msg_3"] } });
    let backup = json!({ "123456": "2024-01-20T08:00:00Z" });
    let mut files = complete();
    put_json(&mut files, "users.json", &user(&run));
    let mut with_queue = files.clone();
    put_json(&mut with_queue, "migration_backup/users.json", &old);
    put_json(&mut with_queue, "schedule_backup.json", &backup);
    let mut with_schedule = files.clone();
    let schedule = json!({ "chat_id": "123456", "scenario_id": "default", "message_index": 2,
        "scheduled_at": "2024-01-20T08:00:00Z" });
    put_json(&mut with_schedule, "schedules/123456.json", &schedule);
    for (files, received) in [(files, 0), (with_queue, 2), (with_schedule, 2)] {
        let (migration, _) = read_sound(&files);
        assert_eq!(default(&migration).received.len(), received);
    }
}

#[test]
fn a_registry_by_id_with_everything_inside_and_scoped_globals_are_taken() {
    let mut files = complete();
    let part = |name: &str| -> Value {
        serde_json::from_slice(&complete()[&format!("scenarios/default/{name}.json")])
            .expect("JSON")
    };
    let registry = json!({
        "scenarios": { "default": { "name": "Базовый курс", "config": part("config"),
            "messages": part("messages"), "summary": part("summary") } },
        "default_scenario_id": "default",
    });
    put_json(&mut files, "scenarios/registry.json", &registry);
    put_json(
        &mut files,
        "templates/bot_globals.json",
        &json!({ "bot.support_link": "https://t.me/s" }),
    );
    for name in ["config", "messages", "summary"] {
        files.remove(&format!("scenarios/default/{name}.json"));
        files.remove(&format!("scenarios/premium/{name}.json"));
    }
    let (migration, _) = read_sound(&files);
    assert_eq!(migration.scenarios.len(), 1);
    assert_eq!(migration.variables["support_link"], "https://t.me/s");
    let (scenario, steps) = &migration.scenarios[&slug("default")];
    assert_eq!(
        (steps.len(), scenario.summary.is_some(), scenario.product.is_some()),
        (3, true, true)
    );
}

#[test]
fn references_that_lead_nowhere_are_told() {
    let mut files = complete();
    put_json(&mut files, "buttons/registry.json", &json!({ "button_sets": {} }));
    files.remove("scenarios/premium/messages.json");
    files.remove("scenarios/default/config.json");
    let registry = json!({
        "scenarios": [{ "id": "premium" }],
        "default_scenario_id": "default",
    });
    put_json(&mut files, "scenarios/registry.json", &registry);
    let (_, report) = read_with(&files, &ProductSettings::default());
    let errors = lines(&report.errors);
    for expected in [
        "scenarios/premium/messages.json: is missing; ",
        "scenarios/premium/summary.json: $.inline_keyboard.button_set_ref: ",
        "scenarios/registry.json: $: there is no scenario default",
        "users.json: $.123456.scenarios.default: ",
    ] {
        assert!(
            errors.iter().any(|it| it.starts_with(expected)),
            "{expected} is not in {errors:#?}"
        );
    }
}

#[test]
fn a_broadcast_may_name_a_scenario_that_was_deleted_since_and_one_that_is_over_anything() {
    let mut files = complete();
    put(&mut files, "broadcasts/messages/bc_1.md", "{{ bot.nothing }}");
    let path = "broadcasts/registry.json";
    let mut registry: Value = serde_json::from_slice(&files[path]).expect("it is JSON");
    let broadcast = &mut registry["broadcasts"][0];
    broadcast["targeting"] = json!({ "conditions": [{ "in_scenario": "nothing" }] });
    broadcast["inline_keyboard"] = json!({ "button_set_ref": "nothing" });
    for (status, is_over) in
        [("draft", false), ("paused", false), ("done", true), ("cancelled", true)]
    {
        registry["broadcasts"][0]["status"] = json!(status);
        put_json(&mut files, path, &registry);
        let (migration, report) = read_with(&files, &ProductSettings::default());
        assert_eq!(report.errors.is_empty(), is_over, "{status}: {:#?}", report.errors);
        let warned = lines(&report.warnings);
        let told = if is_over { warned.clone() } else { lines(&report.errors) };
        let at = "broadcasts/registry.json: $.broadcasts[0].targeting.conditions[0]: ";
        assert!(warned.iter().any(|it| it.starts_with(at)), "{warned:#?}");
        for place in [
            "broadcasts/messages/bc_1.md: line 1, column 1: ",
            "broadcasts/registry.json: $.broadcasts[0].inline_keyboard.button_set_ref: ",
        ] {
            assert!(told.iter().any(|it| it.starts_with(place)), "{place}: {told:#?}");
        }
        let targeting = &migration.broadcasts[&slug("bc_1")].targeting;
        assert_eq!(targeting.conditions, [Condition::InScenario(slug("nothing"))]);
    }
}
