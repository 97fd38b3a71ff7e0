use serde_json::json;
use simulators::telegram::{Impossible, Limits, Telegram};

use crate::setup::{ANNA, BOT, TOKEN, options, setup};

const JSON: Option<&str> = Some("application/json");

fn get_me(telegram: &Telegram, token: &str) -> u16 {
    telegram.call(token, "getMe", JSON, b"{}").status
}

#[test]
fn a_bot_is_made_under_a_free_name_and_its_token_works() {
    let setup = setup();
    let account = setup.telegram.make_bot("@news_bot").unwrap();
    assert_eq!(account.username, "news_bot");
    assert_eq!(get_me(&setup.telegram, &account.token), 200);
    setup.telegram.acquaint("news_bot", ANNA).unwrap();
    let send = json!({ "chat_id": ANNA, "text": "hi" }).to_string();
    assert_eq!(
        setup.telegram.call(&account.token, "sendMessage", JSON, send.as_bytes()).status,
        200
    );
    for name in [BOT, "News_Bot", "news", "bot", "new s_bot"] {
        assert_eq!(setup.telegram.make_bot(name), Err(Impossible::BadUsername), "{name}");
    }
}

#[test]
fn a_revoked_token_is_refused_and_the_other_works() {
    let setup = setup();
    let first = setup.telegram.make_bot("news_bot").unwrap();
    let second = setup.telegram.revoke_token("news_bot").unwrap();
    assert_eq!((first.id, first.username), (second.id, second.username));
    assert_eq!(get_me(&setup.telegram, &first.token), 401);
    assert_eq!(get_me(&setup.telegram, &second.token), 200);
    assert_eq!(setup.telegram.revoke_token("nobody_bot"), Err(Impossible::UnknownBot));
}

#[test]
fn bots_survive_a_restart_with_their_tokens() {
    let setup = setup();
    let file = std::env::temp_dir().join(format!("simulator-{}-bots.jsonl", std::process::id()));
    let open = || {
        let options = options(&setup.clock, |options| {
            options.limits = Limits::NONE;
            options.log = Some(file.clone());
        });
        Telegram::open(options).unwrap()
    };
    let telegram = open();
    telegram.make_bot("news_bot").unwrap();
    let account = telegram.revoke_token("news_bot").unwrap();
    drop(telegram);
    let telegram = open();
    assert_eq!((get_me(&telegram, &account.token), get_me(&telegram, TOKEN)), (200, 200));
    std::fs::remove_file(file).unwrap();
}
