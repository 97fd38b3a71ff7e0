use serde_json::{Value, json};
use simulators::telegram::NewChat;

use crate::setup::{ANNA, BOT, setup, setup_with};

#[test]
fn a_message_can_be_edited_but_not_into_itself() {
    let setup = setup();
    let sent = setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": "one" }));
    let edit = json!({ "chat_id": ANNA, "message_id": sent["message_id"], "text": "<b>two</b>", "parse_mode": "HTML" });
    let edited = setup.ok("editMessageText", &edit);
    assert_eq!((&edited["text"], &edited["entities"][0]["type"]), (&json!("two"), &json!("bold")));
    assert!(edited["edit_date"].is_i64());
    assert!(
        setup
            .refused("editMessageText", &edit)
            .starts_with("400 Bad Request: message is not modified: ")
    );
    let keyboard = json!({ "inline_keyboard": [[{ "text": "a", "callback_data": "x" }]] });
    let markup =
        json!({ "chat_id": ANNA, "message_id": sent["message_id"], "reply_markup": keyboard });
    assert_eq!(setup.ok("editMessageReplyMarkup", &markup)["reply_markup"], keyboard);
    let bare = json!({ "chat_id": ANNA, "message_id": sent["message_id"] });
    assert!(setup.ok("editMessageReplyMarkup", &bare).get("reply_markup").is_none());
}

#[test]
fn only_messages_of_the_bot_in_that_chat_can_be_edited() {
    let setup = setup();
    let said = setup.telegram.say(BOT, ANNA, "hi", None).unwrap();
    let edit =
        |message_id: i64| json!({ "chat_id": ANNA, "message_id": message_id, "text": "two" });
    assert_eq!(
        setup.refused("editMessageText", &edit(said.message_id)),
        "400 Bad Request: message can't be edited"
    );
    assert_eq!(
        setup.refused("editMessageText", &edit(999)),
        "400 Bad Request: message to edit not found"
    );
    let missing = json!({ "chat_id": ANNA, "text": "two" });
    assert_eq!(
        setup.refused("editMessageText", &missing),
        "400 Bad Request: message identifier is not specified"
    );
}

#[test]
fn messages_can_be_deleted_for_two_days() {
    let setup = setup();
    let send = || {
        setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": "one" }))["message_id"].clone()
    };
    let (first, second) = (send(), send());
    let delete = |message_id: &Value| json!({ "chat_id": ANNA, "message_id": message_id });
    setup.ok("deleteMessage", &delete(&first));
    assert_eq!(
        setup.refused("deleteMessage", &delete(&first)),
        "400 Bad Request: message to delete not found"
    );
    setup.clock.advance_ms(48 * 3_600_000 + 1_000);
    assert_eq!(
        setup.refused("deleteMessage", &delete(&second)),
        "400 Bad Request: message can't be deleted for everyone"
    );
}

#[test]
fn pictures_come_from_addresses_that_can_be_fetched() {
    let setup = setup_with(|options| options.failing_hosts = vec!["down.example.org".into()]);
    let photo = |photo: &str| json!({ "chat_id": ANNA, "photo": photo });
    let table = [
        ("", "there is no photo in the request"),
        ("https://down.example.org/a.jpg", "failed to get HTTP URL content"),
        ("http://127.0.0.1/a.jpg", "failed to get HTTP URL content"),
        ("ftp://example.org/a.jpg", "wrong HTTP URL specified"),
        ("https://", "wrong HTTP URL specified"),
        ("AAAA", "wrong remote file identifier specified: Wrong string length"),
    ];
    for (source, reason) in table {
        setup.clock.advance_ms(1_000);
        assert_eq!(
            setup.refused("sendPhoto", &photo(source)),
            format!("400 Bad Request: {reason}"),
            "{source}"
        );
    }
    let sent = setup.ok("sendPhoto", &photo("https://example.org/a.jpg"));
    setup.clock.advance_ms(1_000);
    let file_id = sent["photo"][2]["file_id"].as_str().unwrap();
    setup.ok("sendPhoto", &photo(file_id));
}

#[test]
fn an_album_is_two_to_ten_pictures_with_one_group_id() {
    let setup = setup();
    let album = |count: usize| {
        let item = json!({ "type": "photo", "media": "https://example.org/a.jpg", "caption": "<b>x</b>", "parse_mode": "HTML" });
        json!({ "chat_id": ANNA, "media": vec![item; count] })
    };
    let sent = setup.ok("sendMediaGroup", &album(3));
    let messages = sent.as_array().unwrap();
    assert_eq!(messages.len(), 3);
    assert!(
        messages.iter().all(|message| message["media_group_id"] == messages[0]["media_group_id"])
    );
    assert_eq!(messages[2]["caption_entities"][0]["type"], "bold");
    assert_eq!(setup.telegram.stats().totals.messages, 3);
    for count in [0, 1, 11] {
        assert!(setup.refused("sendMediaGroup", &album(count)).starts_with("400 "), "{count}");
    }
    let broken = json!({ "chat_id": ANNA, "media": [{ "type": "photo" }, 5] });
    let reason = setup.refused("sendMediaGroup", &broken);
    assert_eq!(reason, "400 Bad Request: can't parse InputMedia: Can't find field \"media\"");
}

#[test]
fn answers_point_to_a_message_that_is_there() {
    let setup = setup();
    let said = setup.telegram.say(BOT, ANNA, "question", None).unwrap();
    let reply = |parameters: Value| json!({ "chat_id": ANNA, "text": "answer", "reply_parameters": parameters });
    let sent = setup.ok("sendMessage", &reply(json!({ "message_id": said.message_id })));
    assert_eq!(sent["reply_to_message"]["text"], "question");
    assert_eq!(
        setup.refused("sendMessage", &reply(json!({ "message_id": 999 }))),
        "400 Bad Request: message to be replied not found"
    );
    setup.ok(
        "sendMessage",
        &reply(json!({ "message_id": 999, "allow_sending_without_reply": true })),
    );
}

#[test]
fn a_copy_carries_text_and_entities_to_another_chat() {
    let setup = setup();
    let bob = setup.telegram.add_chat(&NewChat::person(None, "Bob")).unwrap().id;
    setup.telegram.acquaint(BOT, bob).unwrap();
    let send = json!({ "chat_id": ANNA, "text": "<b>one</b>", "parse_mode": "HTML" });
    let source = setup.ok("sendMessage", &send)["message_id"].clone();
    setup.ok("copyMessage", &json!({ "chat_id": bob, "from_chat_id": ANNA, "message_id": source }));
    let copy = setup.telegram.messages(BOT, bob).unwrap().remove(0);
    assert_eq!((copy.text.as_str(), copy.entities.len()), ("one", 1));
}

#[test]
fn commands_are_checked_and_kept_per_scope() {
    let setup = setup();
    let commands = json!([{ "command": "help", "description": "What I can do" }]);
    setup.ok("setMyCommands", &json!({ "commands": commands }));
    assert_eq!(setup.ok("getMyCommands", &json!({})), commands);
    let private = json!({ "scope": { "type": "all_private_chats" } });
    assert_eq!(setup.ok("getMyCommands", &private), json!([]));
    let own = json!([{ "command": "own", "description": "Mine" }]);
    let chat = json!({ "type": "chat", "chat_id": ANNA });
    let set = json!({ "commands": own, "scope": chat, "language_code": "ru" });
    setup.ok("setMyCommands", &set);
    assert_eq!(setup.telegram.menu(BOT, ANNA, "ru"), ["own"]);
    assert_eq!(setup.telegram.menu(BOT, ANNA, "en"), ["help"], "another language has none there");
    let bad = json!({ "commands": [{ "command": "Help", "description": "x" }] });
    assert_eq!(setup.refused("setMyCommands", &bad), "400 Bad Request: BOT_COMMAND_INVALID");
    let many = json!({ "commands": vec![json!({ "command": "a", "description": "b" }); 101] });
    assert_eq!(setup.refused("setMyCommands", &many), "400 Bad Request: BOT_COMMANDS_TOO_MUCH");
    assert_eq!(
        setup.refused("setMyCommands", &json!({})),
        "400 Bad Request: parameter \"commands\" is required"
    );
}
