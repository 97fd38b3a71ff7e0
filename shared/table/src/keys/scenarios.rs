//! Keys of scenarios, broadcasts and contacts.

use domain::ids::BotId;
use domain::slug::Slug;

use super::{Key, key};

/// The contacts of a bot are spread over this many partitions.
pub const CONTACT_SHARDS: u8 = 8;
/// The sort-key prefix of a bot's scenarios.
pub const SCENARIOS: &str = "SCENARIO#";
/// The sort-key prefix of a scenario's steps.
pub const STEPS: &str = "STEP#";
/// The sort-key prefix of a bot's sets of buttons.
pub const BUTTON_SETS: &str = "BUTTONS#";
/// The sort-key prefix of contacts.
pub const CONTACTS: &str = "CONTACT#";

/// A scenario, in its bot's partition.
pub fn scenario(bot: &BotId, slug: &Slug) -> Key {
    key(super::bot(bot).pk, format!("{SCENARIOS}{slug}"))
}

/// The partition of a scenario's steps.
pub fn steps(bot: &BotId, scenario: &Slug) -> String {
    format!("SCENARIO#{bot}#{scenario}")
}

/// A step of a scenario.
pub fn step(bot: &BotId, scenario: &Slug, slug: &Slug) -> Key {
    key(steps(bot, scenario), format!("{STEPS}{slug}"))
}

/// What a bot's scenarios share, in the bot's partition.
pub fn bot_scenarios(bot: &BotId) -> Key {
    key(super::bot(bot).pk, "SCENARIOS")
}

/// A set of buttons, in its bot's partition.
pub fn button_set(bot: &BotId, slug: &Slug) -> Key {
    key(super::bot(bot).pk, format!("{BUTTON_SETS}{slug}"))
}

/// The sort-key prefix of a bot's broadcasts.
pub const BROADCASTS: &str = "BROADCAST#";

/// A broadcast, in its bot's partition.
pub fn broadcast(bot: &BotId, slug: &Slug) -> Key {
    key(super::bot(bot).pk, format!("{BROADCASTS}{slug}"))
}

/// The sort-key prefix of a bot's stored photos.
pub const PHOTOS: &str = "PHOTO#";

/// A photo of the object store, in the partition of a bot that has it.
pub fn stored_photo(bot: &BotId, object: &str) -> Key {
    key(super::bot(bot).pk, format!("{PHOTOS}{object}"))
}

/// The partition key of one shard of a bot's contacts.
pub fn contact_shard(bot: &BotId, shard: u8) -> String {
    format!("CONTACTS#{bot}#{shard}")
}

/// A contact, in one of [`CONTACT_SHARDS`] partitions of its bot.
pub fn contact(bot: &BotId, chat_id: i64) -> Key {
    let shard = u8::try_from(chat_id.rem_euclid(i64::from(CONTACT_SHARDS))).unwrap_or(0);
    key(contact_shard(bot, shard), format!("{CONTACTS}{chat_id}"))
}

/// The wizard that is under way in a chat.
pub fn chat_wizard(bot: &BotId, chat_id: i64) -> Key {
    key(super::chat(bot, chat_id), "WIZARD")
}

/// Whose message a forwarded one is, with the chat that it was forwarded to.
pub fn forwarded_reply(bot: &BotId, chat_id: i64, message_id: i64) -> Key {
    key(super::chat(bot, chat_id), format!("FORWARDED#{message_id}"))
}
