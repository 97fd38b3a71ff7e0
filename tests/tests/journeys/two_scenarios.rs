//! The whole of a business with scenarios (seed 004): two of them, someone who switches, comes back, pays and
//! joins, and an admin who builds a third in the chat and writes to those who have nothing.

use std::time::Duration;

use domain::contact::Contact;
use domain::ids::BotId;
use domain::scenario::{ScenarioState, ScenarioStatus};
use domain::slug::Slug;
use http::Method;
use serde_json::{Value, json};
use simulators::prodamus::{Deed, Payer};
use simulators::telegram::{ChatKind, NewChat};
use table::keys;
use tests::{Browser, TestSystem, journey};

use crate::bots::received;
use crate::wizard::Admin;

const BOT: &str = "/api/telegram/bots/course";
const GROUP: i64 = -1_001_234_567_890;
const SOON: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_mins(1);

/// Somebody who talks to the bot.
struct Person<'a> {
    system: &'a TestSystem,
    bot: &'a str,
    chat: i64,
}

impl<'a> Person<'a> {
    fn new(system: &'a TestSystem, bot: &'a str, name: &str) -> Self {
        Self { system, bot, chat: system.phone(name) }
    }

    /// Says `/start`, with a scenario or without, and waits a little.
    async fn start(&self, scenario: Option<&str>) {
        self.system.telegram().start(self.bot, self.chat, scenario).expect("it starts");
        self.system.pass(SOON).await;
    }

    fn received(&self) -> Vec<String> {
        received(self.system, self.bot, self.chat)
    }

    fn last(&self) -> String {
        self.received().pop().expect("a message")
    }

    /// Where the last button leads.
    fn button(&self) -> String {
        let messages = self.system.telegram().messages(self.bot, self.chat).expect("a chat");
        let url =
            |markup: &Value| markup["inline_keyboard"][0][0]["url"].as_str().map(str::to_owned);
        let found = messages.iter().rev().find_map(|it| url(it.reply_markup.as_ref()?));
        found.expect("a button")
    }

    async fn run(&self, id: &BotId, scenario: &str) -> ScenarioState {
        let key = keys::contact(id, self.chat);
        let contact: Option<Contact> =
            self.system.system.app.table.get(&key).await.expect("readable");
        contact.expect("a contact").run(&Slug::parse(scenario).expect("a slug"))
    }
}

/// A basic course and a premium one that is sold, as an admin makes them over the API. The first is the
/// default one.
async fn two_scenarios(system: &TestSystem, admin: &mut Browser) -> BotId {
    let form = json!({ "form_url": system.prodamus().form_url("course"), "secret": system.prodamus().key() });
    let bot = json!({ "prodamus": form });
    let bot = admin.json(Method::PATCH, BOT, &bot).await.must_be(200);
    let set = json!({ "rows": [{ "buttons": [{
        "type": "url", "text": "Оплатить {{scenario.product_name}}", "url": "{{user.payment_link}}",
    }] }] });
    let set_at = format!("{BOT}/button-sets/payment_button");
    admin.json(Method::PUT, &set_at, &set).await.must_be(201);
    let basic = json!({ "name": "Базовый курс", "slug": "default" });
    let premium = json!({
        "name": "Премиум курс", "slug": "premium", "private_group_id": GROUP.to_string(),
        "product": {
            "name": "Премиум доступ", "price": "1500",
            "paid_content": "Спасибо за оплату премиум! {{user.invite_link}}",
        },
        "summary": { "text": "Премиум пройден, {{user.user_name}}." },
    });
    for scenario in [&basic, &premium] {
        admin.post(&format!("{BOT}/scenarios"), scenario).await.must_be(201);
    }
    for (scenario, hours) in [("default", [0, 1, 1]), ("premium", [0, 1, 2])] {
        for (number, hours) in (1..).zip(hours) {
            let mut step = json!({
                "text": format!("**{scenario} {number}**, {{{{user.user_name}}}}"),
                "timing": { "hours": hours },
            });
            if scenario == "premium" {
                step["buttons"] = json!({ "button_set_ref": "payment_button" });
            }
            let steps = format!("{BOT}/scenarios/{scenario}/steps");
            admin.post(&steps, &step).await.must_be(201);
        }
    }
    BotId(bot["id"].as_str().expect("an id").to_owned())
}

/// Starts, switches, comes back, pays, joins the group and completes the premium course.
async fn buys_premium(system: &TestSystem, bob: &Person<'_>, bot: &BotId) {
    bob.start(None).await;
    assert_eq!(bob.received(), ["default 1, Bob"]);
    system.pass(MINUTE * 30).await;
    bob.start(Some("premium")).await;
    assert_eq!(bob.received()[1..], ["premium 1, Bob"]);
    assert_eq!(bob.run(bot, "default").await.status, ScenarioStatus::Stopped);
    let page = bob.button();
    system.pass(MINUTE * 10).await;
    bob.start(Some("default")).await;
    system.pass(MINUTE * 28).await;
    assert_eq!(bob.received().len(), 2, "what was left of the hour is waited for");
    system.pass(MINUTE * 2).await;
    assert_eq!(bob.last(), "default 2, Bob");
    bob.start(Some("premium")).await;

    let link = page.rsplit('/').next().expect("an id");
    system.prodamus().act(link, Deed::Pay, &Payer::default()).expect("it is open");
    system.pass(SOON).await;
    let run = bob.run(bot, "premium").await;
    assert!(run.payment_date.is_some(), "{run:?}");
    let invite = run.invite_link.expect("a link");
    assert_eq!(bob.last(), format!("Спасибо за оплату премиум! {invite}"));
    assert_eq!(system.telegram().join(bob.chat, &invite), Ok(GROUP));
    system.pass(SOON).await;
    assert!(bob.run(bot, "premium").await.access.joined_group);

    system.pass(Duration::from_hours(1)).await;
    assert_eq!(bob.last(), "premium 2, Bob");
    system.pass(Duration::from_hours(2)).await;
    assert_eq!(bob.last(), "premium 3, Bob");
    let all = bob.received();
    for number in 1..=3 {
        let step = format!("premium {number}, Bob");
        assert_eq!(all.iter().filter(|text| **text == step).count(), 1, "{all:?}");
    }
    assert_eq!(bob.run(bot, "premium").await.status, ScenarioStatus::Completed);
    bob.start(Some("premium")).await;
    assert_eq!(bob.last(), "Премиум пройден, Bob.");
}

/// The third scenario, from the first question to the default of the bot.
async fn builds_a_third(admin: &Admin<'_>) {
    admin.say("/create_scenario").await;
    admin.say("Summer course").await;
    for button in ["Skip", "Confirm", "Skip"] {
        admin.press(button).await;
    }
    admin.say("Summer, {{ user.user_name }}!").await;
    admin.press("Done").await;
    admin.say("0").await;
    for button in ["Skip", "Confirm", "Save"] {
        admin.press(button).await;
    }
    let listed = admin.say("/scenarios").await;
    for name in ["★ Базовый курс", "Премиум курс", "Summer course"] {
        assert!(listed.contains(name), "{listed}");
    }
    assert_eq!(admin.say("/demo_scenario summer-course").await, "Summer, __user.user_name__!");
    admin.say("/set_default_scenario summer-course").await;
    assert!(admin.say("/scenarios").await.contains("★ Summer course"));
}

#[test]
fn two_scenarios_are_lived_and_paid_for_and_an_admin_adds_a_third_and_writes_to_the_rest() {
    journey(async |system| {
        let mut admin = Admin::new(system).await;
        let bot = two_scenarios(system, &mut admin.browser).await;
        let (id, name) = (Some(GROUP), Some("The club".to_owned()));
        let club = NewChat { id, kind: ChatKind::Supergroup, name, username: None };
        system.telegram().add_chat(&club).expect("a group");
        system.telegram().promote(&admin.bot, GROUP, true).expect("an administrator");
        let bob = Person::new(system, &admin.bot, "Bob");
        buys_premium(system, &bob, &bot).await;

        builds_a_third(&admin).await;
        let cleo = Person::new(system, &admin.bot, "Cleo");
        cleo.start(None).await;
        assert_eq!(cleo.received(), ["Summer, Cleo!"]);
        assert_eq!(cleo.run(&bot, "summer-course").await.status, ScenarioStatus::Completed);
        let dan = Person::new(system, &admin.bot, "Dan");
        dan.start(Some("default")).await;

        admin.say("/create_broadcast").await;
        admin.say("Autumn sale").await;
        admin.say("Everything is *half price*").await;
        for button in ["Done", "Skip", "No active scenario", "Has not paid", "Done", "Confirm"] {
            admin.press(button).await;
        }
        let ready = admin.say("/send_broadcast autumn-sale").await;
        assert!(ready.contains("1 contact"), "{ready}");
        let before = [&bob, &dan].map(|it| it.received().len());
        admin.press("Send").await;
        system.pass(SOON).await;
        assert_eq!(cleo.last(), "Everything is half price");
        assert_eq!([&bob, &dan].map(|it| it.received().len()), before, "paid, and under way");
        system.pass(Duration::from_hours(3)).await;
        assert_eq!(dan.received()[..3], ["default 1, Dan", "default 2, Dan", "default 3, Dan"]);
    });
}
