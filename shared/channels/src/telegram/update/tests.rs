use proptest::prelude::*;
use serde_json::json;

use super::*;

fn kind(update: &Value) -> Option<Kind> {
    IncomingUpdate::from_value(update).ok().map(|update| update.kind)
}

#[test]
fn a_message_is_read_with_its_sender() {
    let body = br#"{"update_id": 7, "message": {"message_id": 1, "date": 1700000000,
        "chat": {"id": 42, "type": "private", "first_name": "Ann"},
        "from": {"id": 42, "is_bot": false, "first_name": "Ann", "username": "ann", "language_code": "ru"},
        "text": "/start confirm_x", "entities": []}}"#;
    let expected = IncomingUpdate {
        update_id: 7,
        kind: Kind::Message {
            chat_id: 42,
            chat_kind: ChatKind::Private,
            from: Some(Sender {
                id: 42,
                language_code: Some("ru".into()),
                first_name: Some("Ann".into()),
                username: Some("ann".into()),
            }),
            text: Some("/start confirm_x".into()),
            formatted: None,
            photo: None,
            caption: None,
            written: Written { message_id: 1, ..Written::default() },
        },
    };
    assert_eq!(IncomingUpdate::parse(body), Ok(expected));
}

#[test]
fn a_message_without_text_or_sender_is_still_a_message() {
    let update = json!({"update_id": 1, "message": {"chat": {"id": -100, "type": "supergroup"}, "photo": []}});
    let expected = Kind::Message {
        chat_id: -100,
        chat_kind: ChatKind::Supergroup,
        from: None,
        text: None,
        formatted: None,
        photo: None,
        caption: None,
        written: Written { what: Some("photo"), ..Written::default() },
    };
    assert_eq!(kind(&update), Some(expected));
}

#[test]
fn a_message_says_which_it_is_and_what_it_answers() {
    let update = json!({"update_id": 1, "message": {
        "message_id": 9, "chat": {"id": 5, "type": "private"}, "sticker": {"file_id": "x"},
        "reply_to_message": {"message_id": 7, "chat": {"id": 5, "type": "private"}}}});
    let Some(Kind::Message { written, .. }) = kind(&update) else { panic!("a message") };
    let expected = Written { message_id: 9, replies_to: Some(7), what: Some("sticker") };
    assert_eq!(written, expected);
}

#[test]
fn a_button_press_is_read_also_when_its_message_is_out_of_reach() {
    let update = json!({"update_id": 1, "callback_query": {
        "id": "4382bfdwdsb323b2d9", "from": {"id": 42}, "chat_instance": "1", "data": "pause:x",
        "message": {"chat": {"id": -5, "type": "group"}, "message_id": 9, "date": 0}}});
    let expected = Kind::CallbackQuery {
        id: "4382bfdwdsb323b2d9".into(),
        chat_id: -5,
        chat_kind: ChatKind::Group,
        message_id: 9,
        data: "pause:x".into(),
        from_id: 42,
    };
    assert_eq!(kind(&update), Some(expected));
}

#[test]
fn a_block_of_the_bot_is_read() {
    let update = json!({"update_id": 1, "my_chat_member": {
        "chat": {"id": 42, "type": "private"}, "from": {"id": 42}, "date": 1,
        "old_chat_member": {"status": "member", "user": {"id": 1}},
        "new_chat_member": {"status": "kicked", "user": {"id": 1}, "until_date": 0}}});
    let expected = Kind::MyChatMember {
        chat_id: 42,
        chat_kind: ChatKind::Private,
        new_status: "kicked".into(),
        old_status: "member".into(),
    };
    assert_eq!(kind(&update), Some(expected));
}

#[test]
fn a_change_of_a_persons_standing_is_read() {
    let update = |before: Value, after: Value| {
        let (mut before, mut after) = (before, after);
        before["user"] = json!({"id": 42});
        after["user"] = json!({"id": 42});
        json!({"update_id": 1, "chat_member": {
            "chat": {"id": -1005, "type": "supergroup"}, "date": 7,
            "from": {"id": 43, "username": "ann"},
            "old_chat_member": before, "new_chat_member": after}})
    };
    let is = |status: &str| json!({"status": status});
    let restricted = |is_member: bool| json!({"status": "restricted", "is_member": is_member});
    for (status, standing) in [
        (is("creator"), Standing::In),
        (is("administrator"), Standing::In),
        (is("member"), Standing::In),
        (restricted(true), Standing::In),
        (restricted(false), Standing::Out),
        (is("left"), Standing::Out),
        (is("kicked"), Standing::Banned),
    ] {
        let read = kind(&update(is("left"), status.clone()));
        let Some(Kind::ChatMember { chat_id, person, by, before, after, date, link }) = read else {
            panic!("{status}");
        };
        assert_eq!((chat_id, person, by.id, date), (-1005, 42, 43, 7));
        assert_eq!((before, after, link), (Standing::Out, standing, None), "{status}");
    }
    let mut came = update(is("left"), is("member"));
    came["chat_member"]["invite_link"] =
        json!({"invite_link": "https://t.me/+abc", "name": "contact 43", "is_revoked": false});
    let Some(Kind::ChatMember { link, .. }) = kind(&came) else { panic!("it is one") };
    let named = UsedLink { link: "https://t.me/+abc".into(), name: "contact 43".into() };
    assert_eq!(link, Some(named));
    let unknown = kind(&update(is("left"), is("floating")));
    assert_eq!(unknown, Some(Kind::Other("chat_member".into())));
}

#[test]
fn a_migration_reads_the_same_from_either_chat() {
    let group = json!({"update_id": 1, "message": {"chat": {"id": -5, "type": "group"},
        "migrate_to_chat_id": -1_001_234_567_890_i64}});
    let supergroup = json!({"update_id": 2, "message": {"chat": {"id": -1_001_234_567_890_i64, "type": "supergroup"},
        "migrate_from_chat_id": -5}});
    let expected = Some(Kind::Migrated { from: -5, to: -1_001_234_567_890 });
    assert_eq!(kind(&group), expected);
    assert_eq!(kind(&supergroup), expected);
}

#[test]
fn unknown_and_broken_kinds_are_named_not_refused() {
    for (update, name) in [
        (json!({"update_id": 1, "poll": {}}), "poll"),
        (
            json!({"update_id": 1, "edited_message": {"chat": {"id": 1, "type": "private"}}}),
            "edited_message",
        ),
        (json!({"update_id": 1, "message": "hello"}), "message"),
        (json!({"update_id": 1, "message": {"chat": {"id": 1, "type": "sender"}}}), "message"),
        (
            json!({"update_id": 1, "callback_query": {"id": "1", "from": {"id": 1}, "inline_message_id": "x"}}),
            "callback_query",
        ),
        (json!({"update_id": 1}), ""),
    ] {
        assert_eq!(kind(&update), Some(Kind::Other(name.into())), "{update}");
    }
}

#[test]
fn a_body_without_an_update_id_is_an_error() {
    for body in ["{}", "[]", "null", "1", "\"x\"", r#"{"update_id": "1"}"#, r#"{"update_id": 1.5}"#]
    {
        assert_eq!(IncomingUpdate::parse(body.as_bytes()), Err(UpdateError::NoUpdateId), "{body}");
    }
    let error = IncomingUpdate::parse(b"{\n nonsense");
    assert_eq!(error, Err(UpdateError::NotJson { line: 2, column: 2 }));
}

#[test]
fn an_update_prints_ids_only() {
    let update = json!({"update_id": 7, "message": {"chat": {"id": 42, "type": "private"},
        "from": {"id": 42, "first_name": "Ann"}, "text": "/start confirm_secret"}});
    let printed = format!("{:?}", IncomingUpdate::from_value(&update));
    assert!(printed.contains("42"));
    assert!(!printed.contains("Ann") && !printed.contains("secret"), "{printed}");
}

/// Any JSON, with the names that updates use more often than chance would.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("update_id"),
        Just("message"),
        Just("chat"),
        Just("id"),
        Just("type"),
        Just("from"),
        Just("callback_query"),
        Just("my_chat_member"),
        Just("chat_member"),
        Just("migrate_to_chat_id"),
        Just("text"),
        Just("data"),
        Just("new_chat_member"),
        Just("status"),
        Just("message_id"),
        Just("x"),
    ]
    .prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "private|group|.{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_with_an_update_id_is_an_update(mut body in any_json(), update_id in any::<i64>()) {
        let _ = IncomingUpdate::from_value(&body);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("update_id".into(), update_id.into());
            let read = IncomingUpdate::from_value(&body).map(|update| update.update_id);
            prop_assert_eq!(read, Ok(update_id));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_panic(body in any::<Vec<u8>>()) {
        let _ = IncomingUpdate::parse(&body);
    }
}

#[test]
fn formatting_and_photos_of_a_message_are_read() {
    let update = serde_json::json!({
        "update_id": 1,
        "message": {
            "chat": { "id": 1, "type": "private" },
            "text": "Hello world",
            "entities": [{ "type": "bold", "offset": 0, "length": 5 }, { "type": "url", "offset": 6, "length": 5 }],
            "photo": [{ "file_id": "small" }, { "file_id": "large" }],
        },
    });
    let read = IncomingUpdate::from_value(&update).expect("an update");
    let Kind::Message { formatted, photo, .. } = read.kind else { panic!("a message") };
    assert_eq!(formatted.as_deref(), Some("<b>Hello</b> world"));
    assert_eq!(photo.as_deref(), Some("large"));
}

#[test]
fn what_stands_below_a_photo_is_read_with_its_formatting() {
    let caption_of = |mut message: Value| {
        message["chat"] = json!({ "id": 1, "type": "private" });
        let Some(Kind::Message { caption, .. }) =
            kind(&json!({ "update_id": 1, "message": message }))
        else {
            panic!("a message")
        };
        caption
    };
    let photo = json!([{ "file_id": "large" }]);
    let bold = json!([{ "type": "bold", "offset": 0, "length": 4 }]);
    let some = |text: &str| Some(text.to_owned());
    for (message, expected) in [
        (json!({ "photo": photo, "caption": "Look here" }), some("Look here")),
        (
            json!({ "photo": photo, "caption": "Look here", "caption_entities": bold }),
            some("<b>Look</b> here"),
        ),
        (json!({ "photo": photo, "caption": " " }), None),
        (json!({ "photo": photo }), None),
        (json!({ "video": {}, "caption": "Look here" }), None),
    ] {
        assert_eq!(caption_of(message.clone()), expected, "{message}");
    }
}
