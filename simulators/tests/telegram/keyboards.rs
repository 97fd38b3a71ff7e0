use serde_json::{Value, json};

use crate::setup::{ANNA, setup};

fn with(markup: &Value) -> Value {
    json!({ "chat_id": ANNA, "text": "hello", "reply_markup": markup })
}

fn with_button(button: &Value) -> Value {
    with(&json!({ "inline_keyboard": [[button]] }))
}

#[test]
fn inline_buttons_do_exactly_one_thing() {
    let setup = setup();
    let table = [
        (
            json!({ "text": "a" }),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            json!({ "text": "a", "url": "https://example.org", "callback_data": "x" }),
            "can't parse inline keyboard button: a button must have exactly one action",
        ),
        (
            json!({ "callback_data": "x" }),
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            json!({ "text": true, "callback_data": "x" }),
            "can't parse inline keyboard button: Field \"text\" must be of type String",
        ),
        (json!("a"), "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
        (json!({ "text": "a", "callback_data": "" }), "BUTTON_DATA_INVALID"),
        (json!({ "text": "a", "callback_data": "é".repeat(33) }), "BUTTON_DATA_INVALID"),
        (
            json!({ "text": "a", "url": "http://localhost:3000" }),
            "inline keyboard button URL 'http://localhost:3000' is invalid: Wrong HTTP URL",
        ),
        (
            json!({ "text": "a", "url": "mailto://x.y" }),
            "inline keyboard button URL 'mailto://x.y' is invalid: Unsupported URL protocol",
        ),
    ];
    for (button, reason) in table {
        assert_eq!(
            setup.refused("sendMessage", &with_button(&button)),
            format!("400 Bad Request: {reason}")
        );
    }
    setup.ok("sendMessage", &with_button(&json!({ "text": "a", "callback_data": "é".repeat(32) })));
    setup.ok("sendMessage", &with_button(&json!({ "text": "a", "url": "https://example.org/x" })));
}

#[test]
fn a_keyboard_is_rows_of_buttons() {
    let setup = setup();
    let table = [
        (json!([]), "object expected as reply markup"),
        (
            json!({ "inline_keyboard": {} }),
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        ),
        (
            json!({ "inline_keyboard": [{}] }),
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        ),
        (
            json!({ "keyboard": [[5]] }),
            "can't parse keyboard button: KeyboardButton must be a String or an Object",
        ),
    ];
    for (markup, reason) in table {
        assert_eq!(
            setup.refused("sendMessage", &with(&markup)),
            format!("400 Bad Request: {reason}")
        );
    }
    let broken = json!({ "chat_id": ANNA, "text": "hello", "reply_markup": "{" });
    let reason = setup.refused("sendMessage", &broken);
    assert_eq!(reason, "400 Bad Request: can't parse reply keyboard markup JSON object");
    setup.ok("sendMessage", &with(&json!({ "keyboard": [["Yes", { "text": "No" }]] })));
    setup.ok("sendMessage", &with(&json!({ "remove_keyboard": true })));
}

#[test]
fn only_inline_keyboards_come_back_with_the_message() {
    let setup = setup();
    let button = json!({ "text": "a", "callback_data": "x" });
    let sent = setup.ok("sendMessage", &with_button(&button));
    assert_eq!(sent["reply_markup"], json!({ "inline_keyboard": [[button]] }));
    let sent = setup.ok("sendMessage", &with(&json!({ "keyboard": [["Yes"]] })));
    assert!(sent.get("reply_markup").is_none());
}

#[test]
fn link_previews_are_kept_and_checked() {
    let setup = setup();
    let options = json!({ "url": "https://example.org/a.jpg", "prefer_large_media": true });
    let send = |options: &Value| json!({ "chat_id": ANNA, "text": "hello", "link_preview_options": options });
    assert_eq!(setup.ok("sendMessage", &send(&options))["link_preview_options"], options);
    let refused = setup.refused("sendMessage", &send(&json!({ "is_disabled": "yes" })));
    assert_eq!(refused, "400 Bad Request: field \"is_disabled\" must be of type Boolean");
}

#[test]
fn parameters_of_the_wrong_type_are_refused() {
    let setup = setup();
    let table = [
        ("sendMessage", json!({ "chat_id": ANNA, "text": "a", "disable_notification": "maybe" })),
        ("getUpdates", json!({ "offset": "soon" })),
        ("editMessageText", json!({ "chat_id": ANNA, "text": "a", "message_id": "first" })),
    ];
    for (method, parameters) in table {
        assert!(setup.refused(method, &parameters).contains("must be a"), "{method}");
    }
}
