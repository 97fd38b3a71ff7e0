use serde_json::json;
use simulators::telegram::NewChat;

use crate::setup::{ANNA, BOT, setup};

#[test]
fn a_message_is_forwarded_under_the_name_of_whoever_wrote_it() {
    let setup = setup();
    let ben = setup.telegram.add_chat(&NewChat::person(None, "Ben")).unwrap().id;
    setup.telegram.start(BOT, ben, None).unwrap();
    let said = setup.telegram.say(BOT, ben, "hello there", None).unwrap();
    let forward = json!({ "chat_id": ANNA, "from_chat_id": ben, "message_id": said.message_id });
    let shown = setup.ok("forwardMessage", &forward);
    assert_eq!((&shown["text"], &shown["chat"]["id"]), (&json!("hello there"), &json!(ANNA)));
    assert_ne!(shown["message_id"], said.message_id);
    let origin = &shown["forward_origin"];
    assert_eq!((&origin["type"], &origin["sender_user"]["id"]), (&json!("user"), &json!(ben)));
    let sticker = setup.telegram.send_sticker(BOT, ben).unwrap();
    let forward = json!({ "chat_id": ANNA, "from_chat_id": ben, "message_id": sticker.message_id });
    assert_eq!(setup.ok("forwardMessage", &forward)["sticker"]["type"], "regular");
    let copied = setup.ok("copyMessage", &forward);
    assert_eq!(copied.as_object().map(serde_json::Map::len), Some(1), "the id alone: {copied}");
}

#[test]
fn what_is_gone_and_what_telegram_says_cannot_be_forwarded() {
    let setup = setup();
    let gone = json!({ "chat_id": ANNA, "from_chat_id": ANNA, "message_id": 999 });
    assert_eq!(
        setup.refused("forwardMessage", &gone),
        "400 Bad Request: message to forward not found"
    );
    assert_eq!(setup.refused("copyMessage", &gone), "400 Bad Request: message to copy not found");
    let nowhere = json!({ "chat_id": ANNA, "from_chat_id": 999, "message_id": 1 });
    assert_eq!(setup.refused("forwardMessage", &nowhere), "400 Bad Request: chat not found");
}

#[test]
fn an_answer_tells_the_bot_what_it_answers() {
    let setup = setup();
    let sent = setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": "one" }));
    let answered = sent["message_id"].as_i64().unwrap();
    setup.telegram.reply(BOT, ANNA, answered, "two").unwrap();
    let updates = setup.ok("getUpdates", &json!({}));
    let message = &updates.as_array().unwrap().last().unwrap()["message"];
    assert_eq!(message["text"], "two");
    assert_eq!(message["reply_to_message"]["message_id"], answered);
    assert!(setup.telegram.reply(BOT, ANNA, 999, "three").is_err());
}
