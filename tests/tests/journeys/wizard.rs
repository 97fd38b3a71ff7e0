//! The wizard: an admin makes a scenario and a broadcast in the chat, and people receive them.

use std::time::Duration;

use serde_json::{Value, json};
use tests::picture::png;
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const CHANNELS: &str = "/api/notifications/channels";

/// An admin's chat with the bot `course` of their company.
pub(crate) struct Admin<'a> {
    system: &'a TestSystem,
    /// Their browser, logged in.
    pub(crate) browser: Browser,
    /// The bot's name in Telegram.
    pub(crate) bot: String,
    /// Their chat with it.
    pub(crate) chat: i64,
}

impl<'a> Admin<'a> {
    pub(crate) async fn new(system: &'a TestSystem) -> Self {
        let mut ada = system.sign_up("ada").await;
        let (_, bot) = add_bot(system, &mut ada, "course").await;
        let channel = json!({ "channel_type": "TELEGRAM", "details": { "bot": "course" } });
        let channel = ada.post(CHANNELS, &channel).await.must_be(201);
        let url = channel["url"].as_str().expect("a link");
        let (_, token) = url.split_once("start=").expect("a token");
        let chat = system.phone("Ada");
        system.telegram().start(&bot, chat, Some(token)).expect("it starts");
        system.pass(Duration::from_secs(3)).await;
        Self { system, browser: ada, bot, chat }
    }

    /// Says something; the bot's last words then.
    pub(crate) async fn say(&self, text: &str) -> String {
        self.system.telegram().say(&self.bot, self.chat, text, None).expect("said");
        self.heard().await
    }

    /// The last words of the bot.
    async fn heard(&self) -> String {
        self.system.pass(Duration::from_secs(3)).await;
        received(self.system, &self.bot, self.chat).pop().expect("an answer")
    }

    /// Presses the button with these words below the last message; the bot's last words then.
    pub(crate) async fn press(&self, words: &str) -> String {
        let messages = self.system.telegram().messages(&self.bot, self.chat).expect("a chat");
        let last = messages.iter().rev().find(|it| it.is_outgoing()).expect("a message");
        let markup = last.reply_markup.clone().unwrap_or_default();
        let rows = markup["inline_keyboard"].as_array().cloned().unwrap_or_default();
        let buttons: Vec<Value> =
            rows.iter().filter_map(|row| row.as_array().cloned()).flatten().collect();
        let has = |it: &&Value| it["text"].as_str().is_some_and(|text| text.contains(words));
        let button = buttons.iter().find(has);
        let button = button.unwrap_or_else(|| panic!("no “{words}” below {last:?}"));
        let data = button["callback_data"].as_str().expect("data");
        self.system.telegram().press(&self.bot, self.chat, last.message_id, data).expect("pressed");
        self.heard().await
    }
}

#[test]
fn an_admin_makes_a_scenario_in_the_chat_and_a_contact_receives_it() {
    journey(async |system| {
        let admin = Admin::new(system).await;
        assert!(admin.say("/scenarios").await.contains("no scenarios yet"));
        assert!(admin.say("/create_scenario").await.contains("called"));
        admin.say("Summer course").await;
        let review = admin.press("Skip").await;
        assert!(review.contains("Summer course"), "{review}");
        admin.press("Confirm").await;
        admin.press("Skip").await;
        admin.say("Welcome, **{{ user.user_name }}**!").await;
        let refused = admin.say("a text where photos were asked for").await;
        assert!(!refused.is_empty());
        admin.press("Done").await;
        admin.say("0").await;
        let review = admin.press("Skip").await;
        assert!(review.contains("Welcome"), "{review}");
        admin.press("Confirm").await;
        let saved = admin.press("Save").await;
        assert!(saved.contains("Summer course"), "{saved}");
        assert!(admin.say("/scenarios").await.contains("★ Summer course – /start summer-course"));

        let bob = system.phone("Bob");
        system.telegram().start(&admin.bot, bob, None).expect("it starts");
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(received(system, &admin.bot, bob), ["Welcome, Bob!"]);
        let demo = admin.say("/demo_scenario summer-course").await;
        assert_eq!(demo, "Welcome, __user.user_name__!");
    });
}

#[test]
fn a_demonstration_shows_all_of_a_scenario_fifty_messages_at_a_time() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let scenarios = "/api/telegram/bots/course/scenarios";
        let course = json!({
            "name": "Course",
            "product": { "name": "Club", "price": 1500, "paid_content": "Thanks, {{user.user_name}}" },
            "summary": { "text": "The end" },
        });
        admin.browser.post(scenarios, &course).await.must_be(201);
        assert!(admin.say("/demo_scenario course").await.contains("The end"));
        let steps = format!("{scenarios}/course/steps");
        for number in 1..=52 {
            let step = json!({ "text": format!("Message {number}"), "timing": { "hours": 1 } });
            admin.browser.post(&steps, &step).await.must_be(201);
        }
        let before = received(system, &admin.bot, admin.chat).len();
        admin.say("/demo_scenario course").await;
        system.pass(Duration::from_mins(2)).await;
        let shown = received(system, &admin.bot, admin.chat).split_off(before);
        assert_eq!(shown.len(), 51, "{shown:?}");
        let end = "50 of 52 messages are shown. To go on: /demo_scenario course 51";
        assert_eq!(
            [shown[0].as_str(), shown[49].as_str(), shown[50].as_str()],
            ["Message 1", "Message 50", end]
        );
        admin.say("/demo_scenario course 51").await;
        system.pass(Duration::from_secs(10)).await;
        let rest = received(system, &admin.bot, admin.chat).split_off(before + 51);
        let thanks = "Thanks, __user.user_name__";
        assert_eq!(rest, ["Message 51", "Message 52", thanks, "The end"]);
    });
}

#[test]
fn an_admin_deletes_a_scenario_in_the_chat_but_not_the_default_one() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let scenarios = "/api/telegram/bots/course/scenarios";
        for name in ["Course", "Extra"] {
            admin.browser.post(scenarios, &json!({ "name": name })).await.must_be(201);
        }
        for (text, hours) in [("First", 0), ("Second", 1)] {
            let step = json!({ "text": text, "timing": { "hours": hours } });
            admin.browser.post(&format!("{scenarios}/extra/steps"), &step).await.must_be(201);
        }
        let (bob, eve) = (system.phone("Bob"), system.phone("Eve"));
        system.telegram().start(&admin.bot, bob, Some("extra")).expect("it starts");
        system.telegram().say(&admin.bot, eve, "/delete_scenario extra", None).expect("said");
        system.pass(Duration::from_secs(5)).await;
        let listed = admin.say("/scenarios").await;
        assert!(listed.contains("/start extra"), "Eve is no admin: {listed}");

        let which = admin.say("/delete_scenario").await;
        assert_eq!(which, "Say which one: /delete_scenario name");
        let refused = admin.say("/delete_scenario course").await;
        assert!(refused.contains("the default scenario is not deleted"), "{refused}");
        assert_eq!(admin.say("/delete_scenario extra").await, "“Extra” is deleted.");
        let again = admin.say("/delete_scenario extra").await;
        assert!(again.starts_with("That did not work"), "{again}");
        let listed = admin.say("/scenarios").await;
        assert!(listed.contains("/start course") && !listed.contains("extra"), "{listed}");
        system.pass(Duration::from_hours(2)).await;
        assert_eq!(received(system, &admin.bot, bob), ["First"], "nothing comes of it any more");
    });
}

#[test]
fn an_admin_writes_a_broadcast_in_the_chat_and_sends_it() {
    journey(async |system| {
        let admin = Admin::new(system).await;
        admin.say("/create_scenario").await;
        for answer in ["Course", "Skip", "Confirm", "Skip", "Hello!", "Done", "0"] {
            match answer {
                "Course" | "Hello!" | "0" => admin.say(answer).await,
                press => admin.press(press).await,
            };
        }
        for press in ["Skip", "Confirm", "Save"] {
            admin.press(press).await;
        }
        let bob = system.phone("Bob");
        system.telegram().start(&admin.bot, bob, None).expect("it starts");
        system.pass(Duration::from_secs(5)).await;

        admin.say("/create_broadcast").await;
        admin.say("Spring sale").await;
        admin.say("Everything is *half price*").await;
        for press in ["Done", "Skip", "Done", "Confirm"] {
            admin.press(press).await;
        }
        let ready = admin.say("/send_broadcast spring-sale").await;
        assert!(ready.contains("1 contacts") && ready.contains("To: everyone"), "{ready}");
        admin.press("Send").await;
        system.pass(Duration::from_secs(10)).await;
        let said = received(system, &admin.bot, bob);
        assert_eq!(said.last().map(String::as_str), Some("Everything is half price"), "{said:?}");
    });
}

#[test]
fn a_wizard_survives_garbage_speaks_russian_is_cancelled_and_is_nobodys_who_is_no_admin() {
    journey(async |system| {
        let admin = Admin::new(system).await;
        admin.say("/create_scenario").await;
        let again = admin.say(&"x".repeat(300)).await;
        assert!(again.contains("called"), "the same question: {again}");
        let cancelled = admin.say("/cancel").await;
        assert!(!cancelled.contains("called"), "{cancelled}");
        assert!(admin.say("Summer").await.contains("/help"), "nothing is asked any more");
        system.telegram().speak(admin.chat, "ru").expect("set");
        assert!(admin.say("/create_broadcast").await.contains("Как называется рассылка?"));
        admin.say("Новости").await;
        let asked = admin.say("{{ scenario.name }}").await;
        assert!(asked.contains("Пришлите текст"), "the same question: {asked}");
        let said = received(system, &admin.bot, admin.chat);
        let fault = "текст: строка 1, символ 1: `scenario.name` относится к сценарию";
        assert!(said.iter().any(|it| it.contains(fault)), "{said:?}");
        let refused = admin.say("/edit_scenario nothing").await;
        assert_eq!(refused, "Не получилось: такого сценария нет");
        assert!(admin.say("/cancel").await.contains("Отменено"));
        system.telegram().speak(admin.chat, "en").expect("set");
        let eve = system.phone("Eve");
        system.telegram().say(&admin.bot, eve, "/create_scenario", None).expect("said");
        system.pass(Duration::from_secs(3)).await;
        let said = received(system, &admin.bot, eve);
        assert!(!said.iter().any(|it| it.contains("called")), "{said:?}");
        admin.say("/create_scenario").await;
        system.pass(Duration::from_mins(31)).await;
        let expired = admin.say("Too late").await;
        assert!(!expired.contains("sell"), "{expired}");
    });
}

#[test]
fn a_photo_that_an_admin_sends_is_what_contacts_get_and_its_caption_is_taken_or_said_not_to_be() {
    journey(async |system| {
        let admin = Admin::new(system).await;
        admin.say("/create_scenario").await;
        admin.say("Course").await;
        for press in ["Skip", "Confirm", "Skip"] {
            admin.press(press).await;
        }
        let show = async |caption: &str| {
            let picture = png(8, 8, [9; 3]);
            let sent = system.telegram().show(&admin.bot, admin.chat, picture, caption);
            let asked = admin.heard().await;
            assert!(asked.contains("Photos: 1"), "{asked}");
            let mut said = received(system, &admin.bot, admin.chat);
            said.truncate(said.len() - 1);
            (sent.expect("sent").photo.expect("a photo"), said.pop().expect("words before it"))
        };
        // Where the text is asked for.
        let (photo, said) = show("Look").await;
        assert!(said.contains("are the text"), "{said}");
        admin.press("Done").await;
        admin.say("0").await;
        for press in ["Skip", "Confirm", "Another"] {
            admin.press(press).await;
        }
        // Where photos are, behind the text.
        admin.say("Look again").await;
        let (_, said) = show("Lost").await;
        assert!(said.contains("are not"), "{said}");
        admin.press("Done").await;
        admin.say("0").await;
        for press in ["Skip", "Confirm", "Save"] {
            admin.press(press).await;
        }
        let bob = system.phone("Bob");
        system.telegram().start(&admin.bot, bob, None).expect("it starts");
        system.pass(Duration::from_secs(5)).await;
        let messages = system.telegram().messages(&admin.bot, bob).expect("a chat");
        let got = messages.iter().filter(|it| it.is_outgoing());
        let got: Vec<_> = got.map(|it| (it.text.as_str(), it.photo.as_ref())).collect();
        assert_eq!(got, [("Look", Some(&photo)), ("Look again", Some(&photo))]);
        assert_eq!(system.telegram().stats().totals.uploads, 0, "Telegram has it");
    });
}
