use serde_json::{Value, json};
use simulators::telegram::{Impossible, NewChat};

use crate::setup::{ANNA, BOT, Setup, setup};

const BOB: i64 = 502;

/// A supergroup whose administrator the bot is, and who asks for moves in it.
fn administered(setup: &Setup) -> i64 {
    let group = setup.group();
    let group = setup.telegram.migrate(group).unwrap();
    setup.telegram.promote(BOT, group, true).unwrap();
    setup.telegram.add_chat(&NewChat::person(Some(BOB), "Bob")).unwrap();
    setup.ok("getUpdates", &json!({ "allowed_updates": ["chat_member"], "offset": -1 }));
    let last = setup.updates().last().and_then(|it| it["update_id"].as_i64());
    if let Some(last) = last {
        setup.ok("getUpdates", &json!({ "offset": last + 1 }));
    }
    group
}

fn single(setup: &Setup, group: i64) -> String {
    let asked = json!({ "chat_id": group, "name": "contact 501", "member_limit": 1 });
    let link = setup.ok("createChatInviteLink", &asked);
    assert_eq!(
        (&link["member_limit"], &link["is_revoked"], &link["creator"]["is_bot"]),
        (&json!(1), &json!(false), &json!(true))
    );
    link["invite_link"].as_str().unwrap().to_owned()
}

/// Who moved, by whom, from where to where, for each update.
fn moves(setup: &Setup) -> Vec<(i64, i64, String, String)> {
    let number = |value: &Value| value.as_i64().unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let updates = setup.updates();
    let moves = updates.iter().map(|it| &it["chat_member"]).filter(|it| !it.is_null());
    moves
        .map(|it| {
            let (old, new) = (&it["old_chat_member"], &it["new_chat_member"]);
            let (who, by) = (number(&new["user"]["id"]), number(&it["from"]["id"]));
            (who, by, word(&old["status"]), word(&new["status"]))
        })
        .collect()
}

#[test]
fn a_link_lets_one_person_in_at_a_time_and_none_once_it_is_revoked() {
    let setup = setup();
    let group = administered(&setup);
    let link = single(&setup, group);
    assert_eq!(setup.telegram.join(ANNA, &link), Ok(group));
    assert_eq!(setup.telegram.members(group), [ANNA]);
    assert_eq!(setup.telegram.join(BOB, &link), Err(Impossible::BadInvite));
    assert_eq!(setup.telegram.join(ANNA, &link), Ok(group), "who is in it stays in it");
    let told = &setup.updates()[0]["chat_member"];
    assert_eq!(told["invite_link"]["invite_link"], json!(link), "{told}");
    setup.telegram.leave(group, ANNA).unwrap();
    assert_eq!(setup.telegram.join(BOB, &link), Ok(group), "the limit is of those who are in it");
    setup.telegram.leave(group, BOB).unwrap();
    let revoked =
        setup.ok("revokeChatInviteLink", &json!({ "chat_id": group, "invite_link": link }));
    assert_eq!(revoked["is_revoked"], true);
    assert_eq!(setup.telegram.join(BOB, &link), Err(Impossible::BadInvite));
    assert_eq!(setup.telegram.join(BOB, "https://t.me/+unknown"), Err(Impossible::BadInvite));
    let is = |it: &str| it.to_owned();
    let expected = [(ANNA, "left", "member"), (ANNA, "member", "left")];
    let expected = expected.map(|(who, old, new)| (who, who, is(old), is(new)));
    assert_eq!(moves(&setup)[..2], expected);
}

#[test]
fn people_are_removed_by_administrators_and_by_the_bot() {
    let setup = setup();
    let group = administered(&setup);
    let link = single(&setup, group);
    setup.telegram.join(ANNA, &link).unwrap();
    setup.telegram.remove(group, ANNA, true).unwrap();
    assert_eq!(setup.telegram.join(ANNA, &link), Err(Impossible::Barred));
    let person = json!({ "chat_id": group, "user_id": ANNA });
    setup.ok("unbanChatMember", &person);
    setup.telegram.join(ANNA, &link).unwrap();
    setup.ok(
        "unbanChatMember",
        &json!({ "chat_id": group, "user_id": ANNA, "only_if_banned": true }),
    );
    assert_eq!(setup.telegram.members(group), [ANNA]);
    setup.ok("banChatMember", &person);
    setup.ok("unbanChatMember", &person);
    assert!(setup.telegram.members(group).is_empty());
    assert_eq!(setup.telegram.leave(group, ANNA), Err(Impossible::NotTogether));
    let told: Vec<_> = moves(&setup).into_iter().map(|(_, by, _, new)| (by, new)).collect();
    let (admin, bot) = (group.abs(), 4_242);
    let expected = [
        (ANNA, "member"),
        (admin, "kicked"),
        (bot, "left"),
        (ANNA, "member"),
        (bot, "kicked"),
        (bot, "left"),
    ];
    assert_eq!(told, expected.map(|(by, status)| (by, status.to_owned())));
}

#[test]
fn a_bot_without_rights_is_refused() {
    let setup = setup();
    let group = setup.group();
    let link = json!({ "chat_id": group });
    let person = json!({ "chat_id": group, "user_id": ANNA });
    let no_links = "400 Bad Request: not enough rights to manage chat invite link";
    let no_bans = "400 Bad Request: not enough rights to restrict/unrestrict chat member";
    assert_eq!(setup.refused("createChatInviteLink", &link), no_links);
    assert_eq!(setup.refused("banChatMember", &person), no_bans);
    let elsewhere = json!({ "chat_id": -1_001_234_567_890_i64 });
    assert_eq!(
        setup.refused("createChatInviteLink", &elsewhere),
        "400 Bad Request: chat not found"
    );
    setup.telegram.promote(BOT, group, true).unwrap();
    setup.ok("createChatInviteLink", &link);
    for (faulty, words) in [
        (json!({ "chat_id": group, "member_limit": 0 }), "400 Bad Request: USAGE_LIMIT_INVALID"),
        (json!({ "chat_id": group, "expire_date": 1 }), "400 Bad Request: EXPIRE_DATE_INVALID"),
        (
            json!({ "chat_id": group, "name": "x".repeat(33) }),
            "400 Bad Request: the name of the invite link is too long",
        ),
    ] {
        assert_eq!(setup.refused("createChatInviteLink", &faulty), words);
    }
    let unknown = json!({ "chat_id": group, "invite_link": "https://t.me/+x" });
    assert_eq!(
        setup.refused("revokeChatInviteLink", &unknown),
        "400 Bad Request: INVITE_HASH_EXPIRED"
    );
    setup.telegram.block(BOT, group).unwrap();
    assert_eq!(
        setup.refused("createChatInviteLink", &link),
        "403 Forbidden: bot was kicked from the group chat"
    );
}
