//! Keys of what a chat with a bot is.

use domain::ids::{BotId, UserId};

use super::{Key, key};

/// The partition of a chat's links.
pub fn chat(bot: &BotId, chat_id: i64) -> String {
    format!("CHAT#{bot}#{chat_id}")
}

/// The sort-key prefix of the links from a chat to the channels it is.
pub const CHAT_LINKS: &str = "USER#";

/// A link from a chat to the channel it is for a user. The user stands in the key, so that a chat
/// cannot become two channels of one user, however many confirmations race.
pub fn chat_link(bot: &BotId, chat_id: i64, user_id: UserId) -> Key {
    key(chat(bot, chat_id), format!("{CHAT_LINKS}{user_id}"))
}

/// The user that a chat was onboarded as, in the chat's partition.
pub fn chat_person(bot: &BotId, chat_id: i64) -> Key {
    key(chat(bot, chat_id), "PERSON")
}

/// That a chat has said stop, in the chat's partition.
pub fn stopped_chat(bot: &BotId, chat_id: i64) -> Key {
    key(chat(bot, chat_id), "STOP")
}

/// The sort-key prefix of updates that wait to be handled, in their chat's partition.
pub const KEPT_UPDATES: &str = "UPDATE#";

/// An update that waits to be handled: in its chat's partition, in Telegram's order.
pub fn kept_update(bot: &BotId, chat_id: i64, update_id: i64) -> Key {
    key(chat(bot, chat_id), format!("{KEPT_UPDATES}{update_id:020}"))
}
