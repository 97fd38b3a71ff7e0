//! Ways into a group that cross: links of which nobody knows, and groups that are others by now.

use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::scenario::ScenarioState;
use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::json;
use simulators::telegram::Impossible;
use table::keys;
use tests::{TestSystem, journey};

use super::{BOT, Club, GROUP, HOUR, SCENARIOS, SOON, club, paid, premium};
use crate::bots::received;

const SETTINGS: &str = "/api/telegram/bots/shop/scenario-settings";

/// Something else was written of the contact's run.
async fn change(system: &TestSystem, club: &Club, change: impl FnOnce(&mut ScenarioState)) {
    let (app, key) = (&system.system.app, keys::contact(&club.bot, club.chat));
    let contact: Option<Contact> = app.table.get(&key).await.expect("readable");
    let mut contact = contact.expect("a contact");
    let mut run = contact.run(&premium());
    change(&mut run);
    contact.runs.insert(premium(), run);
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    let decision = decision.write(Write::Replace(contact.into()));
    app.table.commit(&decision).await.expect("committed");
}

#[test]
fn a_link_that_is_the_contacts_no_more_ends_when_someone_comes_by_it() {
    journey(async |system| {
        let (club, _, link) = paid(system, "Thanks", json!({})).await;
        let kept = "https://t.me/+kept";
        change(system, &club, |run| run.invite_link = Some(kept.to_owned())).await;
        let other = system.phone("Eve");
        assert_eq!(system.telegram().join(other, &link), Ok(GROUP));
        system.pass(SOON).await;
        assert!(system.telegram().members(GROUP).is_empty());
        assert_eq!(system.telegram().join(other, &link), Err(Impossible::BadInvite));
        assert_eq!(club.invite(system).await, kept, "theirs stays");
    });
}

#[test]
fn whoever_stopped_without_a_link_to_pay_gets_it_with_the_first_start_and_once() {
    journey(async |system| {
        let club = club(system, "Thanks", json!({})).await;
        system.prodamus().inject(403, 1);
        club.start(system).await;
        assert_eq!(club.received(system), ["Pay here"]);
        assert!(club.buttons(system).is_empty(), "the form refused");
        for _ in 0..2 {
            system.telegram().say(&club.username, club.chat, "/stop", None).expect("said");
            system.pass(SOON).await;
            club.start(system).await;
            assert_eq!(club.buttons(system).len(), 1);
        }
        let said = club.received(system);
        assert_eq!(said.iter().filter(|it| *it == "Pay here").count(), 2, "{said:?}");
        system.pass(HOUR).await;
        assert_eq!(club.received(system).last().map(String::as_str), Some("Later"));
    });
}

#[test]
fn whoever_paid_and_stopped_gets_the_way_in_that_was_not_made_with_the_first_start() {
    journey(async |system| {
        let club = club(system, "Welcome!", json!({})).await;
        club.start(system).await;
        club.pay(system).await;
        system.telegram().say(&club.username, club.chat, "/stop", None).expect("said");
        system.pass(SOON).await;
        assert_eq!(club.run(system).await.invite_link, None, "the bot may not invite yet");
        club.promote(system);
        club.start(system).await;
        let link = club.invite(system).await;
        let said = club.received(system);
        assert_eq!(said.iter().filter(|it| it.contains(&link)).count(), 1, "{said:?}");
    });
}

/// What the admins are told of the refund of a payment.
async fn refunded(system: &TestSystem, alerts: i64, payment: u64) -> String {
    system.prodamus().refund(payment).expect("it is paid");
    system.pass(SOON).await;
    let told = received(system, SIMULATED_BOT, alerts);
    told.into_iter().rfind(|it| it.contains("went back")).expect("an alert")
}

#[test]
fn a_refund_takes_people_out_of_a_group_that_the_scenario_has_no_more_and_says_so() {
    journey(async |system| {
        let (mut club, payment, link) = paid(system, "Thanks", json!({})).await;
        let alerts = club.alerts(system).await;
        club.join(system, &link).await;
        let none = json!({ "private_group_id": null });
        let path = format!("{SCENARIOS}/premium");
        club.admin.json(Method::PATCH, &path, &none).await.must_be(200);
        let told = refunded(system, alerts, payment).await;
        assert!(told.contains("is taken away"), "{told}");
        assert!(system.telegram().members(GROUP).is_empty());
    });
}

#[test]
fn a_refund_takes_nothing_away_when_the_scenario_is_deleted() {
    journey(async |system| {
        let (mut club, payment, link) = paid(system, "Thanks", json!({})).await;
        let alerts = club.alerts(system).await;
        club.join(system, &link).await;
        let other = json!({ "name": "Other", "slug": "other" });
        club.admin.post(SCENARIOS, &other).await.must_be(201);
        let default = json!({ "default_scenario": "other" });
        club.admin.json(Method::PATCH, SETTINGS, &default).await.must_be(200);
        let path = format!("{SCENARIOS}/premium");
        let deleted = club.admin.json(Method::DELETE, &path, &json!({})).await;
        assert_eq!(deleted.status.as_u16(), 204);
        let told = refunded(system, alerts, payment).await;
        assert!(told.contains("Nothing was taken away"), "{told}");
        assert_eq!(system.telegram().members(GROUP), [club.chat]);
        assert_eq!(club.run(system).await.payment_date, None);
    });
}

#[test]
fn a_refund_takes_people_out_of_each_group_that_they_were_let_into() {
    journey(async |system| {
        let (mut club, payment, link) = paid(system, "Thanks", json!({})).await;
        club.join(system, &link).await;
        club.regroup(system, GROUP - 1).await;
        club.start(system).await;
        let fresh = club.invite(system).await;
        assert_eq!(system.telegram().join(club.chat, &fresh), Ok(GROUP - 1));
        system.pass(SOON).await;
        system.prodamus().refund(payment).expect("it is paid");
        system.pass(SOON * 2).await;
        assert!(system.telegram().members(GROUP - 1).is_empty());
        assert!(system.telegram().members(GROUP).is_empty());
        assert!(club.run(system).await.earlier_groups.is_empty());
    });
}

#[test]
fn the_admins_are_told_of_payments_in_their_language() {
    journey(async |system| {
        let mut club = club(system, "Welcome!", json!({})).await;
        let alerts = club.alerts(system).await;
        let russian = json!({ "locale": "ru" });
        club.admin.json(Method::PATCH, "/api/public/auth/me", &russian).await.must_be(200);
        club.start(system).await;
        club.pay(system).await;
        let told = received(system, SIMULATED_BOT, alerts);
        let about = |it: &&String| {
            it.contains("Платёж через @") && it.contains("Не удалось создать ссылку в группу")
        };
        assert_eq!(told.iter().filter(about).count(), 1, "{told:?}");
    });
}

#[test]
fn a_start_by_hand_without_rights_in_the_group_tells_the_admins_once() {
    journey(async |system| {
        let mut club = club(system, "Thanks", json!({})).await;
        let alerts = club.alerts(system).await;
        let told = || {
            let told = received(system, SIMULATED_BOT, alerts);
            told.iter().filter(|it| it.contains("No link into the group")).count()
        };
        club.start(system).await;
        club.pay(system).await;
        assert_eq!(told(), 1, "of the payment");
        club.start(system).await;
        assert_eq!(told(), 1, "who asks again is no news");
        system.telegram().say(&club.username, club.chat, "/stop", None).expect("said");
        system.pass(SOON).await;
        let path = format!("{BOT}/contacts/{}/start", club.chat);
        club.admin.post(&path, &json!({ "scenario": "premium" })).await.must_be(200);
        system.pass(SOON).await;
        assert_eq!(told(), 2, "an admin who starts them hears why there is no link");
        system.pass(HOUR).await;
        assert_eq!(told(), 2);
    });
}
