//! What contacts write to the admins, and what the admins answer.

use std::time::Duration;

use http::Method;
use serde_json::json;
use simulators::telegram::{Fault, FaultPlan};
use tests::journey;

use super::{BOT, School};

#[test]
fn what_contacts_write_reaches_the_admins_and_their_answers_the_contact() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        school.says(ben, "Is anybody there?").await;
        let nobody = school.received(ben).pop().expect("an answer");
        let admin = school.admins_chat().await;
        let before = school.received(ben).len();
        school.says(ben, "When does it begin?").await;
        let telegram = system.telegram();
        let shown = telegram.messages(&school.username, admin).expect("a chat");
        let shown = shown.iter().rfind(|it| it.is_outgoing()).expect("a message");
        assert_eq!(shown.text, "When does it begin?");
        assert_eq!(shown.forward_origin.as_ref().expect("an origin")["sender_user"]["id"], ben);
        assert_eq!(school.received(ben).len(), before, "a person answers: {nobody}");

        telegram
            .reply(&school.username, admin, shown.message_id, "On Monday")
            .expect("it was shown");
        system.pass(Duration::from_secs(3)).await;
        assert_eq!(school.received(ben).last().map(String::as_str), Some("On Monday"));
        telegram.send_sticker(&school.username, ben).expect("sent");
        system.pass(Duration::from_secs(3)).await;
        let last = telegram.messages(&school.username, admin).expect("a chat").pop();
        let last = last.expect("a message");
        assert!(last.service.as_ref().is_some_and(|it| it["sticker"].is_object()), "{last:?}");

        // An admin who just writes is answered as ever, and nobody is told.
        let heard = school.received(ben).len();
        school.says(admin, "Hello?").await;
        assert_eq!(school.received(admin).last(), Some(&nobody));
        assert_eq!(school.received(ben).len(), heard);

        telegram.block(&school.username, ben).expect("it was started");
        system.pass(Duration::from_secs(3)).await;
        telegram.reply(&school.username, admin, shown.message_id, "Are you there?").expect("shown");
        system.pass(Duration::from_secs(3)).await;
        let told = school.received(admin).pop().expect("an answer");
        assert_eq!(told, "Your answer did not arrive.");
    });
}

#[test]
fn what_a_contact_says_by_a_button_of_the_authors_reaches_the_admins_like_what_they_write() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let call = json!({ "type": "callback", "text": "Call me", "callback_data": "call" });
        let buttons = json!({ "buttons": { "rows": [{ "buttons": [call] }] } });
        let step = format!("{BOT}/scenarios/premium/steps/one");
        school.admin.json(Method::PATCH, &step, &buttons).await.must_be(200);
        let ben = school.starts("Ben").await;
        let telegram = system.telegram();
        let messages = telegram.messages(&school.username, ben).expect("a chat");
        let with_button = messages.iter().rfind(|it| it.is_outgoing()).expect("a message");
        telegram.press(&school.username, ben, with_button.message_id, "call").expect("pressed");
        system.pass(Duration::from_secs(3)).await;
        let nobody = school.received(ben).pop().expect("an answer");
        assert_eq!(nobody, "This button does not work any more.", "no admin has a chat");

        let admin = school.admins_chat().await;
        let before = school.received(ben).len();
        telegram.press(&school.username, ben, with_button.message_id, "call").expect("pressed");
        system.pass(Duration::from_secs(3)).await;
        let shown = telegram.messages(&school.username, admin).expect("a chat");
        let shown = shown.iter().rfind(|it| it.is_outgoing()).expect("a message");
        assert_eq!(shown.text, "Ben pressed a button: call");
        assert_eq!(school.received(ben).len(), before, "a person answers");
        telegram
            .reply(&school.username, admin, shown.message_id, "At what time?")
            .expect("it was shown");
        system.pass(Duration::from_secs(3)).await;
        assert_eq!(school.received(ben).last().map(String::as_str), Some("At what time?"));
    });
}

#[test]
fn an_admin_answers_while_another_chat_has_yet_to_be_shown_the_message() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        let admin = school.admins_chat().await;
        let other = school.admins_chat().await;
        let shown = |chat| {
            let all = system.telegram().messages(&school.username, chat).expect("a chat");
            all.into_iter().rfind(|it| it.forward_origin.is_some()).map(|it| it.message_id)
        };
        let fault = FaultPlan { times: Some(4), ..FaultPlan::from(Fault::ErrorBefore) };
        system.telegram().inject(FaultPlan { chat_id: Some(other), ..fault });
        school.says(ben, "When does it begin?").await;
        assert_eq!(shown(other), None, "it is tried again");
        let message = shown(admin).expect("it was shown");
        system
            .telegram()
            .reply(&school.username, admin, message, "On Monday")
            .expect("it was shown");
        system.pass(Duration::from_secs(5)).await;
        assert_eq!(school.received(ben).last().map(String::as_str), Some("On Monday"));
        system.pass(Duration::from_mins(5)).await;
        assert!(shown(other).is_some());
    });
}

#[test]
fn what_still_waits_is_not_shown_to_someone_who_is_no_admin_any_more() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        let (admin, other) = (school.admins_chat().await, school.admins_chat().await);
        let forwarded = |school: &School<'_>, chat| {
            let all = system.telegram().messages(&school.username, chat).expect("a chat");
            all.iter().filter(|it| it.forward_origin.is_some()).count()
        };
        for n in 0..18 {
            let text = format!("Question {n}");
            system.telegram().say(&school.username, ben, &text, None).expect("said");
        }
        system.pass(Duration::from_secs(2)).await;
        let channels = school.admin.get("/api/notifications/channels").await.must_be(200);
        let listed = channels["items"].as_array().expect("a list");
        let own = listed.iter().find(|it| it["details"]["chat_id"] == other).expect("a channel");
        let path = format!("/api/notifications/channels/{}", own["id"].as_str().expect("an id"));
        school.admin.send(Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(204);
        // What a run had read by then was on its way.
        system.pass(Duration::from_secs(5)).await;
        let before = forwarded(&school, other);
        assert!(before < 6, "most are yet to be shown");
        system.pass(Duration::from_mins(4)).await;
        assert_eq!(forwarded(&school, other), before);
        assert_eq!(forwarded(&school, admin), 18, "the others are shown all of it");
    });
}

#[test]
fn what_many_contacts_write_at_once_comes_evenly_and_the_bot_still_answers_its_admin() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let (ben, eve) = (school.starts("Ben").await, school.starts("Eve").await);
        let admin = school.admins_chat().await;
        let forwarded = |school: &School<'_>| {
            let all = system.telegram().messages(&school.username, admin).expect("a chat");
            all.iter().filter(|it| it.forward_origin.is_some()).count()
        };
        for n in 0..20 {
            for chat in [ben, eve] {
                let text = format!("Question {n}");
                system.telegram().say(&school.username, chat, &text, None).expect("said");
            }
        }
        system.pass(Duration::from_secs(20)).await;
        assert!((1..40).contains(&forwarded(&school)));
        system.telegram().say(&school.username, admin, "/scenarios", None).expect("said");
        system.pass(Duration::from_secs(5)).await;
        let told = school.received(admin);
        assert!(told.iter().any(|text| text.contains("/start premium")), "{told:?}");
        assert!(forwarded(&school) < 40, "it need not wait for all of them");
        system.pass(Duration::from_mins(3)).await;
        assert_eq!(forwarded(&school), 40, "none is lost");
    });
}

#[test]
fn two_who_write_a_lot_hold_up_no_other() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let (ben, eve) = (school.starts("Ben").await, school.starts("Eve").await);
        let zoe = school.starts("Zoe").await;
        let admin = school.admins_chat().await;
        for n in 0..20 {
            for chat in [ben, eve] {
                let text = format!("Question {n}");
                system.telegram().say(&school.username, chat, &text, None).expect("said");
            }
        }
        system.pass(Duration::from_secs(1)).await;
        system.telegram().say(&school.username, zoe, "And me?", None).expect("said");
        system.pass(Duration::from_secs(25)).await;
        let shown = system.telegram().messages(&school.username, admin).expect("a chat");
        assert!(shown.iter().any(|it| it.text == "And me?"), "{shown:?}");
    });
}

#[test]
fn that_something_is_left_out_of_what_many_contacts_write_is_said_once_in_a_while() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let mut contacts = Vec::new();
        for n in 0..22 {
            contacts.push(school.starts(&format!("Contact {n}")).await);
        }
        let admin = school.admins_chat().await;
        for n in 0..20 {
            for chat in &contacts {
                let text = format!("Question {n}");
                system.telegram().say(&school.username, *chat, &text, None).expect("said");
            }
        }
        system.pass(Duration::from_mins(2)).await;
        let told = school.received(admin);
        let left = told.iter().filter(|text| text.contains("So many write to the bot")).count();
        assert!((1..=2).contains(&left), "once in each window that they fall into: {told:?}");
    });
}

#[test]
fn who_writes_too_much_is_cut_and_nothing_is_forwarded_where_it_is_not_wanted() {
    journey(async |system| {
        let mut school = School::open(system).await;
        let ben = school.starts("Ben").await;
        let admin = school.admins_chat().await;
        let forwarded = |school: &School<'_>| {
            let all = system.telegram().messages(&school.username, admin).expect("a chat");
            all.iter().filter(|it| it.forward_origin.is_some()).count()
        };
        // From the beginning of a minute.
        system.pass(Duration::from_mins(1)).await;
        for n in 0..50 {
            system.telegram().say(&school.username, ben, &format!("spam {n}"), None).expect("said");
        }
        system.pass(Duration::from_mins(6)).await;
        let shown = forwarded(&school);
        assert!((20..=40).contains(&shown), "twenty in each minute that they fall into: {shown}");
        let told = school.received(admin);
        let cut = told.iter().filter(|text| text.contains("writes too much")).count();
        assert!((1..=2).contains(&cut), "{told:?}");
        school.says(ben, "sorry").await;
        assert_eq!(forwarded(&school), shown + 1, "it is another minute");

        let settings = format!("{BOT}/scenario-settings");
        assert_eq!(school.admin.get(&settings).await.must_be(200)["forward_replies"], true);
        let off = json!({ "forward_replies": false });
        let off = school.admin.json(Method::PATCH, &settings, &off).await.must_be(200);
        assert_eq!(off["forward_replies"], false);
        school.says(ben, "hello?").await;
        assert_eq!(forwarded(&school), shown + 1);
    });
}
