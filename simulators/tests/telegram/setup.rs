//! A simulator with one bot, one person who started it, and time that stands still.

use std::sync::Arc;

use serde_json::{Value, json};
use simulators::telegram::{Answer, BotAccount, Limits, NewChat, Options, Telegram, VirtualClock};

pub(crate) const TOKEN: &str = "4242:secret";
pub(crate) const BOT: &str = "hoopoe_bot";
pub(crate) const ANNA: i64 = 501;
pub(crate) const NOON: i64 = 1_800_000_000_000;

pub(crate) struct Setup {
    pub(crate) clock: VirtualClock,
    pub(crate) telegram: Telegram,
}

/// No limits: rates have their own tests.
pub(crate) fn setup() -> Setup {
    setup_with(|options| options.limits = Limits::NONE)
}

pub(crate) fn setup_with(change: impl FnOnce(&mut Options)) -> Setup {
    let clock = VirtualClock::at(NOON);
    let telegram = Telegram::open(options(&clock, change)).unwrap();
    if telegram.add_chat(&NewChat::person(Some(ANNA), "Anna")).is_ok() {
        telegram.acquaint(BOT, ANNA).unwrap();
    }
    Setup { clock, telegram }
}

pub(crate) fn options(clock: &VirtualClock, change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::new(Arc::new(clock.clone()));
    options.bots = vec![BotAccount::from_token(TOKEN, Some(BOT)).unwrap()];
    change(&mut options);
    options
}

impl Setup {
    pub(crate) fn call(&self, method: &str, parameters: &Value) -> Answer {
        let body = parameters.to_string();
        self.telegram.call(TOKEN, method, Some("application/json"), body.as_bytes())
    }

    /// The result of a call that must succeed.
    pub(crate) fn ok(&self, method: &str, parameters: &Value) -> Value {
        let answer = self.call(method, parameters);
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
        answer.body["result"].clone()
    }

    /// Why a call that must fail was refused, `400 Bad Request: …`.
    pub(crate) fn refused(&self, method: &str, parameters: &Value) -> String {
        let answer = self.call(method, parameters);
        assert_eq!(answer.body["ok"], false, "{method}: {}", answer.body);
        assert_eq!(answer.body["error_code"], answer.status);
        format!("{} {}", answer.status, answer.description())
    }

    pub(crate) fn send(&self, chat_id: i64, text: &str) -> Answer {
        self.call("sendMessage", &json!({ "chat_id": chat_id, "text": text }))
    }

    /// A group that the bot is in.
    pub(crate) fn group(&self) -> i64 {
        let group = self.telegram.add_chat(&NewChat::group(None, "Neighbours")).unwrap();
        self.telegram.acquaint(BOT, group.id).unwrap();
        group.id
    }

    /// All updates that wait, fetched without confirming them.
    pub(crate) fn updates(&self) -> Vec<Value> {
        self.ok("getUpdates", &json!({})).as_array().unwrap().clone()
    }
}
