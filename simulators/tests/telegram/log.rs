use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use simulators::telegram::{Limits, LogError, Telegram, UnknownTokens, VirtualClock};

use crate::setup::{ANNA, BOT, NOON, Setup, options, setup, setup_with};

/// A log of its own for each test, removed at its end.
struct LogFile(PathBuf);

impl LogFile {
    fn of(test: &str) -> Self {
        let file =
            std::env::temp_dir().join(format!("simulator-{}-{test}.jsonl", std::process::id()));
        let _ = std::fs::remove_file(&file);
        Self(file)
    }

    fn open(&self) -> Setup {
        setup_with(|options| options.log = Some(self.0.clone()))
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.0).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn sends_and_refusals_are_lines_with_what_a_checker_needs() {
    let log = LogFile::of("lines");
    let setup = log.open();
    let send = json!({ "chat_id": ANNA, "text": "<b>hi</b>", "parse_mode": "HTML" });
    setup.ok("sendMessage", &send);
    setup.refused("sendMessage", &json!({ "chat_id": 99, "text": "hi" }));
    let calls: Vec<_> = log.lines().into_iter().filter(|line| line["record"] == "call").collect();
    assert_eq!(calls.len(), 2);
    for (name, value) in [
        ("at_ms", json!(NOON)),
        ("bot", json!(BOT)),
        ("chat_id", json!(ANNA)),
        ("method", json!("sendMessage")),
        ("outcome", json!("sent")),
        ("message_id", json!(1)),
        ("text", json!("<b>hi</b>")),
        ("parse_mode", json!("HTML")),
    ] {
        assert_eq!(calls[0][name], value, "{name}");
    }
    assert_eq!(calls[0]["messages"][0]["text"], "hi");
    assert_eq!(calls[1]["outcome"], "refused");
    assert_eq!(calls[1]["error_code"], 400);
    assert_eq!(calls[1]["description"], "Bad Request: chat not found");
}

#[test]
fn a_simulator_started_again_goes_on_where_it_was() {
    let log = LogFile::of("reload");
    let before = {
        let setup = log.open();
        setup.ok(
            "setMyCommands",
            &json!({ "commands": [{ "command": "help", "description": "x" }] }),
        );
        setup.telegram.say(BOT, ANNA, "one", None).unwrap();
        setup.ok("sendMessage", &json!({ "chat_id": ANNA, "text": "two" }));
        let updates = setup.updates();
        setup.ok("setWebhook", &json!({ "url": "https://example.org/", "secret_token": "s" }));
        (setup.telegram.messages(BOT, ANNA).unwrap(), setup.telegram.stats(), updates)
    };
    let setup = log.open();
    assert_eq!(setup.telegram.messages(BOT, ANNA).unwrap(), before.0);
    assert_eq!(setup.telegram.stats(), before.1);
    assert_eq!(setup.ok("getWebhookInfo", &json!({}))["url"], "https://example.org/");
    assert_eq!(setup.ok("getMyCommands", &json!({}))[0]["command"], "help");
    // Rates go on, too: the last send was just now.
    assert_eq!(setup.send(ANNA, "three").status, 429);
    setup.clock.advance_ms(1_000);
    assert_eq!(setup.send(ANNA, "three").body["result"]["message_id"], 3);
    setup.ok("deleteWebhook", &json!({}));
    setup.telegram.say(BOT, ANNA, "four", None).unwrap();
    let updates = setup.updates();
    assert_eq!(updates[..1], before.2);
    assert_eq!(updates[1]["update_id"], before.2[0]["update_id"].as_i64().unwrap() + 1);
}

#[test]
fn confirmed_updates_do_not_come_back_after_a_restart() {
    let log = LogFile::of("confirmed");
    let last = {
        let setup = log.open();
        setup.telegram.say(BOT, ANNA, "one", None).unwrap();
        let last = setup.updates()[0]["update_id"].as_i64().unwrap();
        setup.ok("getUpdates", &json!({ "offset": last + 1 }));
        last
    };
    let setup = log.open();
    assert!(setup.updates().is_empty());
    setup.telegram.say(BOT, ANNA, "two", None).unwrap();
    assert_eq!(setup.updates()[0]["update_id"], last + 1);
}

#[test]
fn a_line_cut_short_by_a_crash_is_taken_off() {
    let log = LogFile::of("torn");
    log.open().send(ANNA, "one");
    let whole = std::fs::read(&log.0).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&log.0).unwrap();
    file.write_all(b"{\"record\":\"call\",\"se").unwrap();
    let setup = log.open();
    assert_eq!(std::fs::read(&log.0).unwrap(), whole);
    setup.clock.advance_ms(1_000);
    setup.send(ANNA, "two");
    assert_eq!(log.lines().last().unwrap()["text"], "two");
}

#[test]
fn a_log_with_a_broken_line_inside_is_not_used() {
    let log = LogFile::of("broken");
    std::fs::write(&log.0, "{\"record\":\"reset\"}\nnonsense\n{\"record\":\"reset\"}\n").unwrap();
    let opened = Telegram::open(options(&VirtualClock::at(NOON), |options| {
        options.log = Some(log.0.clone());
    }));
    assert!(matches!(opened, Err(LogError::Line { line: 2, .. })));
}

#[test]
fn bots_that_came_by_their_token_are_known_again() {
    let log = LogFile::of("any-token");
    let open = || {
        setup_with(|options| {
            options.log = Some(log.0.clone());
            options.unknown_tokens = UnknownTokens::AcceptAsNewBot;
            options.limits = Limits::NONE;
        })
    };
    let me = |setup: &Setup| {
        setup.telegram.call("77:other", "getMe", None, b"").body["result"]["username"].clone()
    };
    let setup = open();
    let name = me(&setup);
    setup.telegram.start(name.as_str().unwrap(), ANNA, None).unwrap();
    drop(setup);
    let setup = open();
    assert_eq!(me(&setup), name);
    assert_eq!(setup.telegram.call("77:wrong", "getMe", None, b"").status, 401);
    let answer = setup.telegram.call("77:other", "getUpdates", None, b"");
    assert_eq!(answer.body["result"][0]["message"]["text"], "/start");
}

#[test]
fn memory_keeps_the_last_messages_and_counts_all() {
    let setup = setup_with(|options| {
        options.limits = Limits::NONE;
        options.keep_messages = 10;
    });
    for n in 0..100 {
        setup.send(ANNA, &format!("message {n}"));
    }
    let messages = setup.telegram.messages(BOT, ANNA).unwrap();
    assert_eq!(messages.len(), 10);
    assert_eq!(messages[9].text, "message 99");
    assert_eq!(setup.telegram.entries(0, 1_000).len(), 10);
    assert_eq!(setup.telegram.entries(98, 1_000).len(), 2);
    assert_eq!(setup.telegram.stats().totals.sent, 100);
}

#[test]
fn the_same_words_again_in_the_same_chat_are_counted() {
    let setup = setup();
    for text in ["one", "one", "two", "one"] {
        setup.send(ANNA, text);
    }
    let repeats: Vec<_> = setup.telegram.entries(0, 10).iter().map(|entry| entry.repeat).collect();
    assert_eq!(repeats, [0, 1, 0, 2]);
}

#[test]
fn a_reset_forgets_chats_and_empties_the_log() {
    let log = LogFile::of("reset");
    let setup = log.open();
    setup.send(ANNA, "one");
    setup.telegram.reset().unwrap();
    assert!(log.lines().is_empty());
    assert_eq!(setup.send(ANNA, "two").description(), "Bad Request: chat not found");
    assert_eq!(log.lines().len(), 1);
}
