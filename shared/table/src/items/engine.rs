//! What the engine itself keeps: updates, bots' states, kept answers, timers.

use domain::engine::Timer;
use std::time::Duration;

use domain::engine::decision::{BotState, KeptUpdate, SEEN_UPDATE_LIFE, SavedAnswer, SeenUpdate};

use domain::heartbeat::Heartbeat;
use domain::mutation::{Rule, broken};

use crate::items::plain_item;
use crate::keys;

plain_item!(SeenUpdate, "seen_update", |it| keys::seen_update(&it.bot, it.update_id),
    expires: Some(it.seen_at + SEEN_UPDATE_LIFE));
plain_item!(KeptUpdate, "kept_update", |it| keys::kept_update(&it.bot, it.chat_id, it.update_id));
plain_item!(Heartbeat, "heartbeat", |_it| keys::heartbeat(), version: _it.version);
plain_item!(BotState, "bot_state", |it| keys::bot_state(&it.bot));
plain_item!(SavedAnswer, "saved_answer", |it| keys::saved_answer(&it.key),
    expires: Some(it.expires_at));
// Pending timers have no TTL: nothing may delete what has not happened yet.
plain_item!(Timer, "timer", |it| keys::timer(&it.key),
    expires: broken(Rule::NoTtl).then(|| it.due - Duration::from_mins(1)));
