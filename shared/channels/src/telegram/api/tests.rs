use domain::message::Notice;
use futures::executor::block_on;

use super::*;
use crate::stub::{Answer, Asked, Steps, Stub, answer};

type Failure = Box<dyn std::error::Error>;

const TOKEN: &str = "123:secret-token";

fn api(answers: Vec<Answer>) -> (TelegramApi, Arc<Stub>) {
    let stub = Arc::new(Stub::answering(answers));
    (TelegramApi::new(stub.clone(), "https://api.example/"), stub)
}

/// What comes of sending a message when Telegram gives these answers.
fn send(answers: Vec<Answer>) -> Result<(Outcome, Vec<Asked>), Failure> {
    let (api, stub) = api(answers);
    let content = Content::Notice(Notice::TestMessage);
    let outcome = block_on(send_by(&Steps::of(0), &api, &content))?;
    Ok((outcome, stub.asked()))
}

async fn send_by(clock: &Steps, api: &TelegramApi, content: &Content) -> Result<Outcome, Failure> {
    let (token, patience) = (BotToken::parse(TOKEN)?, Patience::begin(clock));
    Ok(api.send(&token, 42, content, false, patience).await)
}

fn error(code: u16, description: &str, parameters: impl Into<Value>) -> Answer {
    let parameters = parameters.into();
    let body = json!({"ok": false, "error_code": code, "description": description, "parameters": parameters});
    answer(code, body.to_string())
}

fn refused(code: u16, description: &str) -> Answer {
    error(code, description, Value::Null)
}

fn sent() -> Answer {
    answer(200, r#"{"ok":true,"result":{"message_id":77,"chat":{"id":42},"date":1,"text":"x"}}"#)
}

#[test]
fn a_message_goes_out_as_send_message() -> Result<(), Failure> {
    let (outcome, asked) = send(vec![sent()])?;
    assert_eq!(outcome, Outcome::Sent { message_id: 77 });
    let [(path, body)] = asked.as_slice() else {
        return Err("not one request".into());
    };
    assert_eq!(path, "/bot123:secret-token/sendMessage");
    assert_eq!(body["chat_id"], 42);
    assert_eq!(body["parse_mode"], "HTML");
    assert_eq!(body["text"], "This is a test message. It arrived, so this channel works.");
    Ok(())
}

/// What a single answer to a message means.
fn outcome_of(answer: Answer) -> Result<Outcome, Failure> {
    let (outcome, asked) = send(vec![answer])?;
    assert_eq!(asked.len(), 1, "asked more than once: {outcome:?}");
    Ok(outcome)
}

#[test]
fn every_refusal_has_its_outcome() -> Result<(), Failure> {
    for (answer, name, words) in [
        (
            refused(403, "Forbidden: bot was blocked by the user"),
            "blocked",
            "Forbidden: bot was blocked by the user",
        ),
        (
            refused(403, "Forbidden: user is deactivated"),
            "blocked",
            "Forbidden: user is deactivated",
        ),
        (
            refused(403, "Forbidden: bot was kicked from the group chat"),
            "blocked",
            "Forbidden: bot was kicked from the group chat",
        ),
        (
            refused(403, "Forbidden: bot is not a member of the channel chat"),
            "blocked",
            "Forbidden: bot is not a member of the channel chat",
        ),
        (refused(400, "Bad Request: chat not found"), "blocked", "Bad Request: chat not found"),
        (refused(400, "Bad Request: TOPIC_CLOSED"), "content_refused", "Bad Request: TOPIC_CLOSED"),
        (refused(401, "Unauthorized"), "bot_revoked", "Unauthorized"),
        (refused(404, "Not Found"), "bot_revoked", "Not Found"),
        (refused(409, "Conflict"), "not_sent", "Conflict"),
    ] {
        let outcome = outcome_of(answer)?;
        assert_eq!((outcome.name(), outcome.reason()), (name, Some(words)));
    }
    Ok(())
}

#[test]
fn answers_that_leave_the_fate_open_are_unknown() -> Result<(), Failure> {
    for answer in [
        refused(500, "Internal Server Error"),
        refused(502, "Bad Gateway"),
        answer(504, "<html>gateway time-out</html>"),
        answer(200, "<html>login to this hotel</html>"),
        answer(200, r#"{"ok":true}"#),
        answer(200, r#"{"ok":true,"result":true}"#),
        answer(200, r#"{"ok":false}"#),
        answer(302, ""),
        Err(TransportError::Unknown("operation timed out".into())),
    ] {
        assert_eq!(outcome_of(answer)?.name(), "unknown");
    }
    Ok(())
}

#[test]
fn what_never_reached_telegram_is_not_sent() -> Result<(), Failure> {
    for answer in [
        Err(TransportError::NotSent("connection refused".into())),
        // A proxy's own refusals say nothing of the chat.
        answer(403, "<html>blocked by your administrator</html>"),
        answer(407, ""),
    ] {
        assert_eq!(outcome_of(answer)?.name(), "not_sent");
    }
    Ok(())
}

#[test]
fn a_limit_says_how_long_to_wait() -> Result<(), Failure> {
    let mut with_header = answer(429, "slow down")?;
    with_header.headers_mut().insert("retry-after", "7".parse()?);
    for (answer, retry_after_ms) in [
        (error(429, "Too Many Requests: retry after 3", json!({"retry_after": 3})), 3_000),
        (refused(429, "Too Many Requests: retry after 35"), 35_000),
        (Ok(with_header), 7_000),
        (refused(429, "Too Many Requests"), 5_000),
        (error(429, "", json!({"retry_after": 0})), 1_000),
        (error(429, "", json!({"retry_after": u64::MAX})), 86_400_000),
    ] {
        assert_eq!(outcome_of(answer)?, Outcome::RateLimited { retry_after_ms });
    }
    Ok(())
}

#[test]
fn a_group_that_became_a_supergroup_gives_its_new_id() -> Result<(), Failure> {
    let description = "Bad Request: group chat was upgraded to a supergroup chat";
    let migrated = error(400, description, json!({"migrate_to_chat_id": -1_001_234_567_890_i64}));
    assert_eq!(outcome_of(migrated)?, Outcome::Migrated { chat_id: -1_001_234_567_890 });
    Ok(())
}

#[test]
fn a_refused_form_goes_as_bare_text_once() -> Result<(), Failure> {
    for description in [
        "Bad Request: can't parse entities: unclosed start tag at byte offset 4",
        "Bad Request: message is too long",
        "Bad Request: Wrong HTTP URL",
        "Bad Request: failed to get HTTP URL content",
        "Bad Request: BUTTON_URL_INVALID",
    ] {
        let (outcome, asked) = send(vec![refused(400, description), sent()])?;
        assert_eq!(outcome, Outcome::Sent { message_id: 77 }, "{description}");
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].1.get("parse_mode"), None);
        assert_eq!(asked[1].1.get("reply_markup"), None);

        let (outcome, asked) =
            send(vec![refused(400, description), refused(400, description), sent()])?;
        assert_eq!(outcome, Outcome::ContentRefused { reason: description.into() });
        assert_eq!(asked.len(), 2);
    }
    let too_long = refused(400, "Bad Request: message is too long");
    let (outcome, _) = send(vec![too_long, Err(TransportError::Unknown("reset".into()))])?;
    assert_eq!(outcome.name(), "unknown");
    Ok(())
}

#[test]
fn after_a_slow_refusal_no_other_form_is_tried_and_the_message_may_go_again() -> Result<(), Failure>
{
    let instead = "@ada: hello".to_owned();
    let relay = Content::from(Relay { from_chat: 7, message_id: 9, as_own: false, instead });
    for (content, description) in [
        (Content::Notice(Notice::TestMessage), "Bad Request: message is too long"),
        (relay, "Bad Request: message to forward not found"),
    ] {
        for (seconds, name, requests) in [(5, "sent", 2), (6, "not_sent", 1)] {
            let (api, stub) = api(vec![refused(400, description), sent()]);
            let outcome = block_on(send_by(&Steps::of(seconds), &api, &content))?;
            assert_eq!((outcome.name(), stub.asked().len()), (name, requests), "{description}");
        }
    }
    Ok(())
}

#[test]
fn a_message_of_another_chat_is_shown_or_told_of_in_words() -> Result<(), Failure> {
    for (as_own, method, gone) in [
        (false, "forwardMessage", "Bad Request: message to forward not found"),
        (false, "forwardMessage", "Bad Request: message can't be forwarded"),
        (true, "copyMessage", "Bad Request: message to copy not found"),
    ] {
        let (api, stub) = api(vec![sent(), refused(400, gone), sent()]);
        let instead = "@ada: hello".to_owned();
        let relay = Content::from(Relay { from_chat: 7, message_id: 9, as_own, instead });
        for _ in 0..2 {
            let outcome = block_on(send_by(&Steps::of(0), &api, &relay))?;
            assert_eq!(outcome, Outcome::Sent { message_id: 77 });
        }
        let asked = stub.asked();
        assert_eq!(asked.len(), 3);
        assert!(asked[0].0.ends_with(method), "{}", asked[0].0);
        let body = json!({ "chat_id": 42, "from_chat_id": 7, "message_id": 9 });
        assert_eq!(asked[0].1, body);
        assert_eq!(
            (&asked[2].1["chat_id"], &asked[2].1["text"]),
            (&json!(42), &json!("@ada: hello"))
        );
    }
    Ok(())
}

#[test]
fn no_error_shows_the_token() -> Result<(), Failure> {
    let words =
        format!("error sending request for url (https://api.example/bot{TOKEN}/sendMessage)");
    for broken in [TransportError::NotSent(words.clone()), TransportError::Unknown(words)] {
        let (outcome, _) = send(vec![Err(broken)])?;
        assert!(!format!("{outcome:?}").contains(TOKEN));
    }
    let api = TelegramApi::new(Arc::new(Stub::default()), "not an address");
    let content = Content::Notice(Notice::Help);
    let outcome = block_on(send_by(&Steps::of(0), &api, &content))?;
    assert_eq!(outcome.name(), "not_sent");
    assert!(!format!("{outcome:?}{api:?}").contains(TOKEN));
    Ok(())
}

#[test]
fn a_late_or_repeated_callback_answer_is_no_error() -> Result<(), Failure> {
    let token = BotToken::parse(TOKEN)?;
    for benign in [
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
    ] {
        let (api, _) = api(vec![refused(400, benign)]);
        block_on(api.answer_callback_query(&token, "1", None))?;
    }
    let (api, stub) =
        api(vec![answer(200, r#"{"ok":true,"result":true}"#), refused(400, "Bad Request: other")]);
    block_on(api.answer_callback_query(&token, "1", Some(&"я".repeat(300))))?;
    let shown = stub.asked()[0].1["text"].as_str().unwrap_or_default().chars().count();
    assert_eq!(shown, 200);
    assert!(block_on(api.answer_callback_query(&token, "1", None)).is_err());
    Ok(())
}

#[test]
fn the_other_methods_ask_and_read_as_documented() -> Result<(), Failure> {
    let done = || answer(200, r#"{"ok":true,"result":true}"#);
    let (api, stub) = api(vec![
        answer(
            200,
            r#"{"ok":true,"result":{"id":123,"is_bot":true,"first_name":"Hoopoe","username":"HoopoeBot"}}"#,
        ),
        done(),
        done(),
        answer(
            200,
            r#"{"ok":true,"result":{"url":"https://h/x","has_custom_certificate":false,"pending_update_count":3,"last_error_message":"Connection refused"}}"#,
        ),
        done(),
        answer(200, r#"{"ok":true,"result":[{"update_id":5,"message":{}}]}"#),
        answer(
            200,
            r#"{"ok":true,"result":{"invite_link":"https://t.me/+abc","creator":{"id":123,"is_bot":true,"first_name":"Hoopoe"},"creates_join_request":false,"is_primary":false,"is_revoked":false,"member_limit":1}}"#,
        ),
        answer(
            200,
            r#"{"ok":true,"result":{"invite_link":"https://t.me/+abc","creator":{"id":123,"is_bot":true,"first_name":"Hoopoe"},"creates_join_request":false,"is_primary":false,"is_revoked":true}}"#,
        ),
        done(),
        done(),
    ]);
    let token = BotToken::parse(TOKEN)?;
    block_on(async {
        assert_eq!(api.get_me(&token).await?.username, "HoopoeBot");
        let webhook = SetWebhook {
            url: "https://h/x",
            secret: "s",
            allowed_updates: &["message"],
            max_connections: 40,
        };
        api.set_webhook(&token, webhook).await?;
        api.delete_webhook(&token).await?;
        let info = api.get_webhook_info(&token).await?;
        assert_eq!((info.pending_update_count, info.last_error_date), (3, None));
        api.set_my_commands(&token, &[("start", "Connect this chat")]).await?;
        let poll = GetUpdates { offset: 5, timeout: 30, allowed_updates: &["message"] };
        let updates = api.get_updates(&token, poll).await?;
        assert_eq!(updates[0]["update_id"], 5);
        let link = api.create_invite_link(&token, -1005, &"x".repeat(40)).await?;
        assert_eq!(link, "https://t.me/+abc");
        api.revoke_invite_link(&token, -1005, &link).await?;
        api.take_out(&token, -1005, 42).await?;
        Ok::<_, TelegramError>(())
    })?;
    let bodies: Vec<String> =
        stub.asked().into_iter().map(|(path, body)| format!("{path} {body}")).collect();
    insta::assert_snapshot!(bodies.join("\n"));
    Ok(())
}

#[test]
fn a_ban_is_lifted_without_taking_anyone_out() -> Result<(), Failure> {
    let (api, stub) = api(vec![answer(200, r#"{"ok":true,"result":true}"#)]);
    let token = BotToken::parse(TOKEN)?;
    block_on(api.lift_ban(&token, -1005, 42))?;
    let (path, body) = stub.asked().pop().ok_or("nothing was asked")?;
    assert!(path.ends_with("/unbanChatMember"), "{path}");
    assert_eq!(body, json!({ "chat_id": -1005, "user_id": 42, "only_if_banned": true }));
    Ok(())
}

#[test]
fn a_refused_token_is_told_from_a_limit() -> Result<(), Failure> {
    let (api, _) = api(vec![
        refused(401, "Unauthorized"),
        error(429, "", json!({"retry_after": 2})),
        refused(409, "Conflict: terminated by other getUpdates request"),
    ]);
    let token = BotToken::parse(TOKEN)?;
    block_on(async {
        assert_eq!(
            api.get_me(&token).await,
            Err(TelegramError::Unauthorized("Unauthorized".into()))
        );
        assert_eq!(
            api.get_me(&token).await,
            Err(TelegramError::RateLimited { retry_after_ms: 2_000 })
        );
        let poll = GetUpdates { offset: 0, timeout: 0, allowed_updates: &[] };
        let conflict = api.get_updates(&token, poll).await;
        assert!(matches!(conflict, Err(TelegramError::Refused { code: 409, .. })));
    });
    Ok(())
}
