//! What a payment gives: content, a way into the private group, and what a refund takes away.

mod ways;

use std::time::Duration;

use domain::contact::Contact;
use domain::ids::BotId;
use domain::scenario::{ScenarioState, ScenarioStatus};
use domain::slug::Slug;
use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use simulators::prodamus::{Deed, Payer};
use simulators::telegram::{ChatKind, Impossible, NewChat};
use table::keys;
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const BOT: &str = "/api/telegram/bots/shop";
const SCENARIOS: &str = "/api/telegram/bots/shop/scenarios";
const GROUP: i64 = -1_001_234_567_890;
const SOON: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

/// A company whose bot sells the way into a group, and a contact who has started it.
struct Club {
    admin: Browser,
    bot: BotId,
    username: String,
    chat: i64,
}

fn premium() -> Slug {
    Slug::parse("premium").expect("a slug")
}

/// Two steps, at once and an hour later. The first has the button that leads to the pay page.
async fn club(system: &TestSystem, paid_content: &str, more: Value) -> Club {
    let mut admin = system.sign_up("ada").await;
    let (bot, username) = add_bot(system, &mut admin, "shop").await;
    let form = json!({ "form_url": system.prodamus().form_url("shop"), "secret": system.prodamus().key() });
    admin.json(Method::PATCH, BOT, &json!({ "prodamus": form })).await.must_be(200);
    let group = NewChat {
        id: Some(GROUP),
        kind: ChatKind::Supergroup,
        name: Some("The club".to_owned()),
        username: None,
    };
    system.telegram().add_chat(&group).expect("a group");
    let mut scenario = json!({
        "name": "Premium", "slug": "premium", "private_group_id": GROUP.to_string(),
        "product": { "name": "Premium / доступ", "price": "1500", "paid_content": paid_content },
    });
    let fields = scenario.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    admin.post(SCENARIOS, &scenario).await.must_be(201);
    let pay = json!({ "type": "url", "text": "Pay", "url": "{{user.payment_link}}" });
    let steps = format!("{SCENARIOS}/premium/steps");
    let first = json!({ "text": "Pay here", "timing": { "hours": 0 }, "buttons": { "rows": [{ "buttons": [pay] }] } });
    admin.post(&steps, &first).await.must_be(201);
    admin.post(&steps, &json!({ "text": "Later", "timing": { "hours": 1 } })).await.must_be(201);
    let chat = system.phone("Ben");
    let id = bot["id"].as_str().expect("an id").to_owned();
    Club { admin, bot: BotId(id), username, chat }
}

/// The same with rights in the group, and the contact has started it and paid; the number of the payment and
/// the link that they got.
async fn paid(system: &TestSystem, paid_content: &str, more: Value) -> (Club, u64, String) {
    let club = club(system, paid_content, more).await;
    club.promote(system);
    club.start(system).await;
    let payment = club.pay(system).await;
    let link = club.invite(system).await;
    (club, payment, link)
}

impl Club {
    /// Comes into the group by a link.
    async fn join(&self, system: &TestSystem, link: &str) {
        assert_eq!(system.telegram().join(self.chat, link), Ok(GROUP));
        system.pass(SOON).await;
    }

    async fn start(&self, system: &TestSystem) {
        system.telegram().start(&self.username, self.chat, None).expect("it starts");
        system.pass(SOON).await;
    }

    /// The scenario has another group from now on, in which the bot has its rights.
    async fn regroup(&mut self, system: &TestSystem, id: i64) {
        let name = Some("The new club".to_owned());
        let group = NewChat { id: Some(id), kind: ChatKind::Supergroup, name, username: None };
        system.telegram().add_chat(&group).expect("a group");
        system.telegram().promote(&self.username, id, true).expect("an administrator");
        let changed = json!({ "private_group_id": id.to_string() });
        let path = format!("{SCENARIOS}/premium");
        self.admin.json(Method::PATCH, &path, &changed).await.must_be(200);
    }

    fn promote(&self, system: &TestSystem) {
        system.telegram().promote(&self.username, GROUP, true).expect("an administrator");
    }

    /// Pays on the page that the last button leads to; the number of the payment.
    async fn pay(&self, system: &TestSystem) -> u64 {
        let url = self.buttons(system).pop().expect("a button");
        let link = url.rsplit('/').next().expect("an id");
        let payment = system.prodamus().act(link, Deed::Pay, &Payer::default());
        system.pass(SOON).await;
        payment.expect("it is open")
    }

    async fn run(&self, system: &TestSystem) -> ScenarioState {
        let key = keys::contact(&self.bot, self.chat);
        let contact: Option<Contact> = system.system.app.table.get(&key).await.expect("readable");
        contact.expect("a contact").run(&premium())
    }

    async fn invite(&self, system: &TestSystem) -> String {
        self.run(system).await.invite_link.expect("a link")
    }

    async fn has_joined(&self, system: &TestSystem) -> bool {
        self.run(system).await.access.joined_group
    }

    fn received(&self, system: &TestSystem) -> Vec<String> {
        received(system, &self.username, self.chat)
    }

    /// Where the buttons of the messages lead that have one.
    fn buttons(&self, system: &TestSystem) -> Vec<String> {
        let messages = system.telegram().messages(&self.username, self.chat).expect("a chat");
        let url =
            |markup: &Value| markup["inline_keyboard"][0][0]["url"].as_str().map(str::to_owned);
        messages.iter().filter_map(|it| url(it.reply_markup.as_ref()?)).collect()
    }

    /// A chat that hears what the company's admins are told.
    async fn alerts(&mut self, system: &TestSystem) -> i64 {
        let link = self.admin.post("/api/telegram-links", &json!({ "bot": "default" })).await;
        let link = link.must_be(201);
        let token = link["link_token"].as_str().expect("a token").to_owned();
        let chat = system.phone("Ada");
        let payload = format!("link_{token}");
        system.telegram().start(SIMULATED_BOT, chat, Some(&payload)).expect("it starts");
        system.pass(SOON).await;
        chat
    }
}

#[test]
fn whoever_pays_gets_the_content_with_a_link_joins_and_after_leaving_gets_a_fresh_one() {
    journey(async |system| {
        let (club, _, link) = paid(system, "Welcome! **{{user.invite_link}}**", json!({})).await;
        assert_eq!(club.received(system), ["Pay here".to_owned(), format!("Welcome! {link}")]);
        let other = system.phone("Eve");
        club.join(system, &link).await;
        assert_eq!(system.telegram().join(other, &link), Err(Impossible::BadInvite));
        assert!(club.has_joined(system).await);
        assert!(club.run(system).await.access.joined_at.is_some());
        system.telegram().leave(GROUP, club.chat).expect("they were in it");
        system.pass(SOON).await;
        assert!(!club.has_joined(system).await);
        let fresh = club.invite(system).await;
        assert_ne!(fresh, link);
        assert!(club.received(system).last().is_some_and(|it| it.contains(&fresh)));
        assert_eq!(
            system.telegram().join(other, &link),
            Err(Impossible::BadInvite),
            "the first one would let in another now"
        );
        assert_eq!(system.telegram().join(club.chat, &fresh), Ok(GROUP));
        system.pass(HOUR).await;
        assert_eq!(club.received(system).last().map(String::as_str), Some("Later"), "it goes on");
    });
}

#[test]
fn a_link_that_the_content_does_not_name_is_a_message_of_its_own() {
    journey(async |system| {
        let (club, _, link) = paid(system, "", json!({})).await;
        let said = club.received(system);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[1].contains("Your payment for “Premium / доступ”"), "{said:?}");
        assert!(said[2].contains(&link), "{said:?}");
    });
}

#[test]
fn whoever_is_removed_gets_no_link_and_cannot_use_the_old_one() {
    journey(async |system| {
        let (club, _, link) = paid(system, "Thanks", json!({})).await;
        club.join(system, &link).await;
        let said = club.received(system).len();
        system.telegram().remove(GROUP, club.chat, false).expect("they were in it");
        system.pass(SOON).await;
        club.start(system).await;
        let run = club.run(system).await;
        assert!(run.access.removed && run.invite_link.is_none(), "{run:?}");
        assert_eq!(club.received(system).len(), said + 1, "the last step again, and no link");
        assert_eq!(system.telegram().join(club.chat, &link), Err(Impossible::BadInvite));
    });
}

#[test]
fn a_refund_takes_the_way_in_away_and_whoever_pays_again_comes_in_again() {
    journey(async |system| {
        let (club, payment, link) = paid(system, "Way in: {{user.invite_link}}", json!({})).await;
        club.join(system, &link).await;
        system.prodamus().refund(payment).expect("it is paid");
        system.pass(SOON).await;
        assert!(system.telegram().members(GROUP).is_empty());
        let run = club.run(system).await;
        assert_eq!(
            (run.payment_date, run.invite_link, run.access.joined_group),
            (None, None, false)
        );
        assert!(!run.access.removed, "the bot did that: it bars nobody who pays again");
        assert_eq!(system.telegram().join(club.chat, &link), Err(Impossible::BadInvite));
        // The last message once more, with a link to another order.
        club.start(system).await;
        club.pay(system).await;
        let fresh = club.invite(system).await;
        club.join(system, &fresh).await;
        assert!(club.has_joined(system).await);
    });
}

#[test]
fn a_refund_keeps_what_the_scenario_lets_them_keep() {
    journey(async |system| {
        let (club, payment, link) = paid(system, "Thanks", json!({ "on_refund": "keep" })).await;
        club.join(system, &link).await;
        system.prodamus().refund(payment).expect("it is paid");
        system.pass(SOON).await;
        assert_eq!(system.telegram().members(GROUP), [club.chat]);
        let run = club.run(system).await;
        assert_eq!((run.payment_date, run.access.joined_group), (None, true));
    });
}

#[test]
fn a_payment_completes_the_run_once_where_the_scenario_says_so() {
    journey(async |system| {
        let club = club(system, "Thanks", json!({ "on_payment": "complete" })).await;
        club.promote(system);
        club.start(system).await;
        system.prodamus().copies(3);
        club.pay(system).await;
        club.pay(system).await;
        let said = club.received(system);
        assert_eq!(said.iter().filter(|it| *it == "Thanks").count(), 1, "{said:?}");
        let run = club.run(system).await;
        assert_eq!(run.status, ScenarioStatus::Completed);
        system.pass(HOUR * 2).await;
        assert_eq!(club.received(system), said, "no step comes any more");
    });
}

#[test]
fn a_stopped_scenario_is_honoured_and_stays_stopped() {
    journey(async |system| {
        let club = club(system, "Thanks", json!({})).await;
        club.promote(system);
        club.start(system).await;
        system.telegram().say(&club.username, club.chat, "/stop", None).expect("said");
        system.pass(SOON).await;
        club.pay(system).await;
        let run = club.run(system).await;
        assert_eq!(run.status, ScenarioStatus::Stopped);
        assert!(run.payment_date.is_some() && run.invite_link.is_some());
        assert!(club.received(system).contains(&"Thanks".to_owned()));
    });
}

#[test]
fn without_rights_in_the_group_the_content_goes_out_alone_and_the_admins_are_told() {
    journey(async |system| {
        let mut club = club(system, "Welcome! {{user.invite_link}}", json!({})).await;
        let alerts = club.alerts(system).await;
        club.start(system).await;
        club.pay(system).await;
        assert_eq!(club.received(system), ["Pay here", "Welcome!"]);
        let told = received(system, SIMULATED_BOT, alerts);
        let about =
            |it: &&String| it.contains("No link into the group") && it.contains("-1001234567890");
        assert_eq!(told.iter().filter(about).count(), 1, "{told:?}");
        // Once the bot may, who has paid asks for it.
        club.promote(system);
        club.start(system).await;
        let link = club.invite(system).await;
        let said = club.received(system);
        assert!(said.iter().any(|it| it.contains(&link)), "{said:?}");
        assert_eq!(system.telegram().join(club.chat, &link), Ok(GROUP));
    });
}

#[test]
fn the_link_to_pay_is_made_once_and_is_the_same_when_the_step_comes_again() {
    journey(async |system| {
        let club = club(system, "Thanks", json!({})).await;
        club.promote(system);
        club.start(system).await;
        club.start(system).await;
        let buttons = club.buttons(system);
        assert_eq!(buttons.len(), 2, "{buttons:?}");
        assert_eq!(buttons[0], buttons[1]);
        assert_eq!(system.prodamus().links().len(), 1);
        assert!(buttons[0].ends_with(&system.prodamus().links()[0].id), "{buttons:?}");
        club.pay(system).await;
        club.start(system).await;
        assert_eq!(club.buttons(system)[2], buttons[0], "who has paid keeps the link");
    });
}

#[test]
fn a_step_goes_without_its_link_when_the_form_does_not_answer_for_long() {
    journey(async |system| {
        let club = club(system, "Thanks", json!({})).await;
        system.prodamus().inject(503, 1_000);
        club.start(system).await;
        assert_eq!(club.received(system), Vec::<String>::new(), "it waits for the link");
        system.pass(Duration::from_mins(5)).await;
        assert_eq!(club.received(system), ["Pay here"]);
        assert!(club.buttons(system).is_empty(), "a button that leads nowhere is left out");
        system.pass(HOUR).await;
        assert_eq!(club.received(system).last().map(String::as_str), Some("Later"));
    });
}

#[test]
fn who_has_blocked_the_bot_when_they_pay_gets_what_they_paid_for_when_they_return_once() {
    for by_start in [false, true] {
        journey(async |system| {
            let club = club(system, "Thank you", json!({})).await;
            club.promote(system);
            club.start(system).await;
            assert_eq!(club.received(system), ["Pay here"]);
            system.telegram().block(&club.username, club.chat).expect("it was started");
            system.pass(SOON).await;
            club.pay(system).await;
            assert_eq!(club.received(system), ["Pay here"], "nothing arrives");
            assert!(club.run(system).await.payment_date.is_some());

            if by_start {
                club.start(system).await;
            } else {
                system.telegram().unblock(&club.username, club.chat).expect("it was blocked");
                system.pass(SOON).await;
            }
            let said = club.received(system);
            let thanks = |said: &[String]| said.iter().filter(|it| *it == "Thank you").count();
            assert_eq!(thanks(&said), 1, "{said:?}");
            let link = club.invite(system).await;
            let links = |said: &[String]| said.iter().filter(|it| it.contains(&link)).count();
            assert_eq!(links(&said), 1, "{said:?}");
            club.join(system, &link).await;
            assert!(club.has_joined(system).await);

            system.telegram().block(&club.username, club.chat).expect("it was started");
            system.pass(SOON).await;
            system.telegram().unblock(&club.username, club.chat).expect("it was blocked");
            system.pass(SOON).await;
            club.start(system).await;
            let said = club.received(system);
            assert_eq!((thanks(&said), links(&said)), (1, 1), "{said:?}");
        });
    }
}

#[test]
fn the_admins_are_told_once_when_the_form_refuses_and_links_come_again_when_it_does_not() {
    journey(async |system| {
        let mut club = club(system, "Thanks", json!({})).await;
        let alerts = club.alerts(system).await;
        system.prodamus().inject(403, 2);
        club.start(system).await;
        assert_eq!(club.received(system), ["Pay here"]);
        club.start(system).await;
        assert_eq!(club.buttons(system), Vec::<String>::new());
        let told = received(system, SIMULATED_BOT, alerts);
        let about = |it: &&String| it.contains("The payment form of @") && it.contains("403");
        assert_eq!(told.iter().filter(about).count(), 1, "{told:?}");
        club.start(system).await;
        assert_eq!(club.buttons(system).len(), 1, "the form makes links again");
    });
}

#[test]
fn a_link_that_is_not_made_holds_up_no_other_contact_of_a_broadcast() {
    journey(async |system| {
        let mut club = club(system, "Thanks", json!({})).await;
        // A page is of one partition of contacts: these are on one.
        let page = |chat: &i64| keys::contact(&club.bot, *chat).pk;
        let others = (0..64).map(|n| system.phone(&format!("P{n}")));
        let others = others.filter(|chat| page(chat) == page(&club.chat)).take(3);
        let chats: Vec<i64> = [club.chat].into_iter().chain(others).collect();
        for chat in &chats {
            system.telegram().start(&club.username, *chat, None).expect("it starts");
        }
        system.pass(SOON).await;
        // Another price calls for other links.
        let product = json!({ "product": { "name": "Premium / доступ", "price": "2000", "paid_content": "Thanks" } });
        let path = format!("{SCENARIOS}/premium");
        club.admin.json(Method::PATCH, &path, &product).await.must_be(200);
        let sale = json!({ "name": "Sale", "text": "Pay: {{user.payment_link}}" });
        let broadcasts = format!("{BOT}/broadcasts");
        club.admin.post(&broadcasts, &sale).await.must_be(201);
        system.prodamus().inject(503, 3);
        club.admin.act(&format!("{broadcasts}/sale/send")).await.must_be(200);
        let copies = || {
            let all = chats.iter().flat_map(|chat| received(system, &club.username, *chat));
            all.filter(|it| it.starts_with("Pay:")).collect::<Vec<_>>()
        };
        system.pass(Duration::from_secs(1)).await;
        assert_eq!((chats.len(), copies().len()), (4, 1), "{:?}", copies());
        system.pass(Duration::from_mins(5)).await;
        let all = copies();
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.iter().all(|it| it.contains("http")), "{all:?}");
    });
}

#[test]
fn a_refund_takes_people_out_of_the_group_that_they_were_let_into() {
    journey(async |system| {
        let (mut club, payment, link) = paid(system, "Thanks", json!({})).await;
        club.join(system, &link).await;
        club.regroup(system, GROUP - 1).await;
        system.prodamus().refund(payment).expect("it is paid");
        system.pass(SOON).await;
        assert!(system.telegram().members(GROUP).is_empty());
        let run = club.run(system).await;
        assert_eq!((run.payment_date, run.access.joined_group), (None, false));
        assert_eq!(system.telegram().join(club.chat, &link), Err(Impossible::BadInvite));
    });
}

#[test]
fn whoever_has_paid_asks_for_a_way_into_the_group_that_the_scenario_has_now() {
    journey(async |system| {
        let (mut club, _, link) = paid(system, "Thanks", json!({})).await;
        club.join(system, &link).await;
        club.regroup(system, GROUP - 1).await;
        club.start(system).await;
        let fresh = club.invite(system).await;
        assert!(club.received(system).iter().any(|it| it.contains(&fresh)));
        assert_eq!(system.telegram().join(club.chat, &fresh), Ok(GROUP - 1));
        system.pass(SOON).await;
        assert!(club.has_joined(system).await);
        // What happens in the one before is nothing to the scenario any more.
        system.telegram().leave(GROUP, club.chat).expect("they were in it");
        system.pass(SOON).await;
        assert!(club.has_joined(system).await);
        assert_eq!(club.invite(system).await, fresh);
    });
}

#[test]
fn whoever_was_banned_and_pays_another_order_comes_in_again() {
    journey(async |system| {
        let (club, payment, link) = paid(system, "Thanks", json!({ "on_refund": "keep" })).await;
        club.join(system, &link).await;
        system.telegram().remove(GROUP, club.chat, true).expect("they were in it");
        system.prodamus().refund(payment).expect("it is paid");
        system.pass(SOON).await;
        assert!(club.run(system).await.access.removed);
        club.start(system).await;
        club.pay(system).await;
        let fresh = club.invite(system).await;
        assert_eq!(system.telegram().join(club.chat, &fresh), Ok(GROUP));
    });
}

#[test]
fn whoever_comes_in_by_the_link_of_someone_else_is_taken_out_and_the_payer_gets_a_fresh_one() {
    journey(async |system| {
        let (club, _, link) = paid(system, "Thanks", json!({})).await;
        let other = system.phone("Eve");
        assert_eq!(system.telegram().join(other, &link), Ok(GROUP));
        system.pass(SOON).await;
        assert!(system.telegram().members(GROUP).is_empty());
        assert_eq!(system.telegram().join(other, &link), Err(Impossible::BadInvite));
        let fresh = club.invite(system).await;
        assert!(club.received(system).iter().any(|it| it.contains(&fresh)));
        club.join(system, &fresh).await;
        assert_eq!(system.telegram().members(GROUP), [club.chat]);
    });
}
