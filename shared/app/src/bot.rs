//! Bots: the platform's, which the configuration names, and companies' own, which the table has.
//!
//! Everywhere in the table and in jobs a bot is its [`domain::ids::BotId`]: `default` for the
//! platform's, a `UUIDv7` for a company's. What people write, a slug, is looked up here.

mod find;
mod tokens;

pub use find::{KnownBot, WebhookBot, bot_of_path, companys_bot, find_bot};
pub use tokens::{NoToken, Tokens, token};
