//! Files of a bot of one scenario.

use super::files::single;
use super::*;
use crate::button::{Buttons, Does};

fn run(migration: &Migration, chat: i64) -> ScenarioState {
    migration.contacts[&chat].run(&slug("default"))
}

#[test]
fn its_messages_become_the_default_scenario_that_a_payment_completes() {
    let (migration, _) = read_sound(&single());
    assert_eq!(migration.default_scenario, Some(slug("default")));
    let (scenario, steps) = &migration.scenarios[&slug("default")];
    let order: Vec<_> = scenario.outline.steps().map(|(it, delay)| (it.as_str(), delay)).collect();
    assert_eq!(order, [("welcome", 300), ("story", 84_600), ("offer", 3_600)]);
    assert_eq!(scenario.on_payment, OnPayment::Complete);
    assert_eq!(scenario.private_group_id, Some(-1_001_234));
    let consent = scenario.consent.as_ref().expect("a consent");
    assert_eq!(consent.text, "Привет! Можно присылать письма?");
    let product = scenario.product.as_ref().expect("a product");
    assert_eq!((product.name.as_str(), product.price.to_string()), ("Курс", "1500".to_owned()));
    let paid = "Оплата получена\n\n[В группу]({{user.invite_link}})";
    assert_eq!(product.paid_content, paid);
    assert_eq!(steps[0].content.text, "<b>Добро пожаловать</b>\nв курс");
    assert!(
        matches!(&steps[0].content.photos[..], [Photo::Object(key)] if migration.photos[key] == PNG)
    );
    let offer = &steps[2].content;
    assert_eq!(offer.text, "Курс стоит {{scenario.product_price}} ₽: {{user.payment_link}}");
    let Some(Buttons::Inline(rows)) = &offer.buttons else { panic!("{offer:?}") };
    let button = &rows.rows[0].buttons[0];
    assert_eq!(button.text, "Купить за {{scenario.product_price}} ₽");
    assert_eq!(button.does, Does::Url { url: "{{user.payment_link}}".to_owned() });
}

#[test]
fn it_gets_the_button_to_pay_and_variables_without_values_and_what_has_no_place_is_named() {
    let mut files = single();
    let mut messages: Value =
        serde_json::from_slice(&files["data/messages.json"]).expect("it is JSON");
    messages["messages"]["group_leave_new_link"] = json!({});
    let says = json!({ "type": "callback", "text": "Вопрос", "callback_data": "ask" });
    let invite = &mut messages["messages"]["group_invite"]["inline_keyboard"]["rows"];
    invite.as_array_mut().expect("rows").push(json!({ "buttons": [says] }));
    put_json(&mut files, "data/messages.json", &messages);
    let picture = [PNG, &b" "[..]].concat();
    put(&mut files, "assets/images/group_invite.PNG", &picture);
    let (migration, report) = read_sound(&files);
    let stored: Vec<_> = migration.photos.values().collect();
    assert_eq!(stored, [PNG], "what no message shows is not stored");
    let Does::Url { url } =
        &migration.button_sets[&slug("payment_button")].rows.rows[0].buttons[0].does
    else {
        panic!("it leads to the form")
    };
    assert_eq!(url, "{{user.payment_link}}");
    let variables: Vec<_> = migration.variables.iter().collect();
    let empty = String::new();
    let named = ["bot_name", "company_name", "support_link"].map(str::to_owned);
    assert_eq!(variables, named.iter().map(|it| (it, &empty)).collect::<Vec<_>>());
    let warned = lines(&report.warnings);
    for expected in [
        "templates/bot_globals.json: the bot had none: ",
        "messages.json: $.messages.group_invite: assets/images/group_invite.PNG is left out",
        "messages.json: $.messages.group_invite: its button `Вопрос` is left out",
        "messages.json: $.messages.group_leave_new_link: is left out",
    ] {
        assert!(warned.iter().any(|it| it.starts_with(expected)), "{expected}: {warned:#?}");
    }
}

#[test]
fn the_queue_says_where_a_contact_is() {
    let (migration, report) = read_sound(&single());
    let outline = &migration.scenarios[&slug("default")].0.outline;
    let states = [1, 2, 3, 4, 5, 6].map(|chat| {
        let run = run(&migration, chat);
        let next = outline.next(&run).map(|it| it.step.to_string());
        (run.status, run.received.len(), next)
    });
    let next = |step: &str| Some(step.to_owned());
    let expected = [
        (ScenarioStatus::Active, 0, next("welcome")),
        (ScenarioStatus::Active, 1, next("story")),
        (ScenarioStatus::NotStarted, 0, next("welcome")),
        (ScenarioStatus::Stopped, 2, next("offer")),
        (ScenarioStatus::Completed, 3, None),
        (ScenarioStatus::Completed, 1, next("story")),
    ];
    assert_eq!(states, expected);
    let due = |chat| migration.due(&migration.contacts[&chat]);
    assert_eq!(due(1), Some(at("2024-03-05T09:00:00Z")));
    assert_eq!(due(2), Some(at("2024-02-20T06:00:00Z")));
    assert_eq!(due(6), None, "a schedule is left over for who has paid");
    let paid = run(&migration, 6);
    assert_eq!(paid.payment_date, Some(at("2024-02-01T12:00:00Z")));
    assert!(paid.access.joined_group);
    assert_eq!(paid.group, Some(-1_001_234), "a refund takes them out of it");
    assert_eq!(run(&migration, 1).group, None);
    let contact = &migration.contacts[&1];
    assert_eq!(contact.registered_at, at("2024-01-15T07:00:00.123Z"));
    assert_eq!(contact.user_name.as_deref(), Some("olya"));
    let infos: Vec<_> =
        migration.payment_infos.iter().map(|(chat, it)| (*chat, it.expose())).collect();
    assert_eq!(infos, [(6, r#"{"customer_phone":"+70000000000"}"#)]);
    for shown in [format!("{migration:?}"), format!("{report:?}")] {
        assert!(!shown.contains("+7000"), "{shown}");
    }
}

#[test]
fn a_queue_in_another_order_or_with_gaps_repeats_nothing_and_misses_nothing() {
    let mut files = single();
    let user = |left: &[&str]| json!({ "reg_time": "2024-01-15T10:00:00Z", "is_messaging": true, "messages_list": left });
    let users =
        json!({ "1": user(&["welcome", "offer"]), "2": user(&["offer", "gone", "welcome"]) });
    put_json(&mut files, "users.json", &users);
    files.remove("data/users.json");
    let (migration, report) = read_sound(&files);
    let outline = &migration.scenarios[&slug("default")].0.outline;
    for chat in [1, 2] {
        let left = left_of(outline, &run(&migration, chat));
        assert_eq!(left, [slug("welcome"), slug("offer")], "{chat}");
    }
    let warned = lines(&report.warnings);
    assert!(
        warned.iter().any(|it| it.starts_with("users.json: $.1.messages_list: ")),
        "{warned:?}"
    );
    assert!(
        warned.iter().any(|it| it.starts_with("users.json: $.2.messages_list[1]: ")),
        "{warned:?}"
    );
}

#[test]
fn whoever_has_no_schedule_waits_the_delay_from_now() {
    let mut files = single();
    files.remove("data/schedule_backup.json");
    let (migration, report) = read_sound(&files);
    let due = migration.due(&migration.contacts[&1]);
    assert_eq!(due, Some(now() + Duration::from_mins(5)));
    assert!(lines(&report.warnings).iter().any(|it| it.starts_with("users.json: $.1: ")));
}

#[test]
fn all_faults_are_told_with_their_files_and_places() {
    let mut files = single();
    files.remove("messages/istoriya.md");
    put(&mut files, "messages/offer.md", "Купон:\n  {{ coupon }}");
    put(&mut files, "data/schedule_backup.json", "{ \"1\": \"tomorrow\" }");
    let users = json!({ "1": { "reg_time": "yesterday", "is_messaging": "yes" }, "anna": {} });
    put_json(&mut files, "data/users.json", &users);
    let faulty = ProductSettings::of_env(
        "PRODAMUS_PRODUCT_NAME=Курс\nPRODAMUS_PRODUCT_PRICE=много\nPRIVATE_GROUP_ID=5",
    );
    let (_, report) = read_with(&files, &faulty);
    let errors = lines(&report.errors);
    for expected in [
        "messages/istoriya.md: is missing; messages.json names it at $.messages.story",
        "messages/offer.md: line 2, column 3: ",
        ".env: PRODAMUS_PRODUCT_PRICE: ",
        ".env: PRIVATE_GROUP_ID: ",
        "schedule_backup.json: $.1: ",
        "users.json: $.1.reg_time: ",
        "users.json: $.1.is_messaging: ",
        "users.json: $.anna: ",
    ] {
        assert!(
            errors.iter().any(|it| it.starts_with(expected)),
            "{expected} is not in {errors:#?}"
        );
    }
    assert_eq!(errors.len(), 8, "{errors:#?}");
}

#[test]
fn a_file_that_is_not_json_and_a_directory_of_neither_layout_are_refused() {
    let mut files = single();
    put(&mut files, "data/users.json", "{\n  oops");
    let (_, report) = read_with(&files, &product());
    assert_eq!(lines(&report.errors), ["users.json: line 2, column 3: is not JSON"]);
    let (_, report) = read_with(&Files::new(), &product());
    assert_eq!(report.errors.len(), 1);
}
