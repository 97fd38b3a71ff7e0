//! A bot of one scenario moves in with its contacts.

mod printed;

use std::time::Duration;

use app::migration::{Mode, import};
use domain::ids::BotId;
use domain::migration::{Files, ProductSettings, Setup, read};
use domain::time::Timestamp;
use hoopoe::dev::SIMULATED_BOT;
use runtime::objects::Folder;
use serde_json::{Value, json};
use tests::{TestSystem, journey};

const HOUR: Duration = Duration::from_hours(1);
const SOON: Duration = Duration::from_secs(20);

/// Contacts who have received the first of three messages, and when each gets the second.
fn files(people: &[(i64, Timestamp)]) -> Files {
    let accept = json!({ "rows": [{ "buttons": [
        { "type": "callback", "text": "Да", "callback_data": "accept" },
    ] }] });
    let messages = json!({
        "messages_list": ["one", "two", "three"],
        "messages": {
            "start": { "inline_keyboard": accept },
            "one": { "timing": [0, 0] }, "two": { "timing": [2, 0] }, "three": { "timing": [1, 0] },
        },
    });
    let user = json!({ "user_name": "olya", "reg_time": "2024-01-15T10:00:00Z", "is_messaging": true,
        "messages_list": ["three", "two"] });
    let users: Value = people.iter().map(|(chat, _)| (chat.to_string(), user.clone())).collect();
    let schedule: Value =
        people.iter().map(|(chat, due)| (chat.to_string(), json!(due.rfc3339()))).collect();
    let json = [("messages", messages), ("users", users), ("schedule_backup", schedule)];
    let json = json.map(|(name, value)| (format!("{name}.json"), value.to_string().into_bytes()));
    let texts = [
        ("start", "Привет! Присылать письма?"),
        ("one", "Первое"),
        ("two", "Второе для {{ user_name }}"),
        ("three", "<b>Третье</b>"),
    ];
    let texts = texts.map(|(name, text)| (format!("messages/{name}.md"), text.as_bytes().to_vec()));
    json.into_iter().chain(texts).collect()
}

/// What the scenario has sent to a chat.
fn letters(system: &TestSystem, chat: i64) -> Vec<String> {
    let all = system.received(chat);
    let is_letter =
        |text: &String| ["Первое", "Второе", "Третье"].iter().any(|it| text.contains(it));
    all.into_iter().filter(is_letter).collect()
}

async fn move_in(system: &TestSystem, files: &Files) {
    let app = &system.system.app;
    let (bot, product) = (BotId::default_bot(), ProductSettings::default());
    let setup = Setup { bot: &bot, now: app.env.now(), product: &product };
    let (migration, report) = read(files, &setup);
    assert_eq!(report.errors, []);
    // Its messages have no pictures.
    let store = Folder::new(std::path::Path::new("unused"));
    let mut nobody = |_| {};
    let done = import(app, &bot, &migration, (&store, Mode::Apply), &mut nobody).await;
    done.expect("imported");
}

#[test]
fn contacts_of_a_bot_that_moves_in_get_what_is_left_at_its_time_and_nothing_twice() {
    journey(async |system| {
        let now = system.system.app.env.now();
        let (late, soon) = (system.phone("late"), system.phone("soon"));
        for chat in [late, soon] {
            system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
        }
        system.pass(Duration::from_secs(5)).await;
        let files = files(&[(late, now - HOUR), (soon, now + HOUR)]);
        move_in(system, &files).await;
        move_in(system, &files).await;
        system.pass(Duration::from_secs(10)).await;
        assert_eq!(letters(system, late), ["Второе для olya"]);
        assert_eq!(letters(system, soon), [""; 0]);
        system.pass(HOUR + Duration::from_secs(5)).await;
        assert_eq!(letters(system, late), ["Второе для olya", "Третье"]);
        assert_eq!(letters(system, soon), ["Второе для olya"]);
        move_in(system, &files).await;
        system.pass(HOUR * 3).await;
        for chat in [late, soon] {
            assert_eq!(letters(system, chat), ["Второе для olya", "Третье"]);
        }
    });
}

#[test]
fn whoever_had_not_agreed_agrees_by_the_button_of_before() {
    journey(async |system| {
        let chat = system.phone("anna");
        move_in(system, &files(&[])).await;
        system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
        system.pass(Duration::from_secs(5)).await;
        let received = system.received(chat);
        assert_eq!(received.last().map(String::as_str), Some("Привет! Присылать письма?"));
        assert_eq!(letters(system, chat), [""; 0]);
        let messages = system.telegram().messages(SIMULATED_BOT, chat).expect("a chat");
        let asked = messages.last().expect("a message").message_id;
        system.telegram().press(SIMULATED_BOT, chat, asked, "accept").expect("it is pressed");
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(letters(system, chat), ["Первое"]);
    });
}
