//! Flow B of the onboarding document: an admin's link brings in a person who needs no web page.

use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::invite::{ChatPerson, GuestTarget, OnboardingInvite};
use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use table::keys;
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};
use crate::{about, offer};

const SHOES: &str = "https://shop.example/shoes";
const BIKES: &str = "https://shop.example/bikes";
const INVITES: &str = "/api/telegram/invites";

/// An invite to the page of shoes.
async fn invite(admin: &mut Browser) -> Value {
    let body = json!({ "target_name": "Shoes", "page_urls": [SHOES] });
    admin.post(INVITES, &body).await.must_be(201)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// Opens the invite's link on a phone.
async fn open(system: &TestSystem, phone: i64, invite: &Value) {
    system.open(phone, &text(invite, "url"));
    system.settle().await;
}

async fn say(system: &TestSystem, phone: i64, words: &str) -> String {
    system.telegram().say(SIMULATED_BOT, phone, words, None).expect("it is said");
    system.settle().await;
    system.received(phone).pop().expect("an answer")
}

/// Presses the latest button whose data begins so.
async fn press(system: &TestSystem, phone: i64, beginning: &str) {
    let messages = system.telegram().messages(SIMULATED_BOT, phone).expect("a chat");
    let mut buttons = messages.iter().rev().filter_map(|message| {
        let rows = message.reply_markup.as_ref()?["inline_keyboard"].as_array()?.clone();
        let data = rows.iter().filter_map(Value::as_array).flatten();
        let mut data = data.filter_map(|button| button["callback_data"].as_str());
        let found = data.find(|data| data.starts_with(beginning))?.to_owned();
        Some((message.message_id, found))
    });
    let (message, data) = buttons.next().expect("such a button");
    system.telegram().press(SIMULATED_BOT, phone, message, &data).expect("it is pressed");
    system.settle().await;
}

/// Lets an invite's time run out: a week of minutes would take too long.
async fn age(system: &TestSystem, id: &str) {
    let app = &system.system.app;
    let invites: Vec<OnboardingInvite> = app.table.scan().await.expect("readable");
    let invite = invites.into_iter().find(|it| it.id.to_string() == id).expect("it is there");
    let over = OnboardingInvite { expires_at: app.env.now(), ..invite };
    let decision = Decision::new(app.env.id(), app.env.now(), ()).write(Write::Put(over.into()));
    app.table.commit(&decision).await.expect("committed");
}

async fn status_of(admin: &mut Browser) -> String {
    let listed = admin.get(INVITES).await.must_be(200);
    text(&listed["items"][0], "status")
}

async fn members(admin: &mut Browser) -> usize {
    let listed = admin.get("/api/public/company/members").await.must_be(200);
    listed["items"].as_array().expect("a list").len()
}

#[test]
fn admin_generated_telegram_onboarding() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        assert!(system.received(phone)[0].contains("invited to “Shoes”"));
        let listed = admin.get(INVITES).await.must_be(200)["items"][0].clone();
        assert_eq!(listed["status"], "used");
        let target = format!("/api/public/targets/{}", text(&listed, "target_id"));
        let target = admin.get(&target).await.must_be(200);
        assert_eq!(target["guest_channel_ids"], json!([listed["channel_id"]]));
        assert_eq!(members(&mut admin).await, 2, "the person belongs to the company");
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 1);
    });
}

#[test]
fn the_invitee_manages_targets_in_the_chat() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        let listed = say(system, phone, "/targets").await;
        assert!(listed.contains("Shoes – one page"), "{listed}");
        assert!(say(system, phone, "/add").await.contains("Send /add and the address"));
        assert!(say(system, phone, "/add nonsense").await.contains("I cannot add this page"));
        assert!(say(system, phone, &format!("/add {BIKES}")).await.contains("“Shoes” watches"));
        assert!(say(system, phone, &format!("/add {BIKES}#x")).await.contains("watched already"));
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        say(system, phone, "/targets").await;
        press(system, phone, "pause").await;
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let listed = say(system, phone, "/targets").await;
        assert!(listed.contains("Shoes – 2 pages, paused"), "{listed}");
        press(system, phone, "resume").await;
        system.post(&offer(SHOES, 3)).await;
        system.settle().await;
        let received = system.received(phone);
        assert_eq!([1, 2, 3].map(|n| about(&received, n)), [1, 0, 1], "{received:?}");
    });
}

#[test]
fn an_invite_through_a_companys_own_bot_is_opened_and_heard_of_there_alone() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (bot, username) = add_bot(system, &mut admin, "alerts").await;
        let body = json!({ "target_name": "Shoes", "page_urls": [SHOES], "bot": "alerts" });
        let url = text(&admin.post(INVITES, &body).await.must_be(201), "url");
        assert!(url.contains(&format!("/{username}?start=invite_")), "{url}");
        let stranger = system.phone("Eve");
        system.open(stranger, &url);
        system.settle().await;
        assert!(system.received(stranger)[0].contains("does not work"), "another bot's chat");
        assert_eq!(status_of(&mut admin).await, "open");

        let phone = system.phone("Bob");
        let (_, payload) = url.split_once("start=").expect("a payload");
        system.telegram().start(&username, phone, Some(payload)).expect("it starts");
        system.settle().await;
        assert!(received(system, &username, phone)[0].contains("invited to “Shoes”"));
        let listed = admin.get(INVITES).await.must_be(200)["items"][0].clone();
        assert_eq!((&listed["status"], &listed["bot"]), (&json!("used"), &bot["id"]));
        assert_eq!(members(&mut admin).await, 2, "the person belongs to the company");
        let say = format!("/add {BIKES}");
        system.telegram().say(&username, phone, &say, None).expect("it is said");
        system.settle().await;
        for (page, number) in [(SHOES, 1), (BIKES, 2)] {
            system.post(&offer(page, number)).await;
            system.settle().await;
            assert_eq!(about(&received(system, &username, phone), number), 1);
        }
    });
}

#[test]
fn whoever_only_named_a_chats_number_is_not_the_person_who_opens_an_invite_there() {
    journey(async |system| {
        let phone = system.phone("Bob");
        system.telegram().start(SIMULATED_BOT, phone, None).expect("it starts");
        system.settle().await;
        let mut eve = system.sign_up("eve").await;
        let claim = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": phone } });
        let claimed = eve.post("/api/notifications/channels", &claim).await.must_be(201);
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        open(system, phone, &made).await;
        let listed = admin.get(INVITES).await.must_be(200)["items"][0].clone();
        assert_eq!(listed["status"], "used");
        assert_ne!(listed["channel_id"], claimed["id"], "a channel of the person's own");
        assert_eq!(members(&mut admin).await, 2);
    });
}

#[test]
fn a_guest_is_erased_by_an_admin_of_their_company() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        let listed = admin.get("/api/public/company/members").await.must_be(200);
        let path = |guest: bool| {
            let mut items = listed["items"].as_array().expect("a list").iter();
            let member = items.find(|it| it["guest"] == guest).expect("a member");
            format!("/api/public/company/guests/{}", text(member, "id"))
        };
        // Whoever has a password deletes their account themselves.
        for (guest, status) in [(false, 404), (true, 204), (true, 404)] {
            admin.json(Method::DELETE, &path(guest), &json!({})).await.must_be(status);
            system.settle().await;
        }
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 0);
        assert_eq!(members(&mut admin).await, 1);
        let targets = admin.get("/api/public/targets").await.must_be(200);
        assert_eq!(targets["items"][0]["guest_channel_ids"], json!([]));
        let place = keys::chat_person(&BotId::default_bot(), phone);
        let person = system.system.app.table.get::<ChatPerson>(&place).await.expect("readable");
        assert_eq!(person, None, "nothing says whose chat it was");
        let again = invite(&mut admin).await;
        open(system, phone, &again).await;
        assert_eq!(members(&mut admin).await, 2, "they may come again");
    });
}

#[test]
fn a_guest_who_was_removed_is_found_and_erased_by_the_company_they_came_into() {
    const GUESTS: &str = "/api/public/company/guests";
    journey(async |system| {
        let (mut admin, mut other) = (system.sign_up("ada").await, system.sign_up("eve").await);
        let made = invite(&mut admin).await;
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        let listed = admin.get("/api/public/company/members").await.must_be(200);
        let mut items = listed["items"].as_array().expect("a list").iter();
        let guest = text(items.find(|it| it["guest"] == true).expect("a guest"), "id");
        assert_eq!(admin.get(GUESTS).await.must_be(200)["items"], json!([]));
        let member = format!("/api/public/company/members/{guest}");
        admin.json(Method::DELETE, &member, &json!({})).await.must_be(204);
        system.settle().await;
        assert_eq!(members(&mut admin).await, 1);
        let found = admin.get(GUESTS).await.must_be(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(text(&found["items"][0], "id"), guest);

        assert_eq!(other.get(GUESTS).await.must_be(200)["items"], json!([]));
        let path = format!("{GUESTS}/{guest}");
        other.json(Method::DELETE, &path, &json!({})).await.must_be(404);
        for status in [204, 404] {
            admin.json(Method::DELETE, &path, &json!({})).await.must_be(status);
            system.settle().await;
        }
        assert_eq!(admin.get(GUESTS).await.must_be(200)["items"], json!([]));
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 0);
        let place = keys::chat_person(&BotId::default_bot(), phone);
        let person = system.system.app.table.get::<ChatPerson>(&place).await.expect("readable");
        assert_eq!(person, None, "nothing says whose chat it was");
    });
}

#[test]
fn an_invite_without_pages_is_filled_in_the_chat() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = admin.post(INVITES, &json!({ "target_name": "Anything" })).await.must_be(201);
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        assert!(system.received(phone)[0].contains("no page yet"));
        say(system, phone, &format!("/add {SHOES}")).await;
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 1);
        let targets = admin.get("/api/public/targets").await.must_be(200);
        assert_eq!(targets["items"][0]["page_urls"], json!([SHOES]), "the target is the admin's");
    });
}

#[test]
fn a_used_an_expired_a_revoked_and_an_unknown_invite_are_answered_alike() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let used = invite(&mut admin).await;
        open(system, system.phone("Bob"), &used).await;
        let revoked = invite(&mut admin).await;
        let path = format!("{INVITES}/{}", text(&revoked, "id"));
        admin.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(204);
        let expired = invite(&mut admin).await;
        let unknown = json!({ "url": "https://t.me/x?start=invite_nobody-has-this-token" });
        let mut answers = Vec::new();
        age(system, &text(&expired, "id")).await;
        for invite in [used, revoked, expired, unknown] {
            let phone = system.phone("Eve");
            open(system, phone, &invite).await;
            answers.push(system.received(phone));
        }
        assert!(answers[0][0].contains("does not work"), "{answers:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(members(&mut admin).await, 2, "nobody else came in");
    });
}

#[test]
fn of_two_phones_that_open_an_invite_at_once_one_is_onboarded() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let phones = [system.phone("Bob"), system.phone("Eve")];
        for phone in phones {
            system.open(phone, &text(&made, "url"));
        }
        system.settle().await;
        let welcomed = phones.iter().filter(|&&it| system.received(it)[0].contains("invited to"));
        assert_eq!(welcomed.count(), 1);
        assert_eq!(
            (members(&mut admin).await, status_of(&mut admin).await),
            (2, "used".to_owned())
        );
    });
}

#[test]
fn one_phone_that_opens_two_invites_at_once_is_one_person() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (one, other) = (invite(&mut admin).await, invite(&mut admin).await);
        let phone = system.phone("Bob");
        system.open(phone, &text(&one, "url"));
        system.open(phone, &text(&other, "url"));
        system.settle().await;
        assert_eq!(members(&mut admin).await, 2);
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 1, "of two targets, once");
    });
}

#[test]
fn a_chat_that_is_known_keeps_its_user_and_channel() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let mut bob = system.watcher("bob", &[BIKES]).await;
        let made = invite(&mut admin).await;
        open(system, bob.chat, &made).await;
        assert_eq!(members(&mut admin).await, 1, "bob stays in his own company");
        let channels = bob.browser.get("/api/notifications/channels").await.must_be(200);
        let channels = channels["items"].as_array().expect("a list").iter();
        assert_eq!(channels.filter(|it| it["channel_type"] == "TELEGRAM").count(), 1);
        for (page, number) in [(SHOES, 1), (BIKES, 2)] {
            system.post(&offer(page, number)).await;
        }
        system.settle().await;
        let received = system.received(bob.chat);
        assert_eq!([1, 2].map(|n| about(&received, n)), [1, 1], "{received:?}");
    });
}

#[test]
fn who_takes_a_guest_off_a_target_ends_their_messages_and_their_buttons() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        let listed = admin.get(INVITES).await.must_be(200)["items"][0].clone();
        let (target, channel) = (text(&listed, "target_id"), text(&listed, "channel_id"));
        let path = format!("/api/public/targets/{target}/channels/{channel}");
        admin.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(200);
        system.post(&offer(SHOES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(phone), 1), 0);
        press(system, phone, "pause").await;
        let said = system.received(phone).pop().expect("an answer");
        assert!(said.contains("does not exist any more"), "{said}");
        assert_eq!(guest_targets(system).await, 0);
    });
}

async fn guest_targets(system: &TestSystem) -> usize {
    let app = &system.system.app;
    app.table.scan::<GuestTarget>().await.expect("readable").len()
}

#[test]
fn what_a_guest_has_of_a_target_goes_with_it_and_with_their_channel() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let mut bob = system.watcher("bob", &[BIKES]).await;
        let mut targets = Vec::new();
        for _ in 0..2 {
            let made = invite(&mut admin).await;
            open(system, bob.chat, &made).await;
            let listed = admin.get("/api/public/targets").await.must_be(200);
            let items = listed["items"].as_array().expect("a list").iter();
            targets = items.map(|it| format!("/api/public/targets/{}", text(it, "id"))).collect();
        }
        assert_eq!((targets.len(), guest_targets(system).await), (2, 2));
        let none = bytes::Bytes::new;
        admin.send(http::Method::DELETE, &targets[0], &[], none()).await.must_be(204);
        assert_eq!(guest_targets(system).await, 1);
        let channels = bob.browser.get("/api/notifications/channels").await.must_be(200);
        let mut channels = channels["items"].as_array().expect("a list").iter();
        let channel = channels.find(|it| it["channel_type"] == "TELEGRAM").expect("his chat");
        let path = format!("/api/notifications/channels/{}", text(channel, "id"));
        bob.browser.send(http::Method::DELETE, &path, &[], none()).await.must_be(204);
        assert_eq!(guest_targets(system).await, 0);
        let target = admin.get(&targets[1]).await.must_be(200);
        assert_eq!(target["guest_channel_ids"], json!([]), "the admin sees that nobody hears");
    });
}

#[test]
fn without_room_in_the_plan_the_invite_waits() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let made = invite(&mut admin).await;
        let mut ids = Vec::new();
        for page in ["a", "b", "c"] {
            let body =
                json!({ "name": page, "page_urls": [format!("https://shop.example/{page}")] });
            let made = admin.post("/api/public/targets", &body).await.must_be(201);
            ids.push(text(&made, "id"));
        }
        let phone = system.phone("Bob");
        open(system, phone, &made).await;
        assert!(system.received(phone)[0].contains("cannot be taken up right now"));
        assert_eq!(status_of(&mut admin).await, "open");
        let path = format!("/api/public/targets/{}", ids[0]);
        admin.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await.must_be(204);
        open(system, phone, &made).await;
        assert_eq!(status_of(&mut admin).await, "used");
    });
}
