use serde_json::json;
use simulators::telegram::{Impossible, NewChat};

use crate::setup::{ANNA, BOT, TOKEN, setup};

#[test]
fn a_bot_cannot_write_to_strangers_but_to_whoever_started_it() {
    let setup = setup();
    let bob = setup.telegram.add_chat(&NewChat::person(None, "Bob")).unwrap().id;
    let hello = json!({ "chat_id": bob, "text": "hello" });
    let refused = setup.refused("sendMessage", &hello);
    assert_eq!(refused, "403 Forbidden: bot can't initiate conversation with a user");
    setup.telegram.start(BOT, bob, Some("confirm_abc")).unwrap();
    setup.ok("sendMessage", &hello);
    let update = &setup.updates()[0];
    assert_eq!(update["message"]["text"], "/start confirm_abc");
    assert_eq!(update["message"]["entities"][0]["type"], "bot_command");
    assert_eq!(update["message"]["from"]["first_name"], "Bob");
}

#[test]
fn chats_that_do_not_exist_are_not_found() {
    let setup = setup();
    for chat_id in [json!(99), json!("99"), json!("@nobody"), json!("nonsense"), json!(-100_123)] {
        let refused = setup.refused("sendMessage", &json!({ "chat_id": chat_id, "text": "hello" }));
        assert_eq!(refused, "400 Bad Request: chat not found", "{chat_id}");
    }
    let refused = setup.refused("sendMessage", &json!({ "text": "hello" }));
    assert_eq!(refused, "400 Bad Request: chat_id is empty");
}

#[test]
fn blocking_stops_messages_and_is_told_to_the_bot() {
    let setup = setup();
    setup.telegram.block(BOT, ANNA).unwrap();
    let hello = json!({ "chat_id": ANNA, "text": "hello" });
    let refused = setup.refused("sendMessage", &hello);
    assert_eq!(refused, "403 Forbidden: bot was blocked by the user");
    assert_eq!(setup.telegram.say(BOT, ANNA, "hi", None), Err(Impossible::NotTogether));
    setup.telegram.unblock(BOT, ANNA).unwrap();
    setup.ok("sendMessage", &hello);
    let updates = setup.updates();
    let status: Vec<_> = updates
        .iter()
        .map(|update| update["my_chat_member"]["new_chat_member"]["status"].clone())
        .collect();
    assert_eq!(status, ["kicked", "member"]);
    assert_eq!(updates[0]["my_chat_member"]["old_chat_member"]["status"], "member");
    assert_eq!(updates[0]["my_chat_member"]["chat"]["type"], "private");
    assert_eq!(updates[0]["my_chat_member"]["new_chat_member"]["user"]["id"], 4242);
}

#[test]
fn starting_again_unblocks() {
    let setup = setup();
    setup.telegram.block(BOT, ANNA).unwrap();
    setup.telegram.start(BOT, ANNA, None).unwrap();
    assert_eq!(setup.send(ANNA, "hello").status, 200);
    let updates = setup.updates();
    assert_eq!(updates.len(), 3);
    assert_eq!(updates[2]["message"]["text"], "/start");
}

#[test]
fn deleted_accounts_are_forbidden() {
    let setup = setup();
    setup.telegram.deactivate(ANNA).unwrap();
    let refused = setup.refused("sendMessage", &json!({ "chat_id": ANNA, "text": "hello" }));
    assert_eq!(refused, "403 Forbidden: user is deactivated");
}

#[test]
fn a_group_that_threw_the_bot_out_is_forbidden() {
    let setup = setup();
    let group = setup.group();
    let hello = json!({ "chat_id": group, "text": "hello" });
    setup.ok("sendMessage", &hello);
    setup.telegram.block(BOT, group).unwrap();
    let refused = setup.refused("sendMessage", &hello);
    assert_eq!(refused, "403 Forbidden: bot was kicked from the group chat");
    let other = setup.telegram.add_chat(&NewChat::group(None, "Others")).unwrap().id;
    let refused = setup.refused("sendMessage", &json!({ "chat_id": other, "text": "hello" }));
    assert_eq!(refused, "403 Forbidden: bot is not a member of the group chat");
}

#[test]
fn a_group_that_became_a_supergroup_says_where_it_went() {
    let setup = setup();
    let group = setup.group();
    let supergroup = setup.telegram.migrate(group).unwrap();
    assert!(supergroup < -1_000_000_000_000);
    let answer = setup.send(group, "hello");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.description(), "Bad Request: group chat was upgraded to a supergroup chat");
    assert_eq!(answer.body["parameters"]["migrate_to_chat_id"], supergroup);
    let message = setup.ok("sendMessage", &json!({ "chat_id": supergroup, "text": "hello" }));
    assert_eq!(message["chat"]["type"], "supergroup");
    let updates = setup.updates();
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], supergroup);
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], group);
    assert_eq!(setup.telegram.migrate(group), Err(Impossible::Closed));
}

#[test]
fn in_groups_a_bot_hears_only_commands_that_may_be_its_own() {
    let setup = setup();
    let group = setup.group();
    for text in ["hello", "/help", "/help@hoopoe_bot", "/help@other_bot"] {
        setup.telegram.say(BOT, group, text, Some(ANNA)).unwrap();
    }
    let texts: Vec<_> =
        setup.updates().iter().map(|update| update["message"]["text"].clone()).collect();
    assert_eq!(texts, ["/help", "/help@hoopoe_bot"]);
}

#[test]
fn members_who_come_and_go_are_told_only_to_bots_that_ask() {
    let setup = setup();
    let group = setup.group();
    setup.telegram.membership(BOT, group, ANNA, true).unwrap();
    assert!(setup.updates().is_empty());
    setup.ok("getUpdates", &json!({ "allowed_updates": ["chat_member"] }));
    setup.telegram.membership(BOT, group, ANNA, true).unwrap();
    setup.telegram.say(BOT, ANNA, "hello", None).unwrap();
    let updates = setup.updates();
    assert_eq!(updates.len(), 1);
    assert_eq!(updates[0]["chat_member"]["new_chat_member"]["status"], "member");
}

#[test]
fn a_pressed_button_becomes_a_callback_query_that_can_be_answered_in_time() {
    let setup = setup();
    let keyboard =
        json!({ "inline_keyboard": [[{ "text": "Pause", "callback_data": "pause:7" }]] });
    let send = json!({ "chat_id": ANNA, "text": "hello", "reply_markup": keyboard });
    let message_id = setup.ok("sendMessage", &send)["message_id"].as_i64().unwrap();
    let press = |data: &str| setup.telegram.press(BOT, ANNA, message_id, data);
    assert_eq!(press("other"), Err(Impossible::UnknownButton));
    let id = press("pause:7").unwrap();
    let query = setup.updates()[0]["callback_query"].clone();
    assert_eq!(query["id"], id);
    assert_eq!(query["data"], "pause:7");
    assert_eq!(query["message"]["message_id"], message_id);
    setup.ok("answerCallbackQuery", &json!({ "callback_query_id": id, "text": "Paused" }));
    setup.clock.advance_ms(150_001);
    let late = setup.refused("answerCallbackQuery", &json!({ "callback_query_id": id }));
    assert_eq!(
        late,
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    );
}

#[test]
fn tokens_and_methods_must_exist() {
    let setup = setup();
    let answer = setup.telegram.call("4242:wrong", "getMe", None, b"");
    assert_eq!((answer.status, answer.description()), (401, "Unauthorized"));
    let answer = setup.telegram.call("nonsense", "getMe", None, b"");
    assert_eq!(answer.status, 401);
    let answer = setup.telegram.call(TOKEN, "sendMassage", None, b"");
    assert_eq!((answer.status, answer.description()), (404, "Not Found"));
    let answer = setup.telegram.call(TOKEN, "GETME", None, b"");
    assert_eq!(answer.body["result"]["username"], BOT);
}

#[test]
fn a_start_payload_is_as_telegram_allows_it() {
    let setup = setup();
    for payload in ["", "a b", "é", &"x".repeat(65)] {
        assert_eq!(setup.telegram.start(BOT, ANNA, Some(payload)), Err(Impossible::BadPayload));
    }
    setup.telegram.start(BOT, ANNA, Some(&"x".repeat(64))).unwrap();
}
