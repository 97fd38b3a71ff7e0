//! Companies' own bots: seed flows "webhook and commands", "register the webhook".

use std::time::Duration;

use http::{Method, header};
use serde_json::{Value, json};
use simulators::telegram::{BotAccount, Fault, FaultPlan, Message, NewChat};
use tests::{Browser, TestSystem, journey};

const BOTS: &str = "/api/telegram/bots";
const CHANNELS: &str = "/api/notifications/channels";
const SECRET: header::HeaderName =
    header::HeaderName::from_static("x-telegram-bot-api-secret-token");

/// Makes a bot at Telegram and adds it to the company, with its webhook.
pub(crate) async fn add_bot(
    system: &TestSystem,
    admin: &mut Browser,
    slug: &str,
) -> (Value, String) {
    let (added, account) = add_account(system, admin, slug).await;
    (added, account.username)
}

/// The same, for who looks for its token, too.
pub(crate) async fn add_account(
    system: &TestSystem,
    admin: &mut Browser,
    slug: &str,
) -> (Value, BotAccount) {
    let account = system.telegram().make_bot(&format!("{slug}_bot")).expect("a bot");
    let added = json!({ "token": account.token, "slug": slug });
    let added = admin.post(BOTS, &added).await.must_be(201);
    let webhook = admin.act(&format!("{BOTS}/{slug}/webhook")).await.must_be(200);
    assert_eq!(webhook["configured"], true, "{webhook}");
    (added, account)
}

/// What a bot wrote into a chat.
pub(crate) fn received(system: &TestSystem, bot: &str, chat: i64) -> Vec<String> {
    let messages = system.telegram().messages(bot, chat).expect("a chat");
    messages.into_iter().filter(Message::is_outgoing).map(|it| it.text).collect()
}

fn start(update_id: i64) -> Value {
    let message = json!({ "chat": { "id": 42, "type": "private" }, "text": "/help" });
    json!({ "update_id": update_id, "message": message })
}

async fn update(stranger: &mut Browser, path: &str, secret: &str, update_id: i64) -> (u16, Value) {
    let headers = [(SECRET, secret), (header::CONTENT_TYPE, "application/json")];
    let body = start(update_id).to_string().into();
    let answer = stranger.send(Method::POST, path, &headers, body).await;
    (answer.status.as_u16(), answer.body)
}

#[test]
fn telegram_webhook_post_returns_200_and_ok_true() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (bot, username) = add_bot(system, &mut admin, "alerts").await;
        let chat = system.phone("Ada");
        system.telegram().start(&username, chat, None).expect("it starts");
        system.settle().await;
        assert!(received(system, &username, chat)[0].starts_with("Hello!"));
        // Telegram's own calls were taken: nothing waits there.
        let state = admin.get(&format!("{BOTS}/alerts/webhook")).await.must_be(200);
        assert_eq!(
            (&state["pending_update_count"], &state["last_error_message"]),
            (&json!(0), &Value::Null)
        );
        assert_eq!(state["url"], state["expected_url"]);
        let id = bot["id"].as_str().expect("an id");
        assert!(state["url"].as_str().expect("a URL").ends_with(id), "{state}");
        let secret = system.telegram().webhook_secret(&username).expect("a secret");
        let mut stranger = system.stranger();
        for (n, name) in (1..).zip([id, "alerts"]) {
            for (m, slash) in (1..).zip(["", "/"]) {
                let path = format!("/api/telegram/webhook/{name}{slash}");
                let taken = update(&mut stranger, &path, &secret, n * 10 + m).await;
                assert_eq!(taken, (200, json!({ "ok": true })), "{path}");
            }
        }
    });
}

#[test]
fn a_wrong_or_missing_webhook_secret_is_403() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (_, username) = add_bot(system, &mut admin, "alerts").await;
        let (_, other) = add_bot(system, &mut admin, "other").await;
        let mut stranger = system.stranger();
        let secret = system.telegram().webhook_secret(&username).expect("a secret");
        let others = system.telegram().webhook_secret(&other).expect("a secret");
        assert_ne!(secret, others, "each bot has its own");
        for wrong in ["guess", others.as_str(), ""] {
            let path = "/api/telegram/webhook/alerts";
            let (status, problem) = update(&mut stranger, path, wrong, 1).await;
            assert_eq!((status, &problem["code"]), (403, &json!("WRONG_SECRET")));
        }
        let body = start(1).to_string().into();
        let path = "/api/telegram/webhook/alerts";
        assert_eq!(stranger.send(Method::POST, path, &[], body).await.status.as_u16(), 403);
    });
}

#[test]
fn an_unknown_or_inactive_bot_is_404() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (bot, username) = add_bot(system, &mut admin, "alerts").await;
        let secret = system.telegram().webhook_secret(&username).expect("a secret");
        let mut stranger = system.stranger();
        let unknown = "/api/telegram/webhook/00000000-0000-7000-8000-000000000001";
        for path in ["/api/telegram/webhook/nobody", unknown] {
            assert_eq!(update(&mut stranger, path, &secret, 1).await.0, 404, "{path}");
        }
        let id = bot["id"].as_str().expect("an id");
        let off = admin.act(&format!("{BOTS}/alerts/deactivate")).await.must_be(200);
        assert_eq!(off["status"], "INACTIVE");
        for name in [id, "alerts"] {
            let path = format!("/api/telegram/webhook/{name}");
            assert_eq!(update(&mut stranger, &path, &secret, 1).await.0, 404, "{path}");
        }
        let on = admin.act(&format!("{BOTS}/alerts/activate")).await.must_be(200);
        assert_eq!(on["status"], "ACTIVE");
        let path = format!("/api/telegram/webhook/{id}");
        assert_eq!(update(&mut stranger, &path, &secret, 1).await.0, 200);
    });
}

#[test]
fn what_a_bot_would_say_while_it_is_off_is_said_when_it_is_on() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (_, username) = add_bot(system, &mut admin, "alerts").await;
        let chat = system.phone("Ada");
        system.telegram().inject(FaultPlan {
            methods: vec!["sendMessage".to_owned()],
            ..FaultPlan::from(Fault::TooManyRequests { retry_after: 30 })
        });
        system.telegram().start(&username, chat, None).expect("it starts");
        system.pass(std::time::Duration::from_secs(5)).await;
        admin.act(&format!("{BOTS}/alerts/deactivate")).await.must_be(200);
        system.pass(std::time::Duration::from_mins(3)).await;
        assert_eq!(received(system, &username, chat), Vec::<String>::new());
        admin.act(&format!("{BOTS}/alerts/activate")).await.must_be(200);
        system.settle().await;
        assert_eq!(received(system, &username, chat).len(), 1);
    });
}

#[test]
fn a_bot_is_added_by_its_token_once_and_its_token_is_shown_nowhere() {
    journey(async |system| {
        let (mut ada, mut eve) = (system.sign_up("ada").await, system.sign_up("eve").await);
        let account = system.telegram().make_bot("news_bot").expect("a bot");
        let bot = json!({ "token": account.token, "default": true, "default_chat_id": 42 });
        let added = ada.post(BOTS, &bot).await.must_be(201);
        assert_eq!((&added["slug"], &added["username"]), (&json!("news_bot"), &json!("news_bot")));
        assert_eq!((&added["default"], &added["default_chat_id"]), (&json!(true), &json!(42)));
        let listed = ada.get(BOTS).await.must_be(200);
        assert_eq!(listed["items"], json!([added]));
        for shown in [added.to_string(), listed.to_string()] {
            assert!(!shown.contains("simulated-"), "{shown}");
        }
        let again = ada.post(BOTS, &bot).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "TAKEN"), "{}", again.body);
        assert_eq!(eve.post(BOTS, &bot).await.status.as_u16(), 409, "one webhook, one bot");
        for token in ["", "x", "7:unknown", hoopoe::dev::SIMULATED_TOKEN] {
            let status = eve.post(BOTS, &json!({ "token": token })).await.status.as_u16();
            assert!([409, 422].contains(&status), "{token}: {status}");
        }
        let id = added["id"].as_str().expect("an id");
        for name in ["news_bot", id, "default"] {
            let path = format!("{BOTS}/{name}");
            assert_eq!(eve.get(&path).await.status.as_u16(), 404, "someone else's");
        }
    });
}

#[test]
fn a_401_stops_the_bot_and_tells_its_company_and_a_new_token_brings_it_back() {
    journey(async |system| {
        let mut admin = system.sign_up("ada").await;
        let (bot, username) = add_bot(system, &mut admin, "alerts").await;
        // Someone hears the company's alerts through the platform's bot.
        let link =
            admin.post("/api/telegram-links", &json!({ "bot": "default" })).await.must_be(201);
        let ops = system.phone("Ops");
        system.open(ops, link["url"].as_str().expect("a link"));
        system.settle().await;
        let chat = system.phone("Ada");
        let account = system.telegram().revoke_token(&username).expect("another token");
        system.telegram().start(&username, chat, None).expect("it starts");
        system.settle().await;
        let path = format!("{BOTS}/{}", bot["id"].as_str().expect("an id"));
        let stopped = admin.get(&path).await.must_be(200);
        assert_eq!(
            (&stopped["status"], &stopped["reason"]),
            (&json!("STOPPED"), &json!("Unauthorized"))
        );
        let told = system.received(ops);
        let of_stop = told.iter().filter(|text| text.contains("@alerts_bot is stopped"));
        assert_eq!(of_stop.count(), 1, "{told:?}");
        let mails = system.mails().mails_to("ada@example.com");
        let of_stop = mails.iter().filter(|mail| mail.subject.contains("@alerts_bot is stopped"));
        assert_eq!(of_stop.count(), 1, "its admin has a mail, and one");
        let refused = admin.get(&format!("{path}/webhook")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "BOT_TOKEN_REFUSED"));
        assert!(received(system, &username, chat).is_empty());
        let back = json!({ "token": account.token });
        let back = admin.json(Method::PATCH, &path, &back).await.must_be(200);
        assert_eq!(back["status"], "ACTIVE");
        system.settle().await;
        assert_eq!(received(system, &username, chat).len(), 1, "what waited was said");
    });
}

#[test]
fn an_offer_through_a_companys_stopped_bot_arrives_once_when_it_has_a_new_token() {
    const BIKES: &str = "https://shop.example/bikes";
    journey(async |system| {
        let mut ada = system.watcher("ada", &[BIKES]).await;
        let (bot, username) = add_bot(system, &mut ada.browser, "alerts").await;
        let path = format!("/api/public/targets/{}/telegram-link", ada.target);
        let link = ada.browser.post(&path, &json!({ "bot": "alerts" })).await.must_be(201);
        let chat = system.phone("Ada at work");
        let url = link["url"].as_str().expect("a link");
        let (_, token) = url.split_once("start=").expect("a token");
        system.telegram().start(&username, chat, Some(token)).expect("it starts");
        system.settle().await;
        let before = received(system, &username, chat).len();
        let account = system.telegram().revoke_token(&username).expect("another token");
        for number in 1..=2 {
            system.post(&crate::offer(BIKES, number)).await;
            system.pass(Duration::from_mins(5)).await;
        }
        assert_eq!(received(system, &username, chat).len(), before);
        assert_eq!(crate::about(&system.received(ada.chat), 2), 1, "others hear at once");
        let path = format!("{BOTS}/{}", bot["id"].as_str().expect("an id"));
        let back = json!({ "token": account.token });
        ada.browser.json(Method::PATCH, &path, &back).await.must_be(200);
        system.settle().await;
        let texts = received(system, &username, chat).split_off(before);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert_eq!((crate::about(&texts, 1), crate::about(&texts, 2)), (1, 1), "{texts:?}");
    });
}

#[test]
fn a_group_that_moves_takes_its_channels_its_company_link_and_the_bots_default_chat_along() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &["https://shop.example/bikes"]).await;
        let (_, username) = add_bot(system, &mut ada.browser, "alerts").await;
        let group = system.telegram().add_chat(&NewChat::group(None, "Ops")).expect("a group").id;
        system.telegram().acquaint(&username, group).expect("it is in the group");
        let default = json!({ "default_chat_id": group });
        ada.browser.json(Method::PATCH, &format!("{BOTS}/alerts"), &default).await.must_be(200);
        let link = json!({ "bot": "alerts" });
        let link = ada.browser.post("/api/telegram-links", &link).await.must_be(201);
        let token = link["link_token"].as_str().expect("a token");
        let said = format!("/link@{username} {token}");
        system.telegram().say(&username, group, &said, Some(ada.chat)).expect("it is said");
        system.settle().await;
        let now = system.telegram().migrate(group).expect("it moves");
        system.settle().await;
        let path = format!("/api/telegram-links/{}", link["id"].as_str().expect("an id"));
        let link = ada.browser.get(&path).await.must_be(200);
        assert_eq!((&link["telegram_chat_id"], &link["status"]), (&json!(now), &json!("ACTIVE")));
        let bot = ada.browser.get(&format!("{BOTS}/alerts")).await.must_be(200);
        assert_eq!(bot["default_chat_id"], now);
    });
}

#[test]
fn a_channel_speaks_through_the_bot_that_is_chosen_or_the_companys_default_bot() {
    journey(async |system| {
        let mut ada = system.watcher("ada", &["https://shop.example/bikes"]).await;
        let (bot, username) = add_bot(system, &mut ada.browser, "alerts").await;
        let chosen = json!({ "channel_type": "TELEGRAM", "details": { "bot": "alerts" } });
        let channel = ada.browser.post(CHANNELS, &chosen).await.must_be(201);
        assert_eq!(channel["details"]["bot"], bot["id"]);
        let url = channel["url"].as_str().expect("a link");
        assert!(url.contains(&format!("/{username}?start=confirm_")), "{url}");
        let (_, token) = url.split_once("start=").expect("a token");
        // The token is the chosen bot's: the platform's knows nothing of it.
        let (chat, stranger) = (system.phone("Ada"), system.phone("Eve"));
        system.open(stranger, url);
        system.telegram().start(&username, chat, Some(token)).expect("it starts");
        system.settle().await;
        let path = format!("{CHANNELS}/{}", channel["id"].as_str().expect("an id"));
        let channel = ada.browser.get(&path).await.must_be(200);
        assert_eq!(
            (&channel["status"], &channel["details"]["chat_id"]),
            (&json!("ACTIVE"), &json!(chat))
        );
        ada.browser.act(&format!("{path}/test")).await.must_be(200);
        let said = received(system, &username, chat);
        assert!(said.last().is_some_and(|it| it.contains("test message")), "{said:?}");

        let default = json!({ "default": true });
        ada.browser.json(Method::PATCH, &format!("{BOTS}/alerts"), &default).await.must_be(200);
        let target = format!("/api/public/targets/{}", ada.target);
        let link = ada.browser.act(&format!("{target}/telegram-link")).await.must_be(201);
        assert!(link["url"].as_str().is_some_and(|it| it.contains(&username)), "{link}");
        let linking = format!("{target}/telegram-link");
        let link = ada.browser.post(&linking, &json!({ "bot": "default" })).await.must_be(201);
        assert!(link["url"].as_str().is_some_and(|it| !it.contains(&username)), "{link}");
        let linked = format!("{target}/channels/{}", channel["id"].as_str().expect("an id"));
        ada.browser.json(Method::PUT, &linked, &json!({})).await.must_be(200);
        system.post(&crate::offer("https://shop.example/bikes", 1)).await;
        system.settle().await;
        assert_eq!(crate::about(&received(system, &username, chat), 1), 1);

        let mut eve = system.sign_up("eve").await;
        let refused = eve.post(CHANNELS, &chosen).await;
        assert_eq!(refused.status.as_u16(), 422, "someone else's");
        assert_eq!(refused.body["errors"][0]["field"], "details.bot");
        ada.browser.act(&format!("{BOTS}/alerts/deactivate")).await.must_be(200);
        assert_eq!(ada.browser.post(CHANNELS, &chosen).await.status.as_u16(), 422);
        // Its token is remembered for so long.
        system.pass(std::time::Duration::from_secs(11)).await;
        let silent = ada.browser.act(&format!("{path}/test")).await;
        assert_eq!((silent.status.as_u16(), silent.code()), (409, "BOT_OFF"));
    });
}

#[test]
fn a_test_message_that_is_refused_with_401_stops_the_bot_too() {
    journey(async |system| {
        let mut ada = system.sign_up("ada").await;
        let (_, username) = add_bot(system, &mut ada, "alerts").await;
        let chat = system.phone("Ada");
        system.telegram().acquaint(&username, chat).expect("they meet");
        system.telegram().revoke_token(&username).expect("another token");
        let details = json!({ "bot": "alerts", "chat_id": chat });
        let channel = json!({ "channel_type": "TELEGRAM", "details": details });
        let refused = ada.post(CHANNELS, &channel).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "BOT_TOKEN_REFUSED"));
        system.settle().await;
        let bot = ada.get(&format!("{BOTS}/alerts")).await.must_be(200);
        assert_eq!(bot["status"], "STOPPED");
        let mails = system.mails().mails_to("ada@example.com");
        assert!(mails.iter().any(|mail| mail.subject.contains("is stopped")), "its admin is told");
        let again = ada.post(CHANNELS, &channel).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "BOT_OFF"));
    });
}
