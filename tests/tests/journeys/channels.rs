//! Connecting a chat, and taking leave of it.

use hoopoe::dev::SIMULATED_BOT;
use serde_json::json;
use tests::journey;

use crate::{about, offer};

const BIKES: &str = "https://shop.example/bikes";
const CHANNELS: &str = "/api/notifications/channels";

#[test]
fn a_chat_that_takes_the_test_message_is_a_channel_at_once() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let chat = system.phone("Ada");
        system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
        system.settle().await;
        let channel = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat } });
        let channel = ada.post(CHANNELS, &channel).await.must_be(201);
        assert_eq!(channel["status"], "ACTIVE");
        let received = system.received(chat);
        assert!(received.iter().any(|text| text.contains("test message")), "{received:?}");
        let target = json!({ "name": "Bikes", "page_urls": [BIKES] });
        let target = ada.post("/api/public/targets", &target).await.must_be(201);
        let path = format!(
            "/api/public/targets/{}/channels/{}",
            target["id"].as_str().expect("an id"),
            channel["id"].as_str().expect("an id"),
        );
        ada.json(http::Method::PUT, &path, &json!({})).await.must_be(200);
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(chat), 1), 1);
    });
}

#[test]
fn a_chat_that_refuses_the_test_message_is_no_channel_and_telegram_says_why() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let blocked = system.phone("Ada");
        system.telegram().start(SIMULATED_BOT, blocked, None).expect("it starts");
        system.telegram().block(SIMULATED_BOT, blocked).expect("it blocks");
        system.settle().await;
        for (chat, reason) in [(blocked, "blocked"), (424_242, "chat not found")] {
            let channel = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat } });
            let answer = ada.post(CHANNELS, &channel).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (422, "CHANNEL_REFUSED"));
            let said = answer.body["detail"].as_str().unwrap_or_default();
            assert!(said.contains(reason), "{said}");
        }
        let channels = ada.get(CHANNELS).await.must_be(200);
        let channels = channels["items"].as_array().expect("a list");
        // The address of the sign-up alone.
        assert!(channels.iter().all(|channel| channel["channel_type"] == "EMAIL"), "{channels:?}");
    });
}

#[test]
fn a_link_works_once() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let link = format!("/api/public/targets/{}/telegram-link", ada.target);
        let link = ada.browser.act(&link).await.must_be(201);
        let link = link["url"].as_str().expect("a link").to_owned();
        let (second, stranger) = (system.phone("Ada's other phone"), system.phone("Eve"));
        system.open(second, &link);
        system.settle().await;
        system.open(stranger, &link);
        system.settle().await;
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        assert_eq!(about(&system.received(second), 1), 1);
        let received = system.received(stranger);
        assert_eq!(about(&received, 1), 0);
        assert!(received[0].contains("does not work"), "{received:?}");
    });
}

#[test]
fn a_link_that_is_too_old_does_not_work() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let channel = json!({ "channel_type": "TELEGRAM" });
        let channel = ada.post(CHANNELS, &channel).await.must_be(201);
        assert_eq!(channel["status"], "PENDING");
        system.pass(std::time::Duration::from_mins(16)).await;
        let chat = system.phone("Ada");
        system.open(chat, channel["url"].as_str().expect("a link"));
        system.settle().await;
        assert!(system.received(chat)[0].contains("does not work"));
    });
}

#[test]
fn whoever_blocks_the_bot_gets_nothing_until_they_are_back() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        system.telegram().block(SIMULATED_BOT, ada.chat).expect("it blocks");
        system.settle().await;
        let channel = format!("{CHANNELS}/{}", ada.channel);
        assert_eq!(ada.browser.get(&channel).await.must_be(200)["status"], "BLOCKED");
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        system.telegram().unblock(SIMULATED_BOT, ada.chat).expect("it unblocks");
        system.settle().await;
        assert_eq!(ada.browser.get(&channel).await.must_be(200)["status"], "ACTIVE");
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let received = system.received(ada.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (0, 1), "{received:?}");
    });
}

#[test]
fn whoever_says_stop_gets_nothing_until_they_say_start() {
    journey(async |system| {
        let ada = system.watcher("ada", &[BIKES]).await;
        let say = async |text: &str| {
            system.telegram().say(SIMULATED_BOT, ada.chat, text, None).expect("it is said");
            system.settle().await;
        };
        say("/stop").await;
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        say("/start").await;
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let received = system.received(ada.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (0, 1), "{received:?}");
    });
}

#[test]
fn whoever_says_stop_is_not_written_to_again_by_entering_their_chat_once_more() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let chat = system.phone("Bob");
        system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
        system.settle().await;
        let channel = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat } });
        let id = ada.post(CHANNELS, &channel).await.must_be(201)["id"].clone();
        system.telegram().say(SIMULATED_BOT, chat, "/stop", None).expect("it is said");
        system.settle().await;
        let before = system.received(chat).len();
        let mut eve = system.sign_up("eve").await;
        for browser in [&mut ada, &mut eve] {
            let refused = browser.post(CHANNELS, &channel).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "CHANNEL_REFUSED"));
        }
        assert_eq!(system.received(chat).len(), before);
        system.telegram().say(SIMULATED_BOT, chat, "/start", None).expect("it is said");
        system.settle().await;
        let path = format!("{CHANNELS}/{}", id.as_str().expect("an id"));
        assert_eq!(ada.get(&path).await.must_be(200)["status"], "ACTIVE");
    });
}

#[test]
fn a_stop_outlives_its_channel_until_its_person_wants_to_hear_again() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let mut eve = system.sign_up("eve").await;
        let chat = system.phone("Bob");
        system.telegram().start(SIMULATED_BOT, chat, None).expect("it starts");
        system.settle().await;
        let by_number = json!({ "channel_type": "TELEGRAM", "details": { "chat_id": chat } });
        for by_link in [false, true] {
            system.pass(std::time::Duration::from_secs(5)).await;
            let made = ada.post(CHANNELS, &by_number).await.must_be(201);
            system.telegram().say(SIMULATED_BOT, chat, "/stop", None).expect("it is said");
            system.settle().await;
            let path = format!("{CHANNELS}/{}", made["id"].as_str().expect("an id"));
            let gone = ada.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await;
            gone.must_be(204);
            let before = system.received(chat).len();
            for browser in [&mut ada, &mut eve] {
                let refused = browser.post(CHANNELS, &by_number).await;
                assert_eq!((refused.status.as_u16(), refused.code()), (422, "CHANNEL_REFUSED"));
            }
            assert_eq!(system.received(chat).len(), before, "no test message either");
            if by_link {
                let pending = json!({ "channel_type": "TELEGRAM" });
                let pending = ada.post(CHANNELS, &pending).await.must_be(201);
                system.open(chat, pending["url"].as_str().expect("a link"));
            } else {
                system.telegram().say(SIMULATED_BOT, chat, "/start", None).expect("it is said");
            }
            system.settle().await;
            system.pass(std::time::Duration::from_secs(5)).await;
            let back = eve.post(CHANNELS, &by_number).await.must_be(201);
            assert_eq!(back["status"], "ACTIVE");
            let path = format!("{CHANNELS}/{}", back["id"].as_str().expect("an id"));
            let gone = eve.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await;
            gone.must_be(204);
        }
    });
}

#[test]
fn a_channel_is_switched_off_and_on_by_its_owner_but_not_past_a_stop() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let path = format!("{CHANNELS}/{}", ada.channel);
        let off = json!({ "enabled": false });
        let off = ada.browser.json(http::Method::PATCH, &path, &off).await.must_be(200);
        assert_eq!(off["status"], "DISABLED");
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        let on = json!({ "enabled": true });
        let back = ada.browser.json(http::Method::PATCH, &path, &on).await.must_be(200);
        assert_eq!(back["status"], "ACTIVE");
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        let received = system.received(ada.chat);
        assert_eq!((about(&received, 1), about(&received, 2)), (0, 1), "{received:?}");
        ada.browser.json(http::Method::PATCH, &path, &json!({ "enabled": false })).await;
        system.telegram().say(SIMULATED_BOT, ada.chat, "/stop", None).expect("it is said");
        system.settle().await;
        let refused = ada.browser.json(http::Method::PATCH, &path, &on).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "INVALID_CHANNEL_STATE"));
    });
}

#[test]
fn a_button_pauses_the_watch_and_another_resumes_it() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let press = async |beginning: &str| {
            let messages = system.telegram().messages(SIMULATED_BOT, ada.chat).expect("a chat");
            let (message, data) = messages
                .iter()
                .rev()
                .find_map(|message| {
                    let rows = message.reply_markup.as_ref()?["inline_keyboard"].as_array()?;
                    let buttons = rows.iter().filter_map(|row| row.as_array()).flatten();
                    let mut data = buttons.filter_map(|button| button["callback_data"].as_str());
                    data.find(|data| data.starts_with(beginning))
                        .map(|data| (message.message_id, data.to_owned()))
                })
                .expect("such a button");
            system
                .telegram()
                .press(SIMULATED_BOT, ada.chat, message, &data)
                .expect("it is pressed");
            system.settle().await;
        };
        system.post(&offer(BIKES, 1)).await;
        system.settle().await;
        press("pause").await;
        let target = format!("/api/public/targets/{}", ada.target);
        assert_eq!(ada.browser.get(&target).await.must_be(200)["status"], "disabled");
        system.post(&offer(BIKES, 2)).await;
        system.settle().await;
        press("resume").await;
        system.post(&offer(BIKES, 3)).await;
        system.settle().await;
        let received = system.received(ada.chat);
        let counts = [1, 2, 3].map(|number| about(&received, number));
        assert_eq!(counts, [1, 0, 1], "{received:?}");
    });
}
