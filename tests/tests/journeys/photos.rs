//! Stored photos: brought to Telegram once, and called by their name from then on.

use std::time::Duration;

use app::migration::{Mode, import};
use app::photo::name_in_store;
use app::scenario::broadcasts::move_broadcast;
use bytes::Bytes;
use domain::broadcast::{Broadcast, BroadcastMove};
use domain::ids::BotId;
use domain::migration::{Files, ProductSettings, Report, Setup, read};
use domain::photo::StoredPhoto;
use hoopoe::dev::SIMULATED_BOT;
use http::{Method, header};
use serde_json::{Value, json};
use simulators::telegram::{Fault, FaultPlan, Message};
use table::keys;
use tests::picture::png;
use tests::{Answer, Browser, TestSystem, journey};

use crate::bots::add_bot;
use crate::wizard::Admin;

const BOT: &str = "/api/telegram/bots/course";
const PHOTOS: &str = "/api/telegram/bots/course/photos";
const SOON: Duration = Duration::from_secs(10);

/// A scenario as the layout is described, with the pictures of one message and of the summary.
const MESSAGES: &str = r#"{
  "messages_list": ["msg_1", "msg_2", "msg_3"],
  "messages": {
    "msg_1": {
      "timing": {"hours": 0, "minutes": 0},
      "template_file": "msg_1.md",
      "photos": ["msg_1_1.PNG", "msg_1_2.PNG"],
      "inline_keyboard": {"button_set_ref": "payment_button"}
    },
    "msg_2": {"timing": {"hours": 1, "minutes": 0}, "template_file": "msg_2.md", "photos": ["msg_2.PNG"]},
    "msg_3": {"timing": {"hours": 1, "minutes": 0}, "template_file": "msg_3.md"}
  }
}"#;
const SUMMARY: &str = r#"{
  "template_file": "summary.md",
  "photos": ["summary_1.PNG", "summary_2.PNG"],
  "inline_keyboard": {"button_set_ref": "payment_button"}
}"#;
const REGISTRY: &str = r#"{
  "scenarios": [
    {"id": "default", "name": "Базовый курс", "created_at": "2024-01-15T10:00:00Z", "is_active": true}
  ],
  "default_scenario_id": "default"
}"#;
const CONFIG: &str = r#"{
  "id": "default", "name": "Базовый курс", "created_at": "2024-02-01T10:00:00Z",
  "prodamus": {
    "product_name": "Премиум доступ", "product_price": "1500",
    "paid_content": "Спасибо за оплату премиум!", "private_group_id": "-1001234567890"
  }
}"#;
const BUTTONS: &str = r#"{"button_sets": {"payment_button": {"rows": [{"buttons": [
  {"type": "url", "text": "Оплатить {{scenario.product_name}}", "url": "{{bot.support_link}}"}
]}]}}}"#;
const BROADCASTS: &str = r#"{"broadcasts": [{
  "id": "bc_1", "name": "Объявление", "template_file": "bc_1.md", "photos": ["bc_1_1.PNG"],
  "inline_keyboard": {"rows": [{"buttons": [
    {"type": "url", "text": "Подробнее", "url": "https://example.com"}
  ]}]},
  "targeting": {"conditions": ["no_active_scenario", "has_not_paid"]},
  "created_at": "2024-02-01T10:00:00Z"
}]}"#;
const GLOBALS: &str =
    r#"{"variables": {"bot_name": "Mispilka Bot", "support_link": "https://t.me/support"}}"#;

/// The files as they are printed where the layout is described.
fn printed() -> Files {
    let files = [
        ("scenarios/registry.json", REGISTRY),
        ("scenarios/default/config.json", CONFIG),
        ("scenarios/default/messages.json", MESSAGES),
        ("scenarios/default/summary.json", SUMMARY),
        ("buttons/registry.json", BUTTONS),
        ("broadcasts/registry.json", BROADCASTS),
        ("templates/bot_globals.json", GLOBALS),
    ];
    files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into()
}

/// The files that they name.
fn named() -> Files {
    let texts = ["msg_1", "msg_2", "msg_3", "summary"];
    let texts = texts.map(|name| (format!("scenarios/default/messages/{name}.md"), name));
    let texts = texts.into_iter().chain([("broadcasts/messages/bc_1.md".to_owned(), "bc_1")]);
    let texts = texts.map(|(path, name)| (path, format!("Это **{name}**").into_bytes()));
    let photos = ["msg_1_1", "msg_1_2", "msg_2", "summary_1", "summary_2"];
    let photos = photos.map(|name| format!("scenarios/default/photos/{name}.PNG"));
    let photos = photos.into_iter().chain(["broadcasts/photos/bc_1_1.PNG".to_owned()]);
    let photos = photos.zip(1..).map(|(path, n)| (path, png(8, 8, [n * 40, 200, 255 - n * 40])));
    texts.chain(photos).collect()
}

fn read_files(system: &TestSystem, files: &Files) -> (domain::migration::Migration, Report) {
    let (bot, product) = (BotId::default_bot(), ProductSettings::default());
    let now = system.system.app.env.now();
    read(files, &Setup { bot: &bot, now, product: &product })
}

/// Imports the files with what they name.
async fn move_in(system: &TestSystem) {
    let files: Files = printed().into_iter().chain(named()).collect();
    let (migration, report) = read_files(system, &files);
    assert_eq!((report.errors, report.warnings), (vec![], vec![]));
    let app = &system.system.app;
    let mut nobody = |_| {};
    let with = (app.photos.store(), Mode::Apply);
    let done = import(app, &BotId::default_bot(), &migration, with, &mut nobody).await;
    assert_eq!(done.expect("imported").photos, 6);
}

fn uploads(system: &TestSystem) -> u64 {
    system.telegram().stats().totals.uploads
}

/// Somebody starts the bot and gets the first message.
async fn newcomer(system: &TestSystem, name: &str) -> i64 {
    let chat = system.phone(name);
    system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
    system.pass(SOON).await;
    chat
}

fn sent_by(system: &TestSystem, bot: &str, chat: i64) -> Vec<Message> {
    let messages = system.telegram().messages(bot, chat).expect("a chat");
    messages.into_iter().filter(Message::is_outgoing).collect()
}

/// What a chat got: `+` for a photo, and the words.
fn shape(messages: &[Message]) -> Vec<String> {
    let one = |it: &Message| format!("{}{}", if it.photo.is_some() { "+" } else { "" }, it.text);
    messages.iter().map(one).collect()
}

fn file_ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(|it| it.photo.as_ref()).map(|it| it.file_id.as_str()).collect()
}

const FIRST: [&str; 3] = ["+", "+", "Это msg_1"];

#[test]
fn files_as_printed_are_refused_and_each_that_is_missing_is_named() {
    journey(async |system| {
        let (_, report) = read_files(system, &printed());
        let mut missing: Vec<_> = report.errors.iter().map(|it| it.file.clone()).collect();
        missing.sort();
        assert_eq!(missing, named().into_keys().collect::<Vec<_>>());
    });
}

#[test]
fn imported_photos_arrive_are_uploaded_once_and_called_by_their_names_after_that() {
    journey(async |system| {
        move_in(system).await;
        let first = newcomer(system, "ada").await;
        let got = sent_by(system, SIMULATED_BOT, first);
        assert_eq!(shape(&got), FIRST);
        assert_eq!(got[0].media_group_id, got[1].media_group_id, "an album");
        assert!(got[2].reply_markup.is_some(), "the text bears the buttons");
        assert_eq!(uploads(system), 2);
        for (n, message) in got[..2].iter().enumerate() {
            let photo = message.photo.as_ref().expect("a photo");
            let (bytes, kind) = system.telegram().file(&photo.file_id).expect("it is kept");
            let path = format!("scenarios/default/photos/msg_1_{}.PNG", n + 1);
            assert_eq!((bytes.as_ref(), kind), (&named()[&path][..], "image/png"));
        }
        let second = newcomer(system, "bob").await;
        let got_second = sent_by(system, SIMULATED_BOT, second);
        assert_eq!(shape(&got_second), FIRST);
        assert_eq!(file_ids(&got_second), file_ids(&got));
        assert_eq!(uploads(system), 2, "called by their names");
        // A process that starts knows what the table knows.
        system.system.app.photos.start_over();
        let third = newcomer(system, "cyn").await;
        assert_eq!(shape(&sent_by(system, SIMULATED_BOT, third)), FIRST);
        assert_eq!(uploads(system), 2);
        system.pass(Duration::from_hours(2)).await;
        let all = ["+", "+", "Это msg_1", "+Это msg_2", "Это msg_3"];
        for chat in [first, second, third] {
            assert_eq!(shape(&sent_by(system, SIMULATED_BOT, chat)), all);
        }
        assert!((3..=5).contains(&uploads(system)), "{}", uploads(system));
        let before = uploads(system);
        system.telegram().start(SIMULATED_BOT, first, None).expect("it starts");
        system.settle().await;
        let summary = sent_by(system, SIMULATED_BOT, first);
        assert_eq!(shape(&summary)[5..], ["+", "+", "Это summary"]);
        assert_eq!(uploads(system), before + 2);
    });
}

#[test]
fn a_name_that_telegram_has_forgotten_is_forgotten_and_the_photo_goes_anew() {
    journey(async |system| {
        move_in(system).await;
        newcomer(system, "ada").await;
        assert_eq!(uploads(system), 2);
        system.telegram().forget_files();
        let chat = newcomer(system, "bob").await;
        assert_eq!(shape(&sent_by(system, SIMULATED_BOT, chat)), FIRST);
        assert_eq!(uploads(system), 4);
        let chat = newcomer(system, "cyn").await;
        assert_eq!(shape(&sent_by(system, SIMULATED_BOT, chat)), FIRST);
        assert_eq!(uploads(system), 4, "the new name is remembered");
        system.pass(Duration::from_hours(3)).await;
    });
}

#[test]
fn a_photo_that_is_gone_takes_no_words_with_it_and_the_steps_go_on() {
    journey(async |system| {
        move_in(system).await;
        let (app, bot) = (&system.system.app, BotId::default_bot());
        let pk = keys::bot(&bot).pk;
        let photos: Vec<StoredPhoto> =
            app.table.query_all(&pk, keys::PHOTOS).await.expect("readable");
        assert_eq!(photos.len(), 6);
        for photo in &photos {
            let name = name_in_store(&bot, &photo.object);
            app.photos.store().remove(&name).await.expect("removed");
        }
        let chat = newcomer(system, "ada").await;
        system.pass(Duration::from_hours(2)).await;
        let got = shape(&sent_by(system, SIMULATED_BOT, chat));
        assert_eq!(got, ["Это msg_1", "Это msg_2", "Это msg_3"]);
        assert_eq!(uploads(system), 0);
    });
}

#[test]
fn a_broadcast_to_150_contacts_uploads_its_photo_once() {
    journey(async |system| {
        move_in(system).await;
        let mut chats = Vec::new();
        for number in 0..150 {
            let chat = system.phone(&format!("p{number}"));
            system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
            chats.push(chat);
        }
        system.pass(Duration::from_hours(3)).await;
        let (app, bot) = (&system.system.app, BotId::default_bot());
        let (before, calls) = (uploads(system), refusals(system));
        move_broadcast(app, &bot, "bc_1", BroadcastMove::Send).await.expect("it goes");
        system.pass(Duration::from_mins(2)).await;
        let mut ids = Vec::new();
        for chat in chats {
            let got = sent_by(system, SIMULATED_BOT, chat);
            let last = got.last().expect("a message").clone();
            assert_eq!(shape(std::slice::from_ref(&last)), ["+Это bc_1"]);
            ids.extend(file_ids(&[last]).into_iter().map(str::to_owned));
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "one name for all");
        assert_eq!(uploads(system), before + 1);
        assert_eq!(refusals(system), calls, "nothing was refused");
        let found = app.table.get::<Broadcast>(&keys::broadcast(&bot, &slug("bc_1"))).await;
        let counts =
            found.expect("readable").and_then(|it| it.sending).expect("it was sent").counts;
        assert_eq!((counts.sent, counts.failed, counts.unknown), (150, 0, 0));
    });
}

fn slug(text: &str) -> domain::slug::Slug {
    domain::slug::Slug::parse(text).expect("a slug")
}

fn refusals(system: &TestSystem) -> u64 {
    system.telegram().stats().totals.refused
}

async fn upload(admin: &mut Browser, kind: &str, bytes: Vec<u8>) -> Answer {
    admin.send(Method::POST, PHOTOS, &[(header::CONTENT_TYPE, kind)], Bytes::from(bytes)).await
}

/// An admin whose company has the bot `course` with the scenario `basic`; the bot's name in Telegram.
async fn admin(system: &TestSystem) -> (Browser, String) {
    let mut admin = system.sign_up("ada").await;
    let (_, bot) = add_bot(system, &mut admin, "course").await;
    admin.post(&format!("{BOT}/scenarios"), &json!({ "name": "Basic" })).await.must_be(201);
    (admin, bot)
}

#[test]
fn an_admin_uploads_a_photo_puts_it_in_messages_and_sees_it_again() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let stored = upload(&mut admin, "image/png", png(16, 8, [200, 30, 30])).await.must_be(201);
        assert_eq!(
            (&stored["media_type"], &stored["width"], &stored["height"]),
            (&json!("image/png"), &json!(16), &json!(8))
        );
        let again = upload(&mut admin, "image/png", png(16, 8, [200, 30, 30])).await.must_be(200);
        assert_eq!(again["photo"], stored["photo"]);
        let steps = format!("{BOT}/scenarios/basic/steps");
        let step = json!({ "text": "Look", "photos": [stored["photo"]], "timing": {} });
        let step = admin.post(&steps, &step).await.must_be(201);
        assert_eq!(step["photos"], json!([stored["photo"]]));
        let summary = json!({ "summary": { "text": "Bye", "photos": [stored["photo"]] } });
        let basic = format!("{BOT}/scenarios/basic");
        let changed = admin.json(Method::PATCH, &basic, &summary).await.must_be(200);
        assert_eq!(changed["summary"]["photos"], json!([stored["photo"]]));
        let key = stored["photo"]["object"].as_str().expect("a key");
        let shown = admin.get(&format!("{PHOTOS}/{key}")).await;
        assert_eq!(
            (shown.status.as_u16(), &shown.headers["content-type"]),
            (200, &"image/png".parse().expect("a value"))
        );
        let chat = system.phone("Bob");
        system.telegram().start(&bot, chat, None).expect("it starts");
        system.pass(SOON).await;
        assert_eq!(shape(&sent_by(system, &bot, chat)), ["+Look"]);
        system.telegram().start(&bot, chat, None).expect("it starts");
        system.pass(SOON).await;
        assert_eq!(shape(&sent_by(system, &bot, chat)), ["+Look", "+Bye"]);
        assert_eq!(uploads(system), 1);
    });
}

/// What a newcomer has received of the first step while a method of Telegram's makes the rest wait, and in the end. The
/// first edit comes before they start, the second while it waits.
async fn edited_while_it_waits(
    system: &TestSystem,
    admin: &mut Browser,
    (bot, name): (&str, &str),
    method: &str,
    [before, after]: [Value; 2],
) -> [Vec<String>; 2] {
    let step = format!("{BOT}/scenarios/basic/steps/msg_1");
    admin.json(Method::PATCH, &step, &before).await.must_be(200);
    let chat = system.phone(name);
    let wait = FaultPlan::from(Fault::TooManyRequests { retry_after: 60 });
    system.telegram().inject(FaultPlan { methods: vec![method.to_owned()], ..wait });
    system.telegram().start(bot, chat, None).expect("it starts");
    system.pass(SOON).await;
    let at_first = shape(&sent_by(system, bot, chat));
    admin.json(Method::PATCH, &step, &after).await.must_be(200);
    system.pass(Duration::from_mins(2)).await;
    [at_first, shape(&sent_by(system, bot, chat))]
}

#[test]
fn a_text_whose_length_changes_around_a_captions_while_it_waits_arrives_once_and_so_does_its_photo()
{
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let stored = upload(&mut admin, "image/png", png(8, 8, [9; 3])).await.must_be(201);
        let steps = format!("{BOT}/scenarios/basic/steps");
        let step = json!({ "text": "Look", "photos": [stored["photo"]], "timing": {} });
        admin.post(&steps, &step).await.must_be(201);
        let long = "x".repeat(1_025);
        for (name, before, method, at_first, after, at_last) in [
            ("Bob", &*long, "sendMessage", &["+"][..], "Look", ["+", "Look"]),
            ("Cyn", "Look", "sendPhoto", &[], &*long, ["+", &*long]),
        ] {
            let edits = [before, after].map(|text| json!({ "text": text }));
            let shapes =
                edited_while_it_waits(system, &mut admin, (&bot, name), method, edits).await;
            assert_eq!(shapes[0], at_first, "{name}");
            assert_eq!(shapes[1], at_last, "{name}");
        }
    });
}

#[test]
fn the_text_of_an_album_goes_once_wherever_an_edit_moves_it() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let stored = upload(&mut admin, "image/png", png(8, 8, [9; 3])).await.must_be(201);
        let (photo, steps) = (&stored["photo"], format!("{BOT}/scenarios/basic/steps"));
        let step = json!({ "text": "Look", "photos": [photo, photo], "timing": {} });
        admin.post(&steps, &step).await.must_be(201);
        let button = json!({ "type": "url", "text": "More", "url": "https://example.com/" });
        let (below, apart) = (Value::Null, json!({ "rows": [{ "buttons": [button] }] }));
        for (name, before, method, at_first, after, at_last) in [
            ("Bob", &apart, "sendMessage", &["+", "+"][..], &below, &["+", "+", "Look"][..]),
            ("Cyn", &below, "sendMediaGroup", &[], &apart, &["+", "+", "Look"]),
        ] {
            let edits = [before, after].map(|buttons| json!({ "buttons": buttons }));
            let shapes =
                edited_while_it_waits(system, &mut admin, (&bot, name), method, edits).await;
            assert_eq!(shapes[0], at_first, "{name}");
            assert_eq!(shapes[1], at_last, "{name}");
        }
    });
}

#[test]
fn an_album_that_is_larger_than_what_is_fetched_ahead_arrives_whole() {
    journey(async |system| {
        let (mut admin, bot) = admin(system).await;
        let mut photos = Vec::new();
        for n in 0..7 {
            let mut picture = png(8, 8, [n * 30, 0, 0]);
            picture.resize(4 * 1024 * 1024, 0);
            let stored = upload(&mut admin, "image/png", picture).await.must_be(201);
            photos.push(stored["photo"].clone());
        }
        let step = json!({ "text": "Look", "photos": photos, "timing": {} });
        admin.post(&format!("{BOT}/scenarios/basic/steps"), &step).await.must_be(201);
        let chats = ["Bob", "Cyn"].map(|name| system.phone(name));
        for chat in chats {
            system.telegram().start(&bot, chat, None).expect("it starts");
        }
        system.pass(Duration::from_mins(1)).await;
        for chat in chats {
            let got = shape(&sent_by(system, &bot, chat));
            assert_eq!(got, ["+Look", "+", "+", "+", "+", "+", "+"]);
        }
    });
}

#[test]
fn what_is_no_photo_or_not_the_bots_is_refused_by_its_field() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        let fields = |problem: &Value| problem["errors"][0]["field"].clone();
        for (kind, bytes, status) in [
            ("text/plain", png(8, 8, [0; 3]), 415),
            ("image/jpeg", png(8, 8, [0; 3]), 422),
            ("image/png", b"<svg/>".to_vec(), 422),
            ("image/png", png(2_100, 100, [0; 3]), 422),
            ("image/png", vec![0; 4 * 1024 * 1024 + 1], 413),
        ] {
            let answer = upload(&mut admin, kind, bytes).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
            if status == 422 {
                assert_eq!(fields(&answer.body), "body");
            }
        }
        let stored = upload(&mut admin, "image/png", png(8, 8, [1; 3])).await.must_be(201);
        let key = stored["photo"]["object"].as_str().expect("a key").to_owned();
        let mut other = system.sign_up("eve").await;
        add_bot(system, &mut other, "other").await;
        let scenarios = "/api/telegram/bots/other/scenarios";
        other.post(scenarios, &json!({ "name": "Basic" })).await.must_be(201);
        for object in [key.as_str(), "nowhere.png", "a/b", &"x".repeat(5_000)] {
            let step = json!({ "text": "x", "photos": [{ "object": object }], "timing": {} });
            let refused = other.post(&format!("{scenarios}/basic/steps"), &step).await;
            assert_eq!(fields(&refused.must_be(422)), "photos[0]", "{object}");
        }
        other.get(&format!("/api/telegram/bots/other/photos/{key}")).await.must_be(404);
    });
}

#[test]
fn a_companys_photos_go_with_it() {
    journey(async |system| {
        let (mut admin, _) = admin(system).await;
        let stored = upload(&mut admin, "image/png", png(8, 8, [1; 3])).await.must_be(201);
        let key = stored["photo"]["object"].as_str().expect("a key").to_owned();
        let bot = admin.get(BOT).await.must_be(200);
        let name = name_in_store(&BotId(bot["id"].as_str().expect("an id").to_owned()), &key);
        let store = system.system.app.photos.store();
        assert!(store.get(&name).await.expect("readable").is_some());
        let me = json!({ "password": "correct horse" });
        admin.json(Method::DELETE, "/api/public/auth/me", &me).await.must_be(204);
        system.settle().await;
        assert_eq!(store.get(&name).await, Ok(None));
        let left = system.items.records();
        assert!(!left.keys().any(|(_, sk)| sk.contains(&key)), "{:?}", left.keys());
    });
}

#[test]
fn the_admins_are_told_once_a_day_of_a_photo_that_is_gone_and_where_it_is_used() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let stored = upload(&mut admin.browser, "image/png", png(8, 8, [7; 3])).await.must_be(201);
        let key = stored["photo"]["object"].as_str().expect("a key").to_owned();
        let scenarios = format!("{BOT}/scenarios");
        admin.browser.post(&scenarios, &json!({ "name": "Basic" })).await.must_be(201);
        let step = json!({ "text": "Look", "photos": [stored["photo"]], "timing": {} });
        let steps = format!("{scenarios}/basic/steps");
        admin.browser.post(&steps, &step).await.must_be(201);
        let bot = admin.browser.get(BOT).await.must_be(200);
        let id = BotId(bot["id"].as_str().expect("an id").to_owned());
        let store = system.system.app.photos.store();
        store.remove(&name_in_store(&id, &key)).await.expect("removed");

        let told = || {
            let said = sent_by(system, &admin.bot, admin.chat);
            let gone: Vec<String> =
                said.into_iter().map(|it| it.text).filter(|it| it.contains("is gone")).collect();
            assert!(gone.iter().all(|it| it.contains("scenario basic, step msg_1")), "{gone:?}");
            gone.len()
        };
        for (name, later, times) in [("Bob", 0, 1), ("Cyn", 0, 1), ("Dan", 24, 2)] {
            system.pass(Duration::from_hours(later)).await;
            let chat = system.phone(name);
            system.telegram().start(&admin.bot, chat, None).expect("it starts");
            system.pass(SOON).await;
            assert_eq!(shape(&sent_by(system, &admin.bot, chat)), ["Look"], "{name}");
            assert_eq!(told(), times, "{name}");
        }
    });
}
