//! What a bot's owner sees of its contacts and does for them.

mod replies;

use std::time::Duration;

use app::payment::{NewOrder, payment_link};
use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::scenario::ScenarioState;
use domain::slug::Slug;
use http::{Method, header};
use serde_json::{Value, json};
use simulators::prodamus::{Deed, Payer};
use table::keys;
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const BOT: &str = "/api/telegram/bots/school";
const CONTACTS: &str = "/api/telegram/bots/school/contacts";
const FUNNEL: &str = "/api/telegram/bots/school/scenarios/premium/funnel";
const TEST_PAYMENT: &str = "/api/telegram/bots/school/scenarios/premium/test-payment";
const HOUR: Duration = Duration::from_hours(1);

/// A company whose bot sells a course of three messages, an hour apart.
struct School<'a> {
    system: &'a TestSystem,
    admin: Browser,
    bot: BotId,
    username: String,
}

impl<'a> School<'a> {
    async fn open(system: &'a TestSystem) -> Self {
        let mut admin = system.sign_up("ada").await;
        let (bot, username) = add_bot(system, &mut admin, "school").await;
        let id = bot["id"].as_str().expect("an id").to_owned();
        let premium = json!({
            "name": "Premium", "product": { "name": "Premium access", "price": 1500 },
            "summary": { "text": "The end" },
        });
        admin.post(&format!("{BOT}/scenarios"), &premium).await.must_be(201);
        for (step, hours) in [("one", 0), ("two", 1), ("three", 1)] {
            let step = json!({ "slug": step, "text": step, "timing": { "hours": hours } });
            let steps = format!("{BOT}/scenarios/premium/steps");
            admin.post(&steps, &step).await.must_be(201);
        }
        Self { system, admin, bot: BotId(id), username }
    }

    async fn take_payments(&mut self) {
        let prodamus = self.system.prodamus();
        let form = json!({ "form_url": prodamus.form_url("school"), "secret": prodamus.key() });
        let change = json!({ "prodamus": form });
        self.admin.json(Method::PATCH, BOT, &change).await.must_be(200);
    }

    /// Somebody who starts the bot.
    async fn starts(&self, name: &str) -> i64 {
        let chat = self.system.phone(name);
        self.system.telegram().start(&self.username, chat, None).expect("it starts");
        self.system.pass(Duration::from_secs(5)).await;
        chat
    }

    async fn pays(&self, chat_id: i64) {
        let new = NewOrder {
            bot: self.bot.clone(),
            chat_id,
            scenario: Slug::parse("premium").expect("a slug"),
            product: "Premium access".to_owned(),
            price: 1_500.into(),
        };
        let link = payment_link(&self.system.app_of(deliver::FUNCTION), &new).await;
        self.pays_at(&link.expect("a link")).await;
    }

    async fn pays_at(&self, link: &str) {
        let link = link.rsplit('/').next().expect("an id");
        self.system.prodamus().act(link, Deed::Pay, &Payer::default()).expect("it is open");
        self.system.pass(Duration::from_secs(5)).await;
    }

    /// A chat of an admin's with the bot.
    async fn admins_chat(&mut self) -> i64 {
        let channel = json!({ "channel_type": "TELEGRAM", "details": { "bot": "school" } });
        let channel = self.admin.post("/api/notifications/channels", &channel).await.must_be(201);
        let (_, token) =
            channel["url"].as_str().expect("a link").split_once("start=").expect("a token");
        let chat = self.system.phone("Ada");
        self.system.telegram().start(&self.username, chat, Some(token)).expect("it starts");
        self.system.pass(Duration::from_secs(3)).await;
        chat
    }

    async fn deed(&mut self, chat: i64, deed: &str, body: Value) -> Value {
        self.admin.post(&format!("{CONTACTS}/{chat}/{deed}"), &body).await.must_be(200)
    }

    async fn listed(&mut self, query: &str) -> Vec<i64> {
        let (mut all, mut path) = (Vec::new(), format!("{CONTACTS}?{query}"));
        loop {
            let page = self.admin.get(&path).await.must_be(200);
            let items = page["items"].as_array().expect("items").iter();
            all.extend(items.map(|it| it["chat_id"].as_i64().expect("a chat")));
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("{CONTACTS}?{query}&cursor={next}");
        }
        all.sort_unstable();
        all
    }

    fn received(&self, chat: i64) -> Vec<String> {
        received(self.system, &self.username, chat)
    }

    async fn says(&self, chat: i64, text: &str) {
        self.system.telegram().say(&self.username, chat, text, None).expect("said");
        self.system.pass(Duration::from_secs(3)).await;
    }
}

fn premium() -> Value {
    json!({ "scenario": "premium" })
}

#[test]
fn contacts_are_listed_by_what_they_have_in_common_and_come_as_a_file() {
    journey(async |system| {
        let mut school = School::open(system).await;
        school.take_payments().await;
        let eve = school.starts("=1+1").await;
        let ben = school.starts("Ben").await;
        school.pays(ben).await;
        system.pass(HOUR).await;
        let zoe = school.starts("Zoe").await;
        system.telegram().block(&school.username, zoe).expect("it was started");
        system.pass(HOUR).await;

        assert_eq!(school.listed("limit=1").await, [eve, ben, zoe]);
        assert_eq!(school.listed("paid=true").await, [ben]);
        assert_eq!(school.listed("paid=false&blocked=false").await, [eve]);
        assert_eq!(school.listed("scenario=premium&status=active").await, [zoe]);
        assert_eq!(school.listed("status=completed&limit=1").await, [eve, ben]);
        assert_eq!(school.listed("scenario=premium&status=not_started").await, [0_i64; 0]);
        let query = "paid=perhaps&blocked=no&status=lost&scenario=/";
        let problem = school.admin.get(&format!("{CONTACTS}?{query}")).await.must_be(422);
        assert_eq!(problem["errors"].as_array().expect("errors").len(), 4, "{problem}");
        let lost = school.admin.get(&format!("{CONTACTS}?cursor=OTk")).await;
        assert_eq!(lost.must_be(422)["errors"][0]["field"], "cursor");

        let shown = school.admin.get(&format!("{CONTACTS}/{zoe}")).await.must_be(200);
        let run = &shown["scenarios"]["premium"];
        assert_eq!((&run["status"], &run["step"]), (&json!("active"), &json!("one")), "{shown}");
        assert!(shown["blocked"].is_string() && run["next_due"].is_null(), "{shown}");
        let shown = school.admin.get(&format!("{CONTACTS}/{ben}")).await.must_be(200);
        let order = &shown["orders"][0];
        assert_eq!((&order["status"], &order["revenue"]), (&json!("paid"), &json!("1500")));
        for nobody in ["1", "nobody"] {
            let unknown = school.admin.get(&format!("{CONTACTS}/{nobody}")).await;
            assert_eq!(unknown.status, 404);
            assert_eq!(unknown.code(), "USER_NOT_FOUND");
        }

        let file = school.admin.get(&format!("{BOT}/contacts.csv")).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        assert!(!file.headers.contains_key(header::LINK), "it is all there");
        let lines: Vec<&str> = file.text.lines().collect();
        assert_eq!(lines.len(), 4, "{}", file.text);
        assert!(lines[0].starts_with("\u{feff}chat_id,user_name,"), "{}", lines[0]);
        assert!(file.text.contains(&format!("{eve},'=1+1,en,")), "{}", file.text);
        let paid = school.admin.get(&format!("{BOT}/contacts.csv?paid=true")).await;
        assert_eq!(paid.text.lines().count(), 2, "{}", paid.text);
    });
}

#[test]
fn the_funnel_says_how_far_contacts_come_and_where_they_pay() {
    journey(async |system| {
        let mut school = School::open(system).await;
        school.take_payments().await;
        let ben = school.starts("Ben").await;
        let eve = school.starts("Eve").await;
        school.pays(ben).await;
        system.pass(HOUR).await;
        school.deed(eve, "stop", json!({})).await;
        system.pass(HOUR * 2).await;
        let zoe = school.starts("Zoe").await;
        school.deed(zoe, "grant", premium()).await;

        let funnel = school.admin.get(FUNNEL).await.must_be(200);
        let number = |name: &str| funnel[name].as_u64().expect("a number");
        let all = ["started", "active", "stopped", "completed", "paid"].map(number);
        assert_eq!(all, [3, 1, 1, 1, 2], "{funnel}");
        assert_eq!(funnel["completed_rate"], 0.3333);
        assert_eq!((number("orders_paid"), number("orders_granted")), (1, 1));
        let roubles = json!([{ "currency": "rub", "sum": "1500" }]);
        assert_eq!((&funnel["revenue"], &funnel["revenue_without_step"]), (&roubles, &json!([])));
        let step = |at: usize| {
            let step = &funnel["steps"][at];
            let names = ["received", "paid_after", "waiting", "stopped", "completed"];
            (names.map(|it| step[it].as_u64().expect("a number")), step["revenue"].clone())
        };
        assert_eq!(step(0), ([3, 2, 1, 0, 0], roubles), "where Ben paid: {funnel}");
        assert_eq!(step(1), ([2, 0, 0, 1, 0], json!([])), "it came after the payment");
        assert_eq!(step(2), ([1, 0, 0, 0, 1], json!([])));
        assert_eq!(funnel["next_cursor"], Value::Null);

        school.deed(ben, "refund", premium()).await;
        let funnel = school.admin.get(FUNNEL).await.must_be(200);
        assert_eq!((&funnel["orders_refunded"], &funnel["revenue"]), (&json!(1), &json!([])));
        let unknown = FUNNEL.replace("premium", "unknown");
        assert_eq!(school.admin.get(&unknown).await.code(), "SCENARIO_NOT_FOUND");
        system.pass(HOUR * 3).await;
    });
}

#[test]
fn what_was_paid_is_found_by_its_order_and_what_did_not_count_is_listed() {
    journey(async |system| {
        let mut school = School::open(system).await;
        school.take_payments().await;
        let ben = school.starts("Ben").await;
        school.pays(ben).await;
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let stray = vec![
            field("order_id", "1"),
            field("order_num", "of another shop"),
            field("sum", "7.50"),
            field("payment_status", "success"),
        ];
        system.prodamus().say("school", stray, false);
        system.settle().await;

        let mut seen = Vec::new();
        let mut path = format!("{BOT}/payments?limit=1");
        loop {
            let page = school.admin.get(&path).await.must_be(200);
            seen.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("{BOT}/payments?limit=1&cursor={next}");
        }
        let what = |at: usize| ["outcome", "sum", "chat_id"].map(|name| seen[at][name].clone());
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(what(0), [json!("honoured"), json!("1500"), json!(ben)]);
        assert_eq!(what(1), [json!("unknown_order"), json!("7.5"), Value::Null]);

        let number = seen[0]["order"].as_str().expect("a number");
        let order = school.admin.get(&format!("{BOT}/orders/{number}")).await.must_be(200);
        assert_eq!((&order["chat_id"], &order["status"]), (&json!(ben), &json!("paid")));
        let heard = &order["payments"][0];
        assert_eq!((&heard["payment"], &heard["counts"]), (&seen[0]["payment"], &json!(true)));
        for unknown in ["1", &"0".repeat(32)] {
            let unknown = school.admin.get(&format!("{BOT}/orders/{unknown}")).await;
            assert_eq!(unknown.status, 404);
        }
    });
}

#[test]
fn the_link_that_a_contact_brought_from_another_bot_is_never_sent() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let step = json!({ "text": "two, at {{ user.payment_link }}" });
        let path = format!("{BOT}/scenarios/premium/steps/two");
        school.admin.json(Method::PATCH, &path, &step).await.must_be(200);
        let ben = school.starts("Ben").await;
        let slug = Slug::parse("premium").expect("a slug");
        let key = keys::contact(&school.bot, ben);
        let app = &system.system.app;
        let contact: Option<Contact> = app.table.get(&key).await.expect("readable");
        let mut contact = contact.expect("a contact");
        let link = Some("https://old.example/pay".to_owned());
        let run = ScenarioState { payment_link: link, ..contact.run(&slug) };
        contact.runs.insert(slug, run);
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        let decision = decision.write(Write::Replace(contact.into()));
        app.table.commit(&decision).await.expect("committed");
        system.pass(HOUR).await;
        let received = school.received(ben);
        assert!(received.iter().any(|text| text.starts_with("two, at")), "{received:?}");
        assert!(!received.iter().any(|text| text.contains("old.example")), "{received:?}");
    });
}

#[test]
fn a_gift_is_sent_once_and_taken_back_once() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        let refund = format!("{CONTACTS}/{ben}/refund");
        let nothing = school.admin.post(&refund, &premium()).await;
        assert_eq!((nothing.status.as_u16(), nothing.code()), (409, "PAYMENT_REQUIRED"));
        let before = school.received(ben).len();
        for _ in 0..2 {
            let given = school.deed(ben, "grant", premium()).await;
            assert!(given["scenarios"]["premium"]["payment_date"].is_string(), "{given}");
            system.pass(Duration::from_secs(5)).await;
            assert_eq!(school.received(ben).len(), before + 1, "what a payment would send, once");
        }
        let shown = school.admin.get(&format!("{CONTACTS}/{ben}")).await.must_be(200);
        let me = school.admin.get("/api/public/auth/me").await.must_be(200);
        let orders = shown["orders"].as_array().expect("orders");
        assert_eq!(orders.len(), 1, "{shown}");
        assert_eq!((&orders[0]["granted_by"], &orders[0]["revenue"]), (&me["id"], &json!("0")));
        for _ in 0..2 {
            let taken = school.deed(ben, "refund", premium()).await;
            assert!(taken["scenarios"]["premium"]["payment_date"].is_null(), "{taken}");
        }
        let unknown = json!({ "scenario": "unknown" });
        for deed in ["grant", "refund", "start", "reset", "stop"] {
            let path = format!("{CONTACTS}/{ben}/{deed}");
            assert_eq!(school.admin.post(&path, &unknown).await.code(), "SCENARIO_NOT_FOUND");
            let path = format!("{CONTACTS}/1/{deed}");
            assert_eq!(school.admin.post(&path, &premium()).await.code(), "USER_NOT_FOUND");
        }
        system.pass(HOUR * 3).await;
    });
}

#[test]
fn a_contact_who_is_reset_gets_everything_again_and_one_who_is_stopped_goes_on() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        system.pass(HOUR).await;
        assert_eq!(school.received(ben), ["one", "two"]);
        for _ in 0..2 {
            let stopped = school.deed(ben, "stop", json!({})).await;
            assert_eq!(stopped["scenarios"]["premium"]["status"], "stopped");
        }
        system.pass(HOUR * 5).await;
        assert_eq!(school.received(ben).len(), 2, "nothing is to come");
        for _ in 0..2 {
            let reset = school.deed(ben, "reset", premium()).await;
            assert_eq!(
                (&reset["scenarios"], &reset["active_scenario"]),
                (&json!({}), &Value::Null)
            );
        }
        system.telegram().start(&school.username, ben, None).expect("it starts");
        system.pass(HOUR * 3).await;
        assert_eq!(school.received(ben), ["one", "two", "one", "two", "three"]);
    });
}

#[test]
fn an_admin_starts_a_scenario_for_a_contact_and_is_told_when_that_cannot_be() {
    journey(async |system| {
        let mut school = School::open(system).await;
        for (name, step) in [("club", Some("welcome")), ("empty", None)] {
            let scenario = json!({ "name": name, "slug": name });
            school.admin.post(&format!("{BOT}/scenarios"), &scenario).await.must_be(201);
            if let Some(step) = step {
                let step = json!({ "text": step, "timing": { "hours": 1 } });
                let steps = format!("{BOT}/scenarios/{name}/steps");
                school.admin.post(&steps, &step).await.must_be(201);
            }
        }
        let ben = school.starts("Ben").await;
        let path = format!("{CONTACTS}/{ben}/start");
        let of = |name: &str| json!({ "scenario": name });
        for (name, code) in
            [("premium", "SCENARIO_ALREADY_ACTIVE"), ("empty", "INVALID_SCENARIO_STATE")]
        {
            let refused = school.admin.post(&path, &of(name)).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (409, code));
        }
        let switched = school.deed(ben, "start", of("club")).await;
        assert_eq!(switched["active_scenario"], "club");
        assert_eq!(switched["scenarios"]["premium"]["status"], "stopped");
        system.pass(HOUR * 2).await;
        assert_eq!(school.received(ben), ["one", "welcome"], "each message at its time");
        let done = school.admin.post(&path, &of("club")).await;
        assert_eq!((done.status.as_u16(), done.code()), (409, "INVALID_SCENARIO_STATE"));
        school.deed(ben, "start", premium()).await;
        system.pass(HOUR * 3).await;
        assert_eq!(school.received(ben), ["one", "welcome", "two", "three"]);

        system.telegram().block(&school.username, ben).expect("it was started");
        system.pass(Duration::from_secs(5)).await;
        school.deed(ben, "reset", premium()).await;
        let blocked = school.admin.post(&path, &premium()).await;
        assert_eq!((blocked.status.as_u16(), blocked.code()), (409, "INVALID_SCENARIO_STATE"));
    });
}

#[test]
fn a_payment_can_be_tried_and_counts_nowhere() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let refused = school.admin.act(TEST_PAYMENT).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "NO_PAYMENT_FORM"));
        school.take_payments().await;
        let chat = school.admins_chat().await;
        let link = json!({ "bot": "school" });
        let link = school.admin.post("/api/telegram-links", &link).await.must_be(201);
        let payload = format!("link_{}", link["link_token"].as_str().expect("a token"));
        system.telegram().start(&school.username, chat, Some(&payload)).expect("it starts");
        system.pass(Duration::from_secs(3)).await;

        let test = school.admin.act(TEST_PAYMENT).await.must_be(201);
        assert_eq!((&test["product"], &test["price"]), (&json!("Premium access"), &json!("1500")));
        let links = system.prodamus().links();
        assert!(links.iter().all(|it| it.demo), "no money is moved there");
        school.pays_at(test["url"].as_str().expect("a link")).await;
        system.settle().await;
        let told = school.received(chat);
        assert!(told.iter().any(|text| text.contains("demo mode")), "{told:?}");
        let funnel = school.admin.get(FUNNEL).await.must_be(200);
        assert_eq!((&funnel["orders"], &funnel["revenue"]), (&json!(0), &json!([])));

        let empty = json!({ "name": "Free" });
        school.admin.post(&format!("{BOT}/scenarios"), &empty).await.must_be(201);
        let free = school.admin.act(&TEST_PAYMENT.replace("premium", "free")).await;
        assert_eq!((free.status.as_u16(), free.code()), (409, "INVALID_SCENARIO_STATE"));
    });
}
