//! The files of a bot of many scenarios, word for word as they are printed where their layout is described, move in
//! with what they name.

use std::fs;
use std::path::Path;

use app::migration::{FormTaken, Mode, import, import_form};
use app::payment::NewForm;
use domain::contact::Contact;
use domain::ids::BotId;
use domain::migration::{Files, ProductSettings, Setup, read};
use domain::scenario::ScenarioState;
use domain::slug::Slug;
use domain::time::Timestamp;
use serde_json::json;
use simulators::telegram::{ChatKind, Message, NewChat};
use table::keys;
use tests::picture::png;
use tests::{TestSystem, journey};

use super::{HOUR, SOON};
use crate::bots::{add_bot, received};

/// Where the printed files stand.
const PRINTED: &str = "shared/domain/src/migration/tests/printed";

/// The chat that the printed users have.
const CHAT: i64 = 123_456;
const GROUP: i64 = -1_001_234_567_890;

/// One of them.
fn printed(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let file = root.join(PRINTED).join(format!("{name}.json"));
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The default scenario's files as they are printed, what they name, and when their contact gets the next message.
fn files(due: Timestamp) -> Files {
    let config = json!({ "id": "default", "prodamus": {
        "product_name": "Базовый курс", "product_price": "990", "private_group_id": GROUP.to_string(),
    } });
    let schedule = json!({ "chat_id": CHAT, "scenario_id": "default", "message_index": 2,
        "scheduled_at": due.rfc3339() });
    let (config, schedule) = (config.to_string(), schedule.to_string());
    let as_printed = [
        ("scenarios/registry.json", "registry"),
        ("scenarios/default/messages.json", "messages"),
        ("scenarios/default/summary.json", "summary"),
        ("buttons/registry.json", "buttons"),
        ("templates/bot_globals.json", "bot_globals"),
        ("broadcasts/registry.json", "broadcasts"),
        ("users.json", "users"),
    ];
    let named = [
        ("scenarios/default/config.json", config.as_str()),
        ("schedules/123456.json", schedule.as_str()),
        ("scenarios/default/messages/msg_1.md", "Первое"),
        ("scenarios/default/messages/msg_2.md", "Второе"),
        ("scenarios/default/messages/msg_3.md", "Третье, {{user.user_name}}: {{bot.support_link}}"),
        ("scenarios/default/messages/summary.md", "Итог"),
        ("broadcasts/messages/bc_1.md", "Объявление"),
    ];
    let mut files: Files =
        named.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
    files.extend(as_printed.map(|(path, name)| (path.to_owned(), printed(name))));
    for (photo, n) in ["msg_1_1", "msg_1_2", "summary_1", "summary_2"].into_iter().zip(1..) {
        let path = format!("scenarios/default/photos/{photo}.PNG");
        files.insert(path, png(8, 8, [n * 40, 200, 80]));
    }
    files.insert("broadcasts/photos/bc_1_1.PNG".to_owned(), png(8, 8, [200, 40, 80]));
    files
}

async fn move_in(system: &TestSystem, bot: &BotId, files: &Files) {
    let (app, product) = (&system.system.app, ProductSettings::default());
    let (migration, report) = read(files, &Setup { bot, now: app.env.now(), product: &product });
    assert_eq!(report.errors, []);
    assert_eq!(report.unread, [""; 0]);
    let with = (app.photos.store(), Mode::Apply);
    import(app, bot, &migration, with, &mut |_| {}).await.expect("imported");
}

async fn run(system: &TestSystem, bot: &BotId) -> ScenarioState {
    let contact: Option<Contact> =
        system.system.app.table.get(&keys::contact(bot, CHAT)).await.expect("readable");
    contact.expect("a contact").run(&Slug::parse("default").expect("a slug"))
}

/// The bot's form of before.
async fn take_form(system: &TestSystem, bot: &BotId) -> FormTaken {
    let (url, key) = (system.prodamus().form_url("shop"), system.prodamus().key().to_owned());
    let form = NewForm { url, secret: key.into() };
    let app = system.app_of(api::FUNCTION);
    import_form(&app, bot, form, Mode::Apply).await.expect("it is a form")
}

#[test]
fn a_contact_of_the_printed_files_goes_on_where_they_were_and_keeps_what_they_paid() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (added, username) = add_bot(system, &mut admin, "shop").await;
        let bot = BotId(added["id"].as_str().expect("an id").to_owned());
        let telegram = system.telegram();
        telegram.add_chat(&NewChat::person(Some(CHAT), "John")).expect("a chat");
        let name = Some("The club".to_owned());
        let group = NewChat { id: Some(GROUP), kind: ChatKind::Supergroup, name, username: None };
        telegram.add_chat(&group).expect("a group");
        telegram.promote(&username, GROUP, true).expect("an administrator");
        telegram.start(&username, CHAT, None).expect("it starts");
        system.settle().await;
        let greeting = received(system, &username, CHAT).len();
        let said = || received(system, &username, CHAT).split_off(greeting);

        let files = files(system.system.app.env.now() + HOUR);
        for taken in [FormTaken::Set, FormTaken::Known] {
            assert_eq!(take_form(system, &bot).await, taken);
            move_in(system, &bot, &files).await;
        }
        system.pass(SOON).await;
        assert_eq!(said(), [""; 0], "nothing is sent again, and nothing early");
        let path = format!("/api/telegram/bots/shop/contacts/{CHAT}");
        let contact = admin.get(&path).await.must_be(200);
        let there = &contact["scenarios"]["default"];
        assert_eq!(
            (&contact["active_scenario"], &there["status"]),
            (&json!("default"), &json!("active"))
        );
        assert_eq!((&there["received"], &there["step"]), (&json!(2), &json!("msg_2")));
        assert_eq!(there["payment_date"], "2024-01-15T11:00:00.000Z");
        assert_eq!(
            (&there["joined_group"], &there["joined_at"]),
            (&json!(true), &json!("2024-01-15T11:30:00.000Z"))
        );

        system.pass(HOUR).await;
        assert_eq!(said(), ["Третье, john_doe: https://t.me/support"]);
        telegram.start(&username, CHAT, None).expect("it starts");
        system.pass(SOON).await;
        assert!(said().contains(&"Итог".to_owned()), "the course is completed: {:?}", said());

        telegram.membership(&username, GROUP, CHAT, false).expect("they leave");
        system.pass(SOON).await;
        let link = run(system, &bot).await.invite_link.expect("who has paid gets a fresh one");
        assert_ne!(link, "https://t.me/+abc");
        assert!(said().last().is_some_and(|it| it.contains(&link)), "{:?}", said());
        assert_eq!(telegram.join(CHAT, &link), Ok(GROUP));
        system.pass(SOON).await;
        assert!(run(system, &bot).await.access.joined_group);
    });
}

#[test]
fn a_newcomer_gets_the_printed_messages_and_pays_at_the_form_of_before() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (added, username) = add_bot(system, &mut admin, "shop").await;
        let bot = BotId(added["id"].as_str().expect("an id").to_owned());
        assert_eq!(take_form(system, &bot).await, FormTaken::Set);
        let mut files = files(system.system.app.env.now());
        files.remove("users.json");
        files.remove("schedules/123456.json");
        move_in(system, &bot, &files).await;
        let chat = system.phone("Eve");
        system.telegram().start(&username, chat, None).expect("it starts");
        system.pass(SOON).await;
        let messages = system.telegram().messages(&username, chat).expect("a chat");
        let sent: Vec<_> = messages.into_iter().filter(Message::is_outgoing).collect();
        let photos = sent.iter().filter(|it| it.photo.is_some()).count();
        let texts: Vec<_> =
            sent.iter().map(|it| it.text.as_str()).filter(|it| !it.is_empty()).collect();
        assert_eq!(photos, 2);
        assert_eq!(texts, ["Первое", "Второе", "Третье, Eve: https://t.me/support"]);
        let markup = sent.iter().find_map(|it| it.reply_markup.as_ref()).expect("buttons");
        let button = &markup["inline_keyboard"][0][0];
        assert_eq!(button["text"], "Оплатить Базовый курс");
        let links = system.prodamus().links();
        assert_eq!(links.len(), 1);
        let url = button["url"].as_str().expect("a link");
        assert!(url.ends_with(&links[0].id), "{url}");
    });
}
